"""Tests that may be looked at after every episode, to stop as soon as the verdict over all is known.

The N planned episodes are a fixed population, visited in a random order, and what is judged is the value
over all N (`rule.py`). `success.py` is for success rates, `mean.py` for means of values in a known range.
"""
