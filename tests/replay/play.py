"""Play random episodes: `play.py MAKE EPISODES STEPS SEEDS`, each cut after STEPS.

SEEDS is `all`, `first` or `none`. MAKE is an expression with `gymnasium`, of an environment or of a vector
environment of others.
"""

import sys

import gymnasium

expression, episodes, steps, seeds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
if "ALE/" in expression:
    import ale_py

    gymnasium.register_envs(ale_py)
if "MiniGrid" in expression:
    import minigrid  # noqa: F401
env = eval(expression)
env.action_space.seed(0)
if hasattr(env, "num_envs"):
    env.reset(seed=None if seeds == "none" else 1)
    for _ in range(episodes * steps // env.num_envs):
        env.step(env.action_space.sample())
else:
    for episode in range(episodes):
        seeded = seeds == "all" or (seeds == "first" and episode == 0)
        env.reset(seed=1000 + episode if seeded else None)
        for _ in range(steps):
            if any(env.step(env.action_space.sample())[2:4]):
                break
env.close()
