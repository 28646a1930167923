"""Where episodes run: in this process (`serial.py`), or in processes of this machine (`local.py`).

An engine is given jobs and yields results, in any order; `interface.py` says what one can do.
"""
