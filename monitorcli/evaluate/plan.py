"""The plan: all that decides what the episodes of an evaluation are, known before the first one runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from monitorcli.format.environment import Environment

# Versions of the key `plan` in a run's file, newest last. 1: first version.
VERSION = 1
# What one evaluation may change and still be the same; how it has changed is compared by itself.
_MAY_GROW = ("version", "episodes")


class Plan(NamedTuple):
    """The episodes with the seeds `seed` to `seed + episodes - 1`, of the policy and environment in `about`.

    Episode i has the seed `seed + i`. `reuse_env`: one environment for many episodes, not a fresh one for
    each. `threads` are the variables for BLAS and torch that the user set.
    """

    about: Environment
    seed: int
    episodes: int
    reuse_env: bool = False
    threads: Mapping[str, str] = {}

    @property
    def seeds(self) -> range:
        """The seeds of all episodes."""
        return range(self.seed, self.seed + self.episodes)

    def document(self) -> dict[str, Any]:
        """The key `plan` of a run's file."""
        about = self.about
        return {
            "version": VERSION,
            "env": about.env_id,
            "arguments": {**about.arguments},
            "policy": about.policy,
            "policy_hash": about.policy_hash,
            "seed": self.seed,
            "episodes": self.episodes,
            "reuse_env": self.reuse_env,
            "threads": {**self.threads},
            "versions": {"gymnasium": about.gym_version, **about.versions},
        }


def changes(known: Any, plan: Plan) -> list[tuple[str, str, str]]:
    """In what `plan` differs from the one that a run's file has: what, as it was, and as it is.

    What the file does not say differs from nothing, and there may be more episodes.
    """
    if not isinstance(known, dict):
        return []
    before, now = _flat(known), _flat(plan.document())
    names = [name for name in now if name in before and name not in _MAY_GROW]
    return [(name, before[name], now[name]) for name in names if before[name] != now[name]]


def _flat(document: Mapping[str, Any]) -> dict[str, str]:
    """Each value as text; of the versions each by itself."""
    found = {name: value for name, value in document.items() if name != "versions"}
    versions = document.get("versions")
    if isinstance(versions, dict):
        found.update({f"version of {name}": value for name, value in versions.items()})
    return {
        name: value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        for name, value in found.items()
    }
