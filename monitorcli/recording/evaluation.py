"""What a run's file says of an evaluation: its plan, what was run twice, which episodes failed.

The file may be a stranger's: what is not of the right type is left out, here and once. docs/format.md, "Run".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from monitorcli.format.ends import ENDS
from monitorcli.format.environment import Environment, from_document

# Larger seeds the log has no room for; more episodes nobody runs.
_MOST_SEED, _MOST_EPISODES = 1 << 128, 1 << 62
# Repeats that differ, and errors, of one run that are taken up.
_MOST = 1000


class RecordedPlan(NamedTuple):
    """The plan of a run: `environment` has its policy and its versions too."""

    environment: Environment
    seed: int
    episodes: int
    reuse_env: bool
    num_envs: int | None
    threads: Mapping[str, str]

    @property
    def seeds(self) -> range:
        """The seeds of all episodes."""
        return range(self.seed, self.seed + self.episodes)


class Attempt(NamedTuple):
    """What one of two runs of an episode came to: how it ended, or the `error` that it raised.

    `end` is as in CSV; `trace` a hash of all actions, observations and rewards.
    """

    episode_return: float | None
    length: int | None
    end: str
    trace: str
    error: str


class Difference(NamedTuple):
    """An episode that was not the same when it was run again."""

    seed: int
    first: Attempt
    second: Attempt


class Repeats(NamedTuple):
    """The proof: so many `episodes` were run again, so many were `equal`. `error` is why none could be."""

    episodes: int = 0
    equal: int = 0
    different: tuple[Difference, ...] = ()
    error: str = ""


class EpisodeError(NamedTuple):
    """An episode that raised or ended its workers."""

    seed: int
    error: str
    place: str
    traceback: str


class PlannedRun(NamedTuple):
    """What a run with a plan says of itself.

    `shard` is which part of how many it was to run. `starts` are so many episodes, and how many different
    first observations they had. `failed` may be more than the `errors` that are kept.
    """

    plan: RecordedPlan
    shard: tuple[int, int]
    repeats: Repeats
    starts: tuple[int, int]
    failed: int
    errors: tuple[EpisodeError, ...]


def planned_run(how: Mapping[str, Any]) -> PlannedRun | None:
    """Read what `how`, a run's file, says; None without a sound plan. Raises nothing."""
    plan = _plan(how.get("plan"))
    if plan is None:
        return None
    errors = tuple(filter(None, map(_error, _list(how.get("errors")))))
    starts = _mapping(how.get("first_observations"))
    return PlannedRun(
        plan=plan,
        shard=_shard(how.get("shard")),
        repeats=_repeats(_mapping(how.get("repeats"))),
        starts=(_count(starts.get("episodes")) or 0, _count(starts.get("different")) or 0),
        failed=max(len(errors), _count(how.get("failed")) or 0),
        errors=errors,
    )


def _plan(said: Any) -> RecordedPlan | None:
    if not isinstance(said, dict) or not isinstance(said.get("env"), str):
        return None
    seed, episodes = _seed(said.get("seed")), _count(said.get("episodes"))
    if seed is None or not episodes or seed + episodes > _MOST_SEED:
        return None
    return RecordedPlan(
        environment=from_document(said["env"], "", {**said, "versions": texts(said.get("versions"))}),
        seed=seed,
        episodes=episodes,
        reuse_env=said.get("reuse_env") is True,
        num_envs=_count(said.get("num_envs")),
        threads=texts(said.get("threads")),
    )


def _shard(said: Any) -> tuple[int, int]:
    found = re.fullmatch(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,8})", said) if isinstance(said, str) else None
    number, total = (int(found[1]), int(found[2])) if found else (1, 1)
    return (number, total) if number <= total else (1, 1)


def _repeats(said: Mapping[str, Any]) -> Repeats:
    found = [_mapping(one) for one in _list(said.get("different"))]
    different = tuple(
        Difference(seed, _attempt(one.get("first")), _attempt(one.get("second")))
        for one in found
        if (seed := _seed(one.get("seed"))) is not None
    )
    # A file that names a difference has not proved what it claims besides.
    episodes = max(len(different), _count(said.get("episodes")) or 0)
    equal = min(_count(said.get("equal")) or 0, episodes - len(different))
    return Repeats(episodes, equal, different, _text(said.get("error")))


def _attempt(said: Any) -> Attempt:
    one = _mapping(said)
    try:
        value = float.fromhex(one["return"])
    except (KeyError, TypeError, ValueError, OverflowError):
        value = None
    end = one.get("end")
    word = ENDS[end].kind if type(end) is int and end in ENDS else ""
    return Attempt(value, _count(one.get("length")), word, _text(one.get("trace")), _text(one.get("error")))


def _error(said: Any) -> EpisodeError | None:
    one = _mapping(said)
    seed = _seed(one.get("seed"))
    if seed is None:
        return None
    return EpisodeError(seed, *(_text(one.get(name)) for name in ("error", "place", "traceback")))


def texts(said: Any) -> dict[str, str]:
    """A dictionary's texts; nothing else of it."""
    if not isinstance(said, Mapping):
        return {}
    return {name: text for name, text in said.items() if isinstance(text, str)}


def _mapping(said: Any) -> Mapping[str, Any]:
    return said if isinstance(said, dict) else {}


def _list(said: Any) -> list[Any]:
    return said[:_MOST] if isinstance(said, list) else []


def _text(said: Any) -> str:
    return said if isinstance(said, str) else ""


def _count(said: Any) -> int | None:
    return said if type(said) is int and 0 <= said < _MOST_EPISODES else None


def _seed(said: Any) -> int | None:
    return said if type(said) is int and 0 <= said < _MOST_SEED else None
