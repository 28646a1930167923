"""Models of Stable-Baselines3 that were trained for a moment; they are made once."""

import sys
import warnings
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent.parent))  # commands.py

torch.set_num_threads(1)


class Seeded(gymnasium.Env):
    """What its seed decides is looked at by `_look`; `steps` counts."""

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return self._look(), {}


class Pictures(Seeded):
    """Small images with the channels last; the brightest corner gives a reward, which the seed chooses."""

    observation_space = gymnasium.spaces.Box(0, 255, (36, 36, 1), np.uint8)
    action_space = gymnasium.spaces.Discrete(4)

    def step(self, action):
        self.steps += 1
        reward = float(action == self.bright)
        return self._look(), reward, self.steps == 12, False, {}

    def _look(self):
        picture = self.np_random.integers(0, 100, (36, 36, 1), dtype=np.uint8)
        self.bright = int(self.np_random.integers(4))
        row, column = divmod(self.bright, 2)
        picture[row * 18 : row * 18 + 18, column * 18 : column * 18 + 18] += 150
        return picture


class Parts(Seeded):
    """Observations that are a dictionary, and actions that are several numbers."""

    observation_space = gymnasium.spaces.Dict(
        place=gymnasium.spaces.Box(-1, 1, (3,)), room=gymnasium.spaces.Discrete(4)
    )
    action_space = gymnasium.spaces.MultiDiscrete([2, 3])

    def step(self, action):
        self.steps += 1
        reward = float(action[0]) + float(action[1]) * self.place
        return self._look(), reward, self.steps == 9, False, {}

    def _look(self):
        values = self.np_random.uniform(-1, 1, 3).astype(np.float32)
        self.place = float(values[0])
        return {"place": values, "room": int(self.np_random.integers(4))}

    def action_masks(self):
        return np.array([True, self.place > 0, True, False, True])


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """A folder with a zip of each, named as in MODELS of the test; `environments.py` beside them."""
    import sb3_contrib
    import stable_baselines3 as sb3
    from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

    folder = tmp_path_factory.mktemp("models")
    (folder / "environments.py").write_text(Path(__file__).read_text())
    short = {"n_steps": 64, "batch_size": 32}
    off = {"learning_starts": 50, "buffer_size": 500}

    def train(name, algorithm, env, policy="MlpPolicy", steps=256, **options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            algorithm(policy, env, seed=1, device="cpu", **options).learn(steps).save(folder / name)

    train("ppo", sb3.PPO, "CartPole-v1", **short)
    train("a2c", sb3.A2C, "CartPole-v1")
    train("dqn", sb3.DQN, "CartPole-v1", **off)
    train("trpo", sb3_contrib.TRPO, "CartPole-v1", **short)
    train("qrdqn", sb3_contrib.QRDQN, "CartPole-v1", **off)
    train("ars", sb3_contrib.ARS, "CartPole-v1", policy="LinearPolicy", n_delta=2)
    train("recurrent", sb3_contrib.RecurrentPPO, "CartPole-v1", policy="MlpLstmPolicy", **short)
    few = {**off, "steps": 60}
    train("sac", sb3.SAC, "Pendulum-v1", **few)
    train("td3", sb3.TD3, "Pendulum-v1", **few)
    train("tqc", sb3_contrib.TQC, "Pendulum-v1", **few)
    train("crossq", sb3_contrib.CrossQ, "Pendulum-v1", **few)
    train("gsde", sb3.PPO, "Pendulum-v1", use_sde=True, **short)
    train("pictures", sb3.PPO, Pictures(), policy="CnnPolicy", **short,
          policy_kwargs={"features_extractor_kwargs": {"features_dim": 16}})  # fmt: skip
    train("parts", sb3.PPO, Parts(), policy="MultiInputPolicy", **short)
    train("masked", sb3_contrib.MaskablePPO, Parts(), policy="MultiInputPolicy", **short)
    train("custom", sb3.PPO, "CartPole-v1", **short,
          policy_kwargs={"net_arch": {"pi": [8], "vf": [8]}, "activation_fn": torch.nn.ReLU})  # fmt: skip
    for name, algorithm, options in (("norm", sb3.PPO, short), ("norm-sac", sb3.SAC, few)):
        env = VecNormalize(DummyVecEnv([lambda: gymnasium.make("Pendulum-v1")]))
        (folder / name).mkdir()
        train(f"{name}/model", algorithm, env, **options)
        env.save(folder / name / "vecnormalize.pkl")
    return folder
