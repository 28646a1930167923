"""The statistics of Stable-Baselines3's VecNormalize: which file has them, and what they do.

A model's zip does not hold them. They are applied as they are, and never learn.
"""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from monitorcli.errors import BadRequest
from monitorcli.evaluate.policies.sb3_zip import KnownNames, Model, UnknownName, known_values

# Given in place of a file.
NO_STATISTICS = "none"


class _Saved:
    """What the pickle has in place of an object of Stable-Baselines3's: its attributes."""

    norm_obs = True


class _Unpickler(KnownNames):
    def find_class(self, module: str, name: str) -> Any:
        """What a pickle names; ours for the two classes, so that their own code does not run."""
        if (module, name) in (
            ("stable_baselines3.common.vec_env.vec_normalize", "VecNormalize"),
            ("stable_baselines3.common.running_mean_std", "RunningMeanStd"),
        ):
            return _Saved
        return super().find_class(module, name)


class Normalizer:
    """Does to an observation what VecNormalize did to it in training."""

    def __init__(self, path: str, trusted: bool) -> None:
        """Read the file. Raises BadRequest."""
        saved = _read(path, trusted)
        try:
            self._limit, epsilon = float(saved.clip_obs), float(saved.epsilon)
            found = saved.obs_rms if saved.norm_obs else {}
            keyed = found if isinstance(found, dict) else {}
            self._of_all = None if isinstance(found, dict) else _scale(found, epsilon)
            self._of_keys = {key: _scale(one, epsilon) for key, one in keyed.items()}
        except (AttributeError, KeyError, TypeError, ValueError):
            raise BadRequest(f"{path} does not hold VecNormalize's statistics.") from None
        self._path = path

    def __call__(self, observation: Any) -> Any:
        """The observation, normalised."""
        if self._of_all is not None:
            return self._scaled(observation, *self._of_all)
        changed = {key: self._scaled(observation[key], *scale) for key, scale in self._of_keys.items()}
        return {**observation, **changed} if changed else observation

    def check(self, space: Any) -> None:
        """Raise BadRequest if the statistics are of other observations than those of `space`."""
        try:
            here = {key: space[key].shape for key in self._of_keys}
            there = {key: mean.shape for key, (mean, _) in self._of_keys.items()}
            if self._of_all is not None:
                here, there = {"": space.shape}, {"": self._of_all[0].shape}
        except (KeyError, TypeError):
            here, there = {}, {"": None}
        if here != there:
            raise BadRequest(
                f"the statistics in {self._path} are of other observations than the environment's, {space}."
            )

    def _scaled(self, values: Any, mean: Any, deviation: Any) -> Any:
        return np.clip((values - mean) / deviation, -self._limit, self._limit).astype(np.float32)


def statistics_of(model: Model, env: Any, given: str | None) -> str | None:
    """The file of the statistics that the model was trained with; None if it was trained without.

    Raises BadRequest if they are missing, or if nobody can tell and the user did not say.
    """
    if given is not None:
        if given != NO_STATISTICS and not os.path.isfile(given):
            raise BadRequest(f"there is no file {given} with VecNormalize's statistics.")
        return None if given == NO_STATISTICS else given
    trained_with = _config_says(model.path, env)
    if trained_with is None:
        trained_with = _zip_says(model)
    if trained_with is False:
        return None
    found = next((path for path in _places(model.path, env) if os.path.isfile(path)), None)
    if found is not None:
        return found
    hint = "Name their file:  --vecnormalize vecnormalize.pkl\n"
    if trained_with:
        raise BadRequest(
            f"{model.path} was trained with VecNormalize, and its statistics are not beside it.",
            f"{hint}If it normalised rewards only:  --vecnormalize none",
        )
    raise BadRequest(
        f"{model.path} does not show whether it was trained with VecNormalize, which changes its actions.",
        f"{hint}If it was trained without:  --vecnormalize none",
    )


def _zip_says(model: Model) -> bool | None:
    """Whether the model was trained with VecNormalize, as far as what it last saw shows."""
    raw, seen = model.data.get("_last_original_obs"), model.data.get("_last_obs")
    if "buffer_size" not in model.data:  # on-policy: kept beside the normalised ones, if there are such
        return True if raw is not None else False if seen is not None else None
    values, _ = known_values(model, ("_last_obs", "observation_space"))
    space, seen = values.get("observation_space"), values.get("_last_obs")
    kinds = _dtypes(seen)
    own = {one.dtype for one in getattr(space, "spaces", {"": space}).values() if one is not None}
    if not kinds or np.dtype(np.float32) in own:  # what is normalised is of this type
        return None
    return np.dtype(np.float32) in kinds


def _dtypes(seen: Any) -> set[Any]:
    arrays = seen.values() if isinstance(seen, dict) else [seen]
    return {array.dtype for array in arrays if isinstance(array, np.ndarray)}


def _config_says(path: str, env: Any) -> bool | None:
    """What rl-zoo3's configuration of the training says. It is searched, not loaded: YAML can run code."""
    for folder in _zoo_folders(path, env):
        try:
            with open(os.path.join(folder, "config.yml"), encoding="utf-8") as file:
                text = file.read()
        except (OSError, UnicodeError):
            continue
        if "collections.OrderedDict" in text:
            found = re.search(r"- normalize\n\s*- (.+)", text)
            value = found[1].strip().strip("'\"") if found else "false"
            return value != "false" and not re.search(r"norm_obs\W{1,4}False", value)
    return None


def _places(path: str, env: Any) -> Iterator[str]:
    """Where the statistics may be: beside the zip, as rl-zoo3 and CheckpointCallback name them."""
    folder, stem = os.path.split(path.removesuffix(".zip"))
    before, _, steps = stem.rpartition("_steps")[0].rpartition("_")
    if steps.isdigit():
        yield os.path.join(folder, f"{before}_vecnormalize_{steps}_steps.pkl")
    for name in (f"{stem}_vecnormalize.pkl", "vecnormalize.pkl", "vec_normalize.pkl"):
        yield os.path.join(folder, name)
    for folder in _zoo_folders(path, env):
        yield os.path.join(folder, "vecnormalize.pkl")


def _zoo_folders(path: str, env: Any) -> list[str]:
    folder, env_id = os.path.dirname(path), getattr(env.spec, "id", None)
    return [os.path.join(folder, env_id)] if env_id else []


def _read(path: str, trusted: bool) -> Any:
    with open(path, "rb") as file:
        try:
            return (pickle.Unpickler if trusted else _Unpickler)(file).load()
        except UnknownName as name:
            raise BadRequest(
                f"{path} names {name}, which VecNormalize's statistics do not need, and was not read.",
                "Reading it may run code. If you trust who made it:  --trust-policy",
            ) from None
        except Exception as error:  # noqa: BLE001 - a pickle can fail in any way
            raise BadRequest(f"{path} cannot be read: {type(error).__name__}: {error}") from None


def _scale(saved: Any, epsilon: float) -> tuple[Any, Any]:
    return saved.mean, np.sqrt(saved.var + epsilon)
