"""Read a zip of Stable-Baselines3's without running what is in it.

Its member `data` is JSON in which some values are pickles, and a pickle can name any function to be
called. Of those that a policy needs, only the names below are looked up; the others are replaced by
constants. This narrows what a zip can do. It is no proof that it can do no harm.
"""

from __future__ import annotations

import base64
import io
import json
import pickle
import zipfile
from typing import Any, NamedTuple

from monitorcli.errors import BadRequest

_SERIALIZED = ":serialized:"

# What only training needs: schedules, buffers, the last observations.
_REPLACED: dict[str, Any] = {
    **dict.fromkeys(("learning_rate", "lr_schedule", "clip_range", "exploration_schedule"), 0.0),
    **dict.fromkeys(("clip_range_vf", "delta_std_schedule", "action_noise", "theta", "weights"), None),
    **dict.fromkeys(("_last_obs", "_last_original_obs", "_last_episode_starts", "_last_lstm_states"), None),
    **dict.fromkeys(("ep_info_buffer", "ep_success_buffer"), None),
    **dict.fromkeys(("rollout_buffer_class", "replay_buffer_class"), None),
    "rollout_buffer_kwargs": {},
    "replay_buffer_kwargs": {},
    "buffer_size": 1,
    "train_freq": 1,
}

# Modules, and the names in them that may be looked up.
_KNOWN = {
    "collections": "OrderedDict defaultdict deque",
    "gymnasium.spaces.box": "Box",
    "gymnasium.spaces.dict": "Dict",
    "gymnasium.spaces.discrete": "Discrete",
    "gymnasium.spaces.multi_binary": "MultiBinary",
    "gymnasium.spaces.multi_discrete": "MultiDiscrete",
    "numpy": "dtype ndarray",
    "numpy._core.multiarray": "_reconstruct scalar",
    "numpy._core.numeric": "_frombuffer",
    "numpy.core.multiarray": "_reconstruct scalar",
    "numpy.core.numeric": "_frombuffer",
    "numpy.random._mt19937": "MT19937",
    "numpy.random._pcg64": "PCG64",
    "numpy.random._pickle": "__bit_generator_ctor __generator_ctor",
    "numpy.random.bit_generator": "SeedSequence __pyx_unpickle_SeedSequence",
    "stable_baselines3.common.policies": "ActorCriticPolicy ActorCriticCnnPolicy MultiInputActorCriticPolicy",
    "stable_baselines3.common.sb2_compat.rmsprop_tf_like": "RMSpropTFLike",
    "stable_baselines3.common.torch_layers": "CombinedExtractor FlattenExtractor NatureCNN",
    "stable_baselines3.dqn.policies": "DQNPolicy CnnPolicy MultiInputPolicy",
    "stable_baselines3.sac.policies": "SACPolicy CnnPolicy MultiInputPolicy",
    "stable_baselines3.td3.policies": "TD3Policy CnnPolicy MultiInputPolicy",
    "sb3_contrib.ars.policies": "ARSPolicy ARSLinearPolicy",
    "sb3_contrib.common.maskable.policies": "MaskableActorCriticPolicy MaskableActorCriticCnnPolicy "
    "MaskableMultiInputActorCriticPolicy",
    "sb3_contrib.common.recurrent.policies": "RecurrentActorCriticPolicy RecurrentActorCriticCnnPolicy "
    "RecurrentMultiInputActorCriticPolicy",
    "sb3_contrib.crossq.policies": "CrossQPolicy",
    "sb3_contrib.qrdqn.policies": "QRDQNPolicy QRDQNCnnPolicy QRDQNMultiInputPolicy CnnPolicy "
    "MultiInputPolicy",
    "sb3_contrib.tqc.policies": "TQCPolicy CnnPolicy MultiInputPolicy",
    "torch.nn.modules.activation": "ELU GELU Hardswish LeakyReLU Mish ReLU SELU SiLU Sigmoid Softplus Tanh",
    "torch.optim.adam": "Adam",
    "torch.optim.adamw": "AdamW",
    "torch.optim.rmsprop": "RMSprop",
    "torch.optim.sgd": "SGD",
}

