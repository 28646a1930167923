"""Policies that Stable-Baselines3 or sb3-contrib saved as a zip."""

from __future__ import annotations

import importlib
import io
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces

from monitorcli.errors import BadRequest
from monitorcli.evaluate.extras import need
from monitorcli.evaluate.policies.policy import PolicyRequest
from monitorcli.evaluate.policies.references import Code, PredictPolicy
from monitorcli.evaluate.policies.sb3_zip import Model, known_values, read_zip
from monitorcli.evaluate.policies.vecnormalize import Normalizer, statistics_of

# Algorithms whose policies have no other action than the best one.
_NEVER_DRAW = ("TD3", "ARS")


class SB3Policy(PredictPolicy):
    """A model of Stable-Baselines3, with the normalisation of observations that it was trained with."""

    def __init__(self, asked: PolicyRequest, env: Any) -> None:
        path = asked.reference
        saved = read_zip(path)
        need(saved.package, "sb3", path)
        statistics = statistics_of(saved, env, asked.vecnormalize)
        self._normalize = Normalizer(statistics, asked.trusted) if statistics else None
        if self._normalize:
            self._normalize.check(env.observation_space)
        model = _loaded(saved, asked.trusted)
        _check_spaces(path, model, env)
        self._draws = saved.algorithm not in _NEVER_DRAW
        files = [path, statistics] if statistics else [path]
        super().__init__(asked, env, Code(model), files, saved.algorithm)
        self._masked = saved.algorithm == "MaskablePPO" and env.has_wrapper_attr("action_masks")

    def _predicted(self, observation: Any, starts: Any, envs: Sequence[Any]) -> Any:
        return super()._predicted(
            self._normalize(observation) if self._normalize else observation, starts, envs
        )

    def _told(self, starts: Any, envs: Sequence[Any]) -> dict[str, Any]:
        if not self._masked:
            return super()._told(starts, envs)
        masks = np.array([env.get_wrapper_attr("action_masks")() for env in envs])
        return {**super()._told(starts, envs), "action_masks": masks}


def _loaded(saved: Model, trusted: bool) -> Any:
    """The model. What the list of known names does not cover is unpickled only if the zip is trusted."""
    values, unknown = known_values(saved)
    if unknown and not trusted:
        named = ", ".join(f"{value} in {name!r}" for name, value in unknown.items())
        raise BadRequest(
            f"{saved.path} holds more than Stable-Baselines3 puts into a model, and was not loaded: {named}.",
            "Loading it may run code. If you trust who made it:  --trust-policy",
        )
    if not trusted:
        _check_weights(saved.path)
    try:
        algorithm = getattr(importlib.import_module(saved.package), saved.algorithm)
        model = algorithm.load(saved.path, device="cpu", custom_objects=values)
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        raise BadRequest(f"{saved.path} cannot be loaded: {type(error).__name__}: {reason}") from error
    # `predict` says at every call that the networks do not learn, which takes a third of its time.
    model.policy.set_training_mode(False)
    model.policy.set_training_mode = _stay
    return model


def _stay(mode: bool) -> None:
    """In place of `set_training_mode`."""


def _check_weights(path: str) -> None:
    """Raise BadRequest if a file of weights has anything else: some releases unpickle all of it."""
    import torch

    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            try:
                if name.endswith(".pth"):
                    torch.load(io.BytesIO(archive.read(name)), map_location="cpu", weights_only=True)
            except Exception as error:
                raise BadRequest(
                    f"{path} was not loaded: {name} in it cannot be read as weights and nothing more."
                ) from error


def _check_spaces(path: str, model: Any, env: Any) -> None:
    for name in ("observation_space", "action_space"):
        own, here = getattr(model, name), getattr(env, name)
        if not _fits(own, here):
            raise BadRequest(
                f"{path} was trained with the {name.replace('_', ' ')} {own}; the environment's is {here}.",
                "Wrappers of the training are named again:  --wrapper package.module:name",
            )


def _fits(own: Any, here: Any) -> bool:
    if isinstance(own, spaces.Dict):
        if not isinstance(here, spaces.Dict) or own.keys() != here.keys():
            return False
        return all(_fits(own[key], here[key]) for key in own)
    if not isinstance(own, spaces.Box):
        return bool(own == here)
    # Of an image the channels may come last here, and first in the model, which turns them itself.
    return isinstance(here, spaces.Box) and own.shape in (here.shape, (*here.shape[-1:], *here.shape[:-1]))
