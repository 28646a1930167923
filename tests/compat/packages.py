"""Ways that need another package; prints `return R` for every episode that ended, by the package's count.

python packages.py NAME
"""

import sys

from ways import play_any

WAYS = {}


def way(package):
    def add(function):
        WAYS[function.__name__] = (package, function)
        return function

    return add


def sb3(make_env, steps=400, **kwargs):
    """Train PPO a little; SB3's own Monitor says what the episodes were."""
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import BaseCallback

    class Count(BaseCallback):
        found = []

        def _on_step(self):
            for info in self.locals["infos"]:
                if "episode" in info:
                    self.found.append(info["episode"]["r"])
            return True

    env = make_env()
    policy = kwargs.pop("policy", "MlpPolicy")
    model = PPO(
        policy,
        env,
        n_steps=kwargs.pop("n_steps", 64),
        batch_size=32,
        n_epochs=1,
        seed=1,
        device="cpu",
        **kwargs,
    )
    count = Count()
    model.learn(steps, callback=count)
    env.close()
    for total in sorted(count.found):
        print("return", float(total))


@way("stable_baselines3")
def sb3_ppo():
    sb3(
        lambda: __import__("stable_baselines3.common.env_util", fromlist=["x"]).make_vec_env(
            "CartPole-v1", 2, seed=3
        )
    )


@way("stable_baselines3")
def sb3_dummy_normalized():
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.vec_env import VecNormalize

    sb3(lambda: VecNormalize(make_vec_env("CartPole-v1", 2, seed=3)))


def subproc(method):
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.vec_env import SubprocVecEnv

    sb3(
        lambda: make_vec_env(
            "CartPole-v1", 2, seed=3, vec_env_cls=SubprocVecEnv, vec_env_kwargs={"start_method": method}
        )
    )


@way("stable_baselines3")
def sb3_subproc_fork():
    subproc("fork")


@way("stable_baselines3")
def sb3_subproc_spawn():
    subproc("spawn")


@way("stable_baselines3")
def sb3_subproc_forkserver():
    subproc("forkserver")


@way("stable_baselines3")
def sb3_dqn_by_id():
    from stable_baselines3 import DQN

    model = DQN("MlpPolicy", "CartPole-v1", seed=1, device="cpu", learning_starts=50)
    model.learn(300)
    for info in model.ep_info_buffer:
        print("return", float(info["r"]))


@way("ale_py")
def sb3_subproc_atari():
    import ale_py
    import gymnasium
    from stable_baselines3.common.env_util import make_atari_env
    from stable_baselines3.common.vec_env import SubprocVecEnv, VecFrameStack

    gymnasium.register_envs(ale_py)  # before the fork
    kwargs = {"env_kwargs": {"max_episode_steps": 240}, "vec_env_kwargs": {"start_method": "fork"}}
    sb3(
        lambda: VecFrameStack(
            make_atari_env("PongNoFrameskip-v4", 2, seed=3, vec_env_cls=SubprocVecEnv, **kwargs), 4
        ),
        policy="CnnPolicy",
    )


@way("mujoco")
def mujoco():
    play_any("InvertedPendulum-v5")


@way("minigrid")
def minigrid():
    import minigrid  # noqa: F401  registers

    play_any("MiniGrid-Empty-5x5-v0", max_steps=30)


@way("ale_py")
def atari():
    import ale_py
    import gymnasium

    gymnasium.register_envs(ale_py)
    play_any("ALE/Pong-v5", max_episode_steps=60)


@way("envpool")
def envpool_sync():
    pool("CartPole-v1")


@way("envpool")
def envpool_truncated():
    pool("Pendulum-v1", max_episode_steps=20)


@way("envpool")
def envpool_lives():
    pool("Breakout-v5", episodic_life=True)


@way("envpool")
def envpool_async():
    pool("CartPole-v1", batch_size=2, num_threads=1)  # more threads deliver in an order of their own


def pool(name, **kwargs):
    """Slots of EnvPool, each by a rule of its own; the row after an end is that of the reset."""
    import envpool
    import numpy as np

    env = envpool.make(name, env_type="gymnasium", num_envs=5, seed=3, **kwargs)
    totals, fresh, ended = np.zeros(5), np.ones(5, bool), []
    env.async_reset()
    space = env.action_space
    for step in range(300):
        _, rewards, terminated, truncated, info = env.recv()
        which = info["env_id"]
        totals[which] = np.where(fresh[which], 0.0, totals[which] + rewards)
        fresh[which] = terminated | truncated
        ended += totals[which[fresh[which]]].tolist()
        space.seed(step)
        env.send(np.array([space.sample()] * len(which)), which)
    env.close()
    for total in sorted(ended):
        print("return", total)


@way("ray")
def ray_tasks():
    import ray

    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False)

    @ray.remote
    def one(seed):
        import gymnasium

        env = gymnasium.make("CartPole-v1")
        env.reset(seed=seed)
        total, over = 0.0, False
        while not over:
            _, reward, terminated, truncated, _ = env.step(0)
            total, over = total + reward, terminated or truncated
        return total

    for total in ray.get([one.remote(seed) for seed in range(6)]):
        print("return", total)


@way("ray")
def ray_actors():
    import ray

    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False)

    @ray.remote
    class Sampler:
        def __init__(self, action):
            import gymnasium

            self.env, self.action = gymnasium.make("CartPole-v1"), action

        def episode(self, seed):
            self.env.reset(seed=seed)
            total, over = 0.0, False
            while not over:
                _, reward, terminated, truncated, _ = self.env.step(self.action)
                total, over = total + reward, terminated or truncated
            return total

    samplers = [Sampler.remote(action) for action in range(2)]
    for seed in range(4):
        for total in ray.get([sampler.episode.remote(seed) for sampler in samplers]):
            print("return", total)


@way("joblib")
def joblib_loky():
    import joblib
    import ways

    for total in joblib.Parallel(n_jobs=2)(joblib.delayed(ways.one)(seed) for seed in range(6)):
        print("return", total)


@way("joblib")
def joblib_threads():
    import joblib
    import ways

    parallel = joblib.Parallel(n_jobs=2, prefer="threads")
    for total in parallel(joblib.delayed(ways.one)(seed) for seed in range(6)):
        print("return", total)


if __name__ == "__main__":
    WAYS[sys.argv[1]][1]()
