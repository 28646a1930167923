"""Where episodes run: in this process (`serial.py`), in others of this machine (`local.py`), or in a
cluster of Ray's (`ray_engine.py`).

An engine is given jobs and yields results, in any order; `interface.py` says what one can do.
"""
