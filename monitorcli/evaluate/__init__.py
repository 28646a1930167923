"""Runs a policy, one episode per seed.

`run.py` runs the evaluation, `policies/` loads the policy, `environment.py` makes the environment,
`episode.py` is one episode, `worker.py` and `batch_worker.py` run them, and `seeds.py` finds the seeds that
are still missing. Nothing here prints or exits: `cli` does that.
"""
