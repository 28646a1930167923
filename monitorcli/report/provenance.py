"""Where a recording comes from, in words: folders, commits, versions, arguments, policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitorcli.format.environment import Environment
from monitorcli.recording.model import Run
from monitorcli.report.text import printable

_LONGEST = 1000  # characters of a value
_COMMIT = 7  # digits, as git shortens it
_HASH = 12


def directory(run: Run) -> str:
    """The folder in which it was started; "" when nobody knows."""
    return _text(_of(run).get("directory"))


def commit(run: Run) -> str:
    """`commit 3f9a1c2, dirty`; "" outside of git."""
    git = _mapping(_of(run).get("git"))
    found = printable(_text(git.get("commit"))[:_COMMIT])
    return f"commit {found}{', dirty' if git.get('dirty') is True else ''}" if found else ""


def host(run: Run) -> str:
    """The computer's name; "" when nobody knows."""
    lease = _mapping(run.how.get("lease"))
    return _text(_of(run).get("host")) or _text(lease.get("host"))


def recorder(run: Run) -> str:
    """`monitorcli 0.2.0, python 3.11.7`."""
    return versions(_mapping(_of(run).get("versions"))) or printable(run.recorder, limit=_LONGEST)


def versions(of: Mapping[str, Any]) -> str:
    """`python 3.11.7, gymnasium 1.0.0`."""
    return _text([f"{name} {version}" for name, version in of.items()])


def arguments(environment: Environment) -> str:
    """`max_episode_steps=200, continuous=True`: as they would be typed."""
    return _text([f"{name}={_inner(value)}" for name, value in environment.arguments.items()])


def policy(environment: Environment) -> str:
    """`ppo.zip (SHA-256 3f9a1c2b77aa)`: its name and the beginning of its hash; "" without a policy."""
    if environment.policy is None:
        return ""
    known = f" (SHA-256 {environment.policy_hash[:_HASH]})" if environment.policy_hash else ""
    return _text(environment.policy + known)


def value(of: Any) -> str:
    """A value of a run's file: what is nested stands in one line, and what is nested deeper is left out."""
    if isinstance(of, dict):
        return _text([f"{key} {_inner(one)}" for key, one in of.items() if one is not None])
    return _text(of)


def _of(run: Run) -> Mapping[str, Any]:
    return _mapping(run.how.get("provenance"))


def _mapping(of: Any) -> Mapping[str, Any]:
    return of if isinstance(of, Mapping) else {}


def _text(of: Any) -> str:
    if of is None:
        return ""
    joined = ", ".join(map(_inner, of)) if isinstance(of, list) else _inner(of)
    return printable(joined, limit=_LONGEST)


def _inner(of: Any) -> str:
    return "…" if isinstance(of, (list, dict)) else str(of)
