"""What every policy has in common: it begins an episode, gives an action, and says what it is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from gymnasium import spaces

from monitorcli.errors import BadRequest
from monitorcli.evaluate.policies.actions import action_test, no_action


class PolicyRequest(NamedTuple):
    """The policy that the user asks for.

    `vecnormalize` is the file of VecNormalize's statistics, or "none" if the policy needs none; None if
    nothing was said. `trusted` is a zip whose code may be run. It is given `num_envs` observations at once,
    1 or at least 4.
    """

    reference: str
    deterministic: bool = True
    vecnormalize: str | None = None
    trusted: bool = False
    num_envs: int = 1


class Policy:
    """A policy, loaded for an environment; each episode may be in another environment like it.

    `identity` says in JSON
    values what the policy is: reference, kind, algorithm, deterministic, sha256 (of its files; None for
    what is in none) and files (the SHA-256 of each).
    """

    takes_batches = False

    def __init__(
        self,
        asked: PolicyRequest,
        env: Any,
        kind: str,
        files: Sequence[str] = (),
        algorithm: str | None = None,
    ) -> None:
        if asked.num_envs > 1:
            self._check_batch(asked, env)
        self.env = env
        hashes = {path: _sha256(path) for path in files}
        self.identity: dict[str, Any] = {
            "reference": asked.reference,
            "kind": kind,
            "algorithm": algorithm,
            "deterministic": asked.deterministic,
            "sha256": _together(list(hashes.values())),
            "files": hashes,
        }

    def begin(self, env: Any, seed: int) -> None:
        """Begin an episode in `env`: forget the last one. The global random generators were seeded before."""
        self.env = env
        self._is_action = action_test(env.action_space)
        self._forget(seed)

    def act(self, observation: Any) -> Any:
        """The action for one observation. Raises BadRequest if it is none of the environment's."""
        action = self._action(observation)
        if not self._is_action(action):
            raise no_action(action, self.env.action_space, self.identity["reference"])
        return action

    def act_on_batch(self, observations: Any, starts: Any, envs: Sequence[Any]) -> Any:
        """An action for each of `num_envs` observations, unchecked.

        `observations` is an array, or a dictionary of arrays, with one row for each of `envs`; `starts`, an
        array of bool, says which are the first of an episode.
        """
        raise NotImplementedError

    def _check_batch(self, asked: PolicyRequest, env: Any) -> None:
        """Raise BadRequest if it cannot be given many observations at once."""
        if not self.takes_batches:
            raise BadRequest(
                f"--num-envs is not for {asked.reference!r}, which gives one action at a time.",
                "It is for models and for objects with predict. More cores are used with --workers.",
            )
        if not _has_rows(env.observation_space):
            raise BadRequest(
                f"--num-envs is not for observations that make no array of rows: {env.observation_space}."
            )

    def _forget(self, seed: int) -> None:
        """Forget the last episode; called when the global random generators are seeded."""

    def _action(self, observation: Any) -> Any:
        raise NotImplementedError


def _has_rows(space: Any) -> bool:
    """Whether observations of this space can be put together as rows of arrays."""
    if isinstance(space, spaces.Dict):
        return all(map(_has_rows, space.values()))
    return isinstance(space, (spaces.Box, spaces.Discrete, spaces.MultiBinary, spaces.MultiDiscrete))


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def _together(hashes: list[str]) -> str | None:
    """One hash: that of the file if there is one, else of the files' hashes."""
    if len(hashes) < 2:
        return hashes[0] if hashes else None
    return hashlib.sha256("".join(hashes).encode()).hexdigest()
