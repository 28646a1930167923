"""Policies that are Python code: `random`, `path/to/file.py:name` and `package.module:name`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces

from monitorcli.errors import BadRequest
from monitorcli.evaluate.policies.policy import Policy, PolicyRequest
from monitorcli.reference import load_reference

RANDOM = "random"

# What a class or a factory calls the argument that it wants the environment as.
_ENVIRONMENT = ("env", "environment")
# What Stable-Baselines3's predict takes beside the observation.
_OF_PREDICT = ("state", "episode_start", "deterministic")


class RandomPolicy(Policy):
    """Draws from the action space."""

    def __init__(self, asked: PolicyRequest, env: Any) -> None:
        if not asked.deterministic:
            raise BadRequest("--stochastic says nothing of the policy random, which always draws.")
        super().__init__(asked, env, RANDOM)

    def _action(self, observation: Any) -> Any:
        return self._space.sample()


class FunctionPolicy(Policy):
    """A function of the observation, or an object that can be called like one."""

    def __init__(self, asked: PolicyRequest, env: Any, function: Callable[[Any], Any]) -> None:
        if not asked.deterministic:
            raise BadRequest(
                f"--stochastic is for a policy with predict(observation, deterministic=...), "
                f"and {asked.reference!r} is a function of the observation.",
                "It is called as it is, and may draw its actions itself.",
            )
        super().__init__(asked, env, "function", _files(asked.reference))
        self._function = function

    def _forget(self, seed: int) -> None:
        _reset(self._function)

    def _action(self, observation: Any) -> Any:
        return self._function(observation)


class PredictPolicy(Policy):
    """An object with Stable-Baselines3's predict; what it gives as state it gets back within the episode."""

    def __init__(
        self, asked: PolicyRequest, env: Any, model: Any, files: list[str], algorithm: str | None = None
    ) -> None:
        super().__init__(asked, env, "sb3" if algorithm else "predict", files, algorithm)
        self._model = model
        self._takes = _arguments_of(model.predict, _OF_PREDICT)
        self._state, self._start = None, True
        if not asked.deterministic and "deterministic" not in self._takes:
            raise BadRequest(
                f"--stochastic is not for {asked.reference!r}: its predict has no argument `deterministic`."
            )

    def _forget(self, seed: int) -> None:
        self._state, self._start = None, True
        _reset(self._model)
        if getattr(self._model, "use_sde", False):  # its noise lasts until it is drawn anew
            self._model.policy.reset_noise(1)
        if isinstance(getattr(self._model, "action_space", None), spaces.Space):  # DQN explores with it
            self._model.action_space.seed(seed)

    def _action(self, observation: Any) -> Any:
        predicted = self._model.predict(observation, **self._told())
        self._start = False
        if isinstance(predicted, tuple) and len(predicted) == 2:
            predicted, self._state = predicted
        return predicted

    def _told(self) -> dict[str, Any]:
        """What `predict` is told beside the observation."""
        told = {
            "state": self._state,
            "episode_start": np.array([self._start]),
            "deterministic": self.identity["deterministic"],
        }
        return {name: told[name] for name in self._takes}


def from_reference(asked: PolicyRequest, env: Any) -> Policy:
    """The policy that code gives: a function, an object, or a class or factory of such. Raises BadRequest."""
    found = load_reference(asked.reference, "the policy")
    if inspect.isclass(found) or (inspect.isfunction(found) and _is_factory(found)):
        found = _made(found, asked.reference, env)
    if callable(getattr(found, "predict", None)):
        return PredictPolicy(asked, env, found, _files(asked.reference))
    if callable(found):
        return FunctionPolicy(asked, env, found)
    raise BadRequest(
        f"the policy {asked.reference!r} is a {type(found).__name__}, neither callable nor with a predict "
        "method.",
        "Name a function from observation to action.",
    )


def _is_factory(function: Any) -> bool:
    """Whether it makes a policy: a function of nothing, or of the environment."""
    names = list(inspect.signature(function).parameters)
    return not names or names[0] in _ENVIRONMENT


def _made(maker: Any, text: str, env: Any) -> Any:
    given = dict.fromkeys(_arguments_of(maker, _ENVIRONMENT, unnamed=False)[:1], env)
    try:
        return maker(**given)
    except Exception as error:
        what = "class" if inspect.isclass(maker) else "factory"
        known = "from the environment alone" if given else "without arguments"
        raise BadRequest(
            f"the policy {what} {text!r} cannot be made {known}: {error}",
            "An argument that is called env is given the environment.",
        ) from error


def _arguments_of(function: Any, names: tuple[str, ...], unnamed: bool = True) -> list[str]:
    """Which of the arguments `function` takes; `unnamed` is whether `**kwargs` takes them too."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # it is not written in Python
        return list(names) if unnamed else []
    takes_all = unnamed and any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    return [name for name in names if takes_all or name in parameters]


def _reset(policy: Any) -> None:
    reset = getattr(policy, "reset", None)
    if callable(reset):
        reset()


def _files(text: str) -> list[str]:
    """The file that the code, loaded already, is in."""
    place = text.rpartition(":")[0]
    path = place if place.endswith(".py") else getattr(sys.modules.get(place), "__file__", None)
    return [path] if path else []
