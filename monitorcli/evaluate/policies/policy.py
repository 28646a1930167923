"""What every policy has in common: it begins an episode, gives an action, and says what it is."""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from monitorcli.evaluate.policies.actions import check_action


class PolicyRequest(NamedTuple):
    """The policy that the user asks for.

    `vecnormalize` is the file of VecNormalize's statistics, or "none" if the policy needs none; None if
    nothing was said. `trusted` is a zip whose code may be run.
    """

    reference: str
    deterministic: bool = True
    vecnormalize: str | None = None
    trusted: bool = False


class Policy:
    """A policy for one environment at a time.

    `env` may be replaced between two episodes by another environment like it. `identity` says in JSON
    values what the policy is: reference, kind, algorithm, deterministic, sha256 (of its files; None for
    what is in none) and files (the SHA-256 of each).
    """

    def __init__(
        self,
        asked: PolicyRequest,
        env: Any,
        kind: str,
        files: Sequence[str] = (),
        algorithm: str | None = None,
    ) -> None:
        self.env = env
        self._space = env.action_space
        hashes = {path: _sha256(path) for path in files}
        self.identity: dict[str, Any] = {
            "reference": asked.reference,
            "kind": kind,
            "algorithm": algorithm,
            "deterministic": asked.deterministic,
            "sha256": _together(list(hashes.values())),
            "files": hashes,
        }

    def begin(self, seed: int) -> None:
        """Begin an episode: forget the last one, and seed everything that the policy may draw from."""
        random.seed(seed)
        np.random.seed(seed % (1 << 32))
        if "torch" in sys.modules:
            sys.modules["torch"].manual_seed(seed % (1 << 63))
        self._space = self.env.action_space
        self._space.seed(seed)
        self._forget(seed)

    def act(self, observation: Any) -> Any:
        """The action for one observation. Raises BadRequest if it is none of the environment's."""
        action = self._action(observation)
        check_action(action, self._space, self.identity["reference"])
        return action

    def _forget(self, seed: int) -> None:
        """Forget the last episode; called when the global random generators are seeded."""

    def _action(self, observation: Any) -> Any:
        raise NotImplementedError


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def _together(hashes: list[str]) -> str | None:
    """One hash: that of the file if there is one, else of the files' hashes."""
    if len(hashes) < 2:
        return hashes[0] if hashes else None
    return hashlib.sha256("".join(hashes).encode()).hexdigest()