_SB3 = "stable_baselines3"
_CONTRIB = "sb3_contrib"
# The package and the algorithm of a policy's class, by its module.
_ALGORITHMS = {
    "stable_baselines3.dqn.policies": (_SB3, "DQN"),
    "stable_baselines3.sac.policies": (_SB3, "SAC"),
    "stable_baselines3.td3.policies": (_SB3, "TD3"),  # DDPG is a TD3, and acts alike
    "sb3_contrib.ars.policies": (_CONTRIB, "ARS"),
    "sb3_contrib.common.maskable.policies": (_CONTRIB, "MaskablePPO"),
    "sb3_contrib.common.recurrent.policies": (_CONTRIB, "RecurrentPPO"),
    "sb3_contrib.crossq.policies": (_CONTRIB, "CrossQ"),
    "sb3_contrib.qrdqn.policies": (_CONTRIB, "QRDQN"),
    "sb3_contrib.tqc.policies": (_CONTRIB, "TQC"),
}
_ACTOR_CRITIC = "stable_baselines3.common.policies"


class UnknownName(Exception):
    """A pickle names what is not on the list."""


class Model(NamedTuple):
    """A zip of Stable-Baselines3's: its package and algorithm, and its member `data` as it stands there."""

    path: str
    package: str
    algorithm: str
    data: dict[str, Any]


class KnownNames(pickle.Unpickler):
    """An unpickler that looks up only what is known. Raises UnknownName."""

    def find_class(self, module: str, name: str) -> Any:
        """What a pickle names."""
        if name in _KNOWN.get(module, "").split():
            return super().find_class(module, name)
        raise UnknownName(f"{module}.{name}")


def read_zip(path: str) -> Model:
    """Read which algorithm a zip is of. Raises BadRequest if it is not Stable-Baselines3's."""
    try:
        with zipfile.ZipFile(path) as archive:
            data = json.loads(archive.read("data"))
            archive.getinfo("policy.pth")
        module = data["policy_class"]["__module__"]
    except zipfile.BadZipFile:
        raise BadRequest(f"{path} is no zip file, or a damaged one.") from None
    except (KeyError, TypeError, ValueError):
        raise BadRequest(
            f"{path} is a zip file, but no model that Stable-Baselines3 saved.",
            "A model's zip is what model.save() writes.",
        ) from None
    if module == _ACTOR_CRITIC:
        trpo, ppo = "cg_damping" in data, "n_epochs" in data
        return Model(path, *(_CONTRIB, "TRPO") if trpo else (_SB3, "PPO" if ppo else "A2C"), data)
    if module not in _ALGORITHMS:
        raise BadRequest(
            f"{path} does not say which algorithm it is of: its policy's class is from {module}.",
            "Load it in a file of your own (model = PPO.load(...)) and name that:  --policy file.py:model",
        )
    return Model(path, *_ALGORITHMS[module], data)


def known_values(model: Model, names: tuple[str, ...] = ()) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of `data` that need no unknown name, as Python objects; and why the others do.

    Only those in `names`, if any are given; and what only training needs is replaced.
    """
    values, unknown = {}, {}
    for name, value in model.data.items():
        if not names and name in _REPLACED:
            values[name] = _REPLACED[name]
        elif isinstance(value, dict) and _SERIALIZED in value and (not names or name in names):
            try:
                values[name] = KnownNames(io.BytesIO(base64.b64decode(value[_SERIALIZED]))).load()
            except UnknownName as unknown_name:
                unknown[name] = str(unknown_name)
            except Exception as error:  # noqa: BLE001 - a pickle can fail in any way
                unknown[name] = f"{type(error).__name__}: {error}"
    return values, unknown
