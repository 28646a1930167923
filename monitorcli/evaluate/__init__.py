"""Runs a policy itself, one episode a seed.

`run.py` is the engine; `policy.py` finds the policy, `episodes.py` makes the environment and steps it,
`seeds.py` says which episodes are missing. Nothing here prints or exits: that is for `cli`.
"""
