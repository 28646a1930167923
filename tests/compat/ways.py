"""Ways of making and running environments, one a name; prints `return R` for every episode that ended.

    python ways.py NAME

Each is written as people write it and knows nothing of monitorcli.
Python 3.8, Gymnasium 0.29 to 1.x or gym 0.26.
"""

import sys

try:
    import gymnasium as gym
except ImportError:
    import gym

WAYS = {}
SEEDS = range(4)
MODERN = not gym.__version__.startswith("0.")


def way(function):
    WAYS[function.__name__] = function
    return function


def play(env, seeds=SEEDS):
    """Whole episodes by a fixed rule; prints each return."""
    for total in returns(env, seeds):
        sys.stdout.write(f"return {total}\n")  # at once, because torchrun mixes the output of two


def returns(env, seeds=SEEDS):
    found = []
    for seed in seeds:
        env.reset(seed=seed)
        total, steps, over = 0.0, 0, False
        while not over:
            _, reward, terminated, truncated, _ = env.step(steps // 3 % 2)
            total, steps, over = total + float(reward), steps + 1, terminated or truncated
        found.append(total)
    return found


def play_vector(env, steps=90, mode="NEXT_STEP"):
    """A vector environment by a fixed rule, with the returns that the script itself sums up."""
    import numpy as np

    env.reset(seed=7)
    totals, fresh, ended = np.zeros(env.num_envs), np.zeros(env.num_envs, bool), []
    for step in range(steps):
        _, rewards, terminated, truncated, _ = env.step(np.full(env.num_envs, step // 3 % 2))
        totals = np.where(fresh, 0.0, totals + rewards)
        over = terminated | truncated
        ended += totals[over].tolist()
        if mode == "NEXT_STEP":
            fresh = over
        else:
            totals[over] = 0.0
            if mode == "DISABLED" and over.any():
                env.reset(options={"reset_mask": over})
    env.close()
    for total in sorted(ended):
        print("return", total)


def autoreset(mode):
    from gymnasium.vector import AutoresetMode

    return {"autoreset_mode": AutoresetMode[mode]}


@way
def make():
    play(gym.make("CartPole-v1"))


@way
def make_and_print_everything():
    env = gym.make("CartPole-v1")
    play(env)
    print(
        env,
        env.spec,
        env.render_mode,
        sorted(vars(env.unwrapped)),
        env.metadata,
        type(env),
        env.unwrapped.state,
    )
    env.close()


@way
def make_unwrapped():
    play(gym.make("CartPole-v1").unwrapped)


@way
def make_from_a_spec():
    play(gym.make(gym.spec("CartPole-v1")))


@way
def spec_make():
    play(gym.spec("CartPole-v1").make())


@way
def make_with_options():
    env = gym.make("CartPole-v1", max_episode_steps=6, disable_env_checker=True)
    play(env)


@way
def make_deepcopy_and_pickle():
    import copy
    import pickle

    env = gym.make("CartPole-v1")
    play(env)
    env.reset(seed=1)
    env.step(0)
    for twin in (copy.deepcopy(env), pickle.loads(pickle.dumps(env))):
        print(twin.step(1))


@way
def make_ansi():
    play_any("FrozenLake-v1", render_mode="ansi", is_slippery=True)


@way
def make_rgb_array():
    env = gym.make("CartPole-v1", render_mode="rgb_array")
    play(env)
    print(env.render().sum())


@way
def make_human():
    play(gym.make("CartPole-v1", render_mode="human"), range(2))


def play_any(name, **kwargs):
    env = gym.make(name, **kwargs)
    for seed in range(6):
        env.reset(seed=seed)
        env.action_space.seed(seed)
        total, over = 0.0, False
        while not over:
            _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
            total, over = total + float(reward), terminated or truncated
        print("return", total)


@way
def tutorial_blackjack():
    play_any("Blackjack-v1", sab=True)


@way
def tutorial_frozen_lake():
    play_any("FrozenLake-v1", map_name="4x4", is_slippery=False)


@way
def pendulum():
    play_any("Pendulum-v1")


@way
def statistics_wrapper():
    env = gym.wrappers.RecordEpisodeStatistics(gym.make("CartPole-v1"))
    play(env)
    print(list(env.return_queue))


@way
def stacked_wrappers():
    play(
        gym.wrappers.TimeAwareObservation(
            gym.wrappers.TimeLimit(gym.make("CartPole-v1"), max_episode_steps=900)
        )
    )


@way
def autoreset_wrapper():
    wrapper = getattr(gym.wrappers, "Autoreset", None) or gym.wrappers.AutoResetWrapper
    env = wrapper(gym.make("CartPole-v1"))
    env.reset(seed=3)
    total, fresh = 0.0, False
    for step in range(80):
        _, reward, terminated, truncated, _ = env.step(step // 3 % 2)
        total = 0.0 if fresh else total + reward
        fresh = (terminated or truncated) and MODERN
        if terminated or truncated:
            print("return", total)
            total = 0.0


@way
def own_class_registered():
    gym.register("Own-v0", entry_point=own_class(), max_episode_steps=5)
    play(gym.make("Own-v0"))


def own_class():
    class Own(gym.Env):
        observation_space = gym.spaces.Discrete(9)
        action_space = gym.spaces.Discrete(2)

        def reset(self, seed=None, options=None):
            super().reset(seed=seed)
            self.at = 0
            return 0, {}

        def step(self, action):
            self.at += 1
            return 0, float(self.np_random.integers(9)), self.at == 7, False, {}

    return Own


@way
def own_class_built():
    play(own_class()())


@way
def cartpole_built():
    from importlib import import_module

    play(import_module(gym.__name__ + ".envs.classic_control").CartPoleEnv())


@way
def cartpole_built_in_time_limit():
    from importlib import import_module

    classic = import_module(gym.__name__ + ".envs.classic_control")
    play(gym.wrappers.TimeLimit(classic.CartPoleEnv(), max_episode_steps=6))


@way
def early_resets():
    env = gym.make("CartPole-v1")
    for _ in range(3):
        env.reset()
        env.step(0)
    play(env)


@way
def many_environments():
    for name in ("CartPole-v1", "MountainCar-v0"):
        env = gym.make(name, max_episode_steps=12)
        play(env)
    gym.make("Acrobot-v1")


@way
def threads():
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(3) as pool:
        for found in pool.map(lambda seed: returns(gym.make("CartPole-v1"), [seed]), SEEDS):
            print("return", found[0])


@way
def exception_at_the_end():
    play(gym.make("CartPole-v1"))
    raise SystemExit("stopped on purpose")


@way
def exception_in_step():
    env = gym.make("CartPole-v1", disable_env_checker=True)
    play(env)
    env.reset()
    env.step(7)


def one(seed):
    return returns(gym.make("CartPole-v1"), [seed])[0]


def pool(method):
    import multiprocessing

    with multiprocessing.get_context(method).Pool(2) as workers:
        for total in workers.map(one, SEEDS):
            print("return", total)
        workers.close()  # and join, so that a worker without work is not killed before it says what it has to
        workers.join()


@way
def pool_fork():
    pool("fork")


@way
def pool_spawn():
    pool("spawn")


@way
def pool_forkserver():
    pool("forkserver")


@way
def executor():
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(2) as workers:
        for total in workers.map(one, SEEDS):
            print("return", total)


@way
def os_fork():
    import os

    env = gym.make("CartPole-v1")
    play(env, range(2))
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        play(env, range(2, 4))
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)


@way
def subprocesses():
    import subprocess

    for _ in range(2):
        subprocess.run([sys.executable, __file__, "make"], check=True)


@way
def execed():
    import os

    play(gym.make("CartPole-v1"), range(2))
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, __file__, "make"])


@way
def make_vec_sync():
    play_vector(gym.make_vec("CartPole-v1", num_envs=3, vectorization_mode="sync"))


@way
def make_vec_sync_same_step():
    vector_kwargs = autoreset("SAME_STEP")
    env = gym.make_vec("CartPole-v1", num_envs=3, vectorization_mode="sync", vector_kwargs=vector_kwargs)
    play_vector(env, mode="SAME_STEP")


@way
def make_vec_sync_disabled():
    vector_kwargs = autoreset("DISABLED")
    env = gym.make_vec("CartPole-v1", num_envs=3, vectorization_mode="sync", vector_kwargs=vector_kwargs)
    play_vector(env, mode="DISABLED")


def make_vec_async(method):
    vector_kwargs = {"context": method}
    env = gym.make_vec("CartPole-v1", num_envs=3, vectorization_mode="async", vector_kwargs=vector_kwargs)
    play_vector(env)


@way
def make_vec_async_fork():
    make_vec_async("fork")


@way
def make_vec_async_spawn():
    make_vec_async("spawn")


@way
def make_vec_async_forkserver():
    make_vec_async("forkserver")


@way
def make_vec_own_entry_point():
    def made_of_two_kinds(num_envs, **kwargs):
        return gym.vector.SyncVectorEnv(
            [lambda: gym.make("CartPole-v1"), lambda: gym.make("CartPole-v1", max_episode_steps=5)]
        )

    gym.register("Mixed-v0", entry_point=own_class(), vector_entry_point=made_of_two_kinds)
    play_vector(gym.make_vec("Mixed-v0", num_envs=2, vectorization_mode="vector_entry_point"))


@way
def make_vec_own_vector_class():
    import numpy as np

    class Dice(gym.vector.VectorEnv):
        def __init__(self, num_envs=1, **kwargs):
            self.num_envs = num_envs
            self.single_observation_space = self.single_action_space = gym.spaces.Discrete(2)
            self.action_space = gym.vector.utils.batch_space(self.single_action_space, num_envs)
            self.observation_space = self.action_space

        def reset(self, seed=None, options=None):
            super().reset(seed=seed)
            self.over = np.zeros(self.num_envs, bool)
            return np.zeros(self.num_envs, np.int64), {}

        def step(self, actions):
            fresh, thrown = self.over, self.np_random.integers(1, 7, self.num_envs)
            self.over = (thrown == 6) & ~fresh
            rewards = np.where(fresh, 0, thrown).astype(float)
            return np.zeros(self.num_envs, np.int64), rewards, self.over, np.zeros(self.num_envs, bool), {}

    gym.register("Dice-v0", entry_point=own_class(), vector_entry_point=Dice)
    play_vector(gym.make_vec("Dice-v0", num_envs=3, vectorization_mode="vector_entry_point"))


@way
def make_vec_native():
    play_vector(gym.make_vec("CartPole-v1", num_envs=3))


@way
def sync_vector_env():
    env = gym.vector.SyncVectorEnv([lambda: gym.make("CartPole-v1") for _ in range(3)])
    play_vector(env, mode="NEXT_STEP" if MODERN else "SAME_STEP")


@way
def async_vector_env():
    env = gym.vector.AsyncVectorEnv([lambda: gym.make("CartPole-v1") for _ in range(3)])
    play_vector(env, mode="NEXT_STEP" if MODERN else "SAME_STEP")


@way
def sync_vector_env_of_own_class():
    env = gym.vector.SyncVectorEnv([own_class()] * 3)
    play_vector(env, mode="NEXT_STEP" if MODERN else "SAME_STEP")


@way
def async_vector_env_of_own_class():
    env = gym.vector.AsyncVectorEnv([own_class()] * 3)
    play_vector(env, mode="NEXT_STEP" if MODERN else "SAME_STEP")


@way
def vector_statistics_wrapper():
    env = gym.make_vec("CartPole-v1", num_envs=3, vectorization_mode="sync")
    play_vector(gym.wrappers.vector.RecordEpisodeStatistics(env))


@way
def a2c_of_the_tutorial():
    envs = gym.make_vec("CartPole-v1", num_envs=3, max_episode_steps=8)
    play_vector(envs)


def test_inside_pytest():
    play(gym.make("CartPole-v1"))


if __name__ == "__main__":
    WAYS[sys.argv[1]]()
