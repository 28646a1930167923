"""The plan: all that decides what the episodes of an evaluation are, known before the first one runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from monitorcli.format.environment import Environment

# Stands behind the name of a policy that draws its actions.
DRAWN = " --stochastic"
# Versions of the key `plan` in a run's file, newest last. 1: first version.
VERSION = 1
# What is compared, and what it is called; the versions are compared each by itself.
_COMPARED = {
    "env": "environment",
    "arguments": "arguments",
    "policy": "policy",
    "policy_hash": "SHA-256 of the policy's file",
    "seed": "--seed",
    "reuse_env": "--reuse-env",
    "num_envs": "--num-envs",
    "threads": "threads",
}
# Those of them that a series has too.
OF_SERIES = frozenset(_COMPARED[name] for name in ("env", "arguments", "policy", "policy_hash"))


class Plan(NamedTuple):
    """The episodes with the seeds `seed` to `seed + episodes - 1`, of the policy and environment in `about`.

    Episode i has the seed `seed + i`. `reuse_env`: one environment for many episodes, not a fresh one for
    each. `threads` are the variables for BLAS and torch that the user set. `num_envs` observations are given
    to the policy at once.
    """

    about: Environment
    seed: int
    episodes: int
    reuse_env: bool = False
    threads: Mapping[str, str] = {}
    num_envs: int = 1

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
            "num_envs": self.num_envs,
            "threads": {**self.threads},
            "versions": {"gymnasium": about.gym_version, **about.versions},
        }


def changes(known: Any, plan: Plan) -> list[tuple[str, str, str]]:
    """In what `plan` differs from the one that a run's file has: what, as it was, and as it is.

    What the file does not say differs from nothing, and there may be more episodes.
    """
    if not isinstance(known, dict):
        return []
    known, now = {"num_envs": 1, **known}, plan.document()
    names = [
        name for name in _COMPARED if name in known and not (name == "policy" and _same_name(known, now))
    ]
    found = [(_COMPARED[name], _text(known[name]), _text(now[name])) for name in names]
    versions = known.get("versions")
    if isinstance(versions, dict):
        both = [name for name in now["versions"] if name in versions]
        found += [(f"version of {name}", _text(versions[name]), now["versions"][name]) for name in both]
    return [change for change in found if change[1] != change[2]]


def _same_name(known: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether the policies differ in no more than where their files are, which their hashes tell apart."""
    names = [without_file(_text(one.get("policy"))) for one in (known, now)]
    return known.get("policy_hash") is not None and names[0] == names[1]


def without_file(policy: str) -> str:
    """What of a policy's name is not its file: `act` of `a/policy.py:act`, ` --stochastic` behind a zip's."""
    _, colon, name = policy.rpartition(":")
    if colon:
        return name
    return DRAWN if policy.endswith(DRAWN) else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
