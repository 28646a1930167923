"""Runs a policy, one episode per seed.

`run.py` runs the evaluation, `policy.py` loads the policy, `episodes.py` makes the environment and steps
it, and `seeds.py` finds the seeds that are still missing. Nothing here prints or exits: `cli` does that.
"""
