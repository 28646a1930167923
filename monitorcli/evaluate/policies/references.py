"""Policies that are Python code: `random`, `path/to/file.py:name` and `package.module:name`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

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
        return self.env.action_space.sample()


class Code(NamedTuple):
    """What the user's code gives; `remake` makes one for another environment, if it wants to know that."""

    given: Any
    remake: Callable[[Any], Any] | None = None


class _CodePolicy(Policy):
    def __init__(
        self, asked: PolicyRequest, env: Any, code: Code, kind: str, files: list[str], algorithm: str | None
    ) -> None:
        self._given, self._remake = code
        super().__init__(asked, env, kind, files, algorithm)

    def begin(self, env: Any, seed: int) -> None:
        """Begin an episode in `env`; what was made for another environment is made anew."""
        if self._remake and env is not self.env:
            self._given = self._remake(env)
        super().begin(env, seed)

    def _forget(self, seed: int) -> None:
        reset = getattr(self._given, "reset", None)
        if callable(reset):
            reset()


class FunctionPolicy(_CodePolicy):
    """A function of the observation, or an object that can be called like one."""

    def __init__(self, asked: PolicyRequest, env: Any, code: Code) -> None:
        if not asked.deterministic:
            raise BadRequest(
                f"--stochastic is for a policy with predict(observation, deterministic=...), "
                f"and {asked.reference!r} is a function of the observation.",
                "It is called as it is, and may draw its actions itself.",
            )
        super().__init__(asked, env, code, "function", _files(asked.reference), None)

    def _action(self, observation: Any) -> Any:
        return self._given(observation)


class PredictPolicy(_CodePolicy):
    """An object with Stable-Baselines3's predict; what it gives as state it gets back within the episode."""

    takes_batches = True
    _draws = True  # random numbers, unless it is deterministic

    def __init__(
        self, asked: PolicyRequest, env: Any, code: Code, files: list[str], algorithm: str | None = None
    ) -> None:
        super().__init__(asked, env, code, "sb3" if algorithm else "predict", files, algorithm)
        self._takes = _arguments_of(code.given.predict, _OF_PREDICT)
        self._state, self._start = None, True
        if not asked.deterministic and "deterministic" not in self._takes:
            raise BadRequest(
                f"--stochastic is not for {asked.reference!r}: its predict has no argument `deterministic`."
            )

    def act_on_batch(self, observations: Any, starts: Any, envs: Sequence[Any]) -> Any:
        """An action for each observation."""
        return self._predicted(observations, starts, envs)

    def _check_batch(self, asked: PolicyRequest, env: Any) -> None:
        super()._check_batch(asked, env)
        if not asked.deterministic and self._draws:
            raise BadRequest(
                "--stochastic does not go with --num-envs: a batch draws for all its episodes at once, "
                "and each would depend on the others.",
                "More cores are used with --workers.",
            )
        why = "is made for one environment" if self._remake else "has a reset, which is for one episode"
        if self._remake or callable(getattr(self._given, "reset", None)):
            raise BadRequest(
                f"--num-envs is not for {asked.reference!r}, which {why}.",
                "What predict gives as state is kept for each episode.",
            )

    def _forget(self, seed: int) -> None:
        super()._forget(seed)
        self._state, self._start = None, True
        if getattr(self._given, "use_sde", False):  # its noise lasts until it is drawn anew
            self._given.policy.reset_noise(1)
        if isinstance(getattr(self._given, "action_space", None), spaces.Space):  # DQN explores with it
            self._given.action_space.seed(seed)

    def _action(self, observation: Any) -> Any:
        starts, self._start = np.array([self._start]), False
        return self._predicted(observation, starts, (self.env,))

    def _predicted(self, observation: Any, starts: Any, envs: Sequence[Any]) -> Any:
        """What `predict` gives for one observation, or for a batch."""
        predicted = self._given.predict(observation, **self._told(starts, envs))
        if isinstance(predicted, tuple) and len(predicted) == 2:
            predicted, self._state = predicted
        return predicted

    def _told(self, starts: Any, envs: Sequence[Any]) -> dict[str, Any]:
        """What `predict` is told beside the observations."""
        told = {
            "state": self._state,
            "episode_start": starts,
            "deterministic": self.identity["deterministic"],
        }
        return {name: told[name] for name in self._takes}


def from_reference(asked: PolicyRequest, env: Any) -> Policy:
    """The policy that code gives: a function, an object, or a class or factory of such. Raises BadRequest."""
    found = load_reference(asked.reference, "the policy")
    code = Code(found)
    if inspect.isclass(found) or (inspect.isfunction(found) and _is_factory(found)):
        code = _made(found, asked.reference, env)
    if callable(getattr(code.given, "predict", None)):
        return PredictPolicy(asked, env, code, _files(asked.reference))
    if callable(code.given):
        return FunctionPolicy(asked, env, code)
    raise BadRequest(
        f"the policy {asked.reference!r} is a {type(code.given).__name__}, neither callable nor with a "
        "predict method.",
        "Name a function from observation to action.",
    )


def _is_factory(function: Any) -> bool:
    """Whether it makes a policy: a function of nothing, or of the environment."""
    names = list(inspect.signature(function).parameters)
    return not names or names[0] in _ENVIRONMENT


def _made(maker: Any, text: str, env: Any) -> Code:
    wanted = _arguments_of(maker, _ENVIRONMENT, unnamed=False)[:1]

    def make(env: Any) -> Any:
        return maker(**dict.fromkeys(wanted, env))

    try:
        return Code(make(env), make if wanted else None)
    except Exception as error:
        what = "class" if inspect.isclass(maker) else "factory"
        known = "from the environment alone" if wanted else "without arguments"
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


def _files(text: str) -> list[str]:
    """The file that the code, loaded already, is in."""
    place = text.rpartition(":")[0]
    path = place if place.endswith(".py") else getattr(sys.modules.get(place), "__file__", None)
    return [path] if path else []
