"""Gym's stats file: its parallel lists, checked, as records of the episode log. Gym's words end here.

Also reads our own `stats.json`, which has Gym's lists and a few beside them, when a log is lost.
Keys and clocks: gym 0.1.0 to 0.22, `gym/wrappers/monitoring/stats_recorder.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from monitorcli.errors import BadFile
from monitorcli.format import log
from monitorcli.format.json_files import MOST_STATS
from monitorcli.format.log import MOST_STEPS
from monitorcli.recording.folder import Folder, number
from monitorcli.recording.modes import attribute
from monitorcli.recording.records import Records

# Any clock that shows less than this (September 2001) counts from a machine's start.
_DATED = 1e9

_ENDS = {"terminated": log.END_TERMINATED, "truncated": log.END_TRUNCATED}


@dataclass(frozen=True, slots=True)
class Batch:
    """The episodes of one stats file; columns of shape (n,), times in the clock of whoever wrote it.

    `resets` is how many resets there were, None when that was not written (before gym 0.3).
    """

    first_reset: float | None
    ended_at: npt.NDArray[np.float64]
    episode_return: npt.NDArray[np.float64]
    length: npt.NDArray[np.int64]
    mode: npt.NDArray[np.bytes_]
    end: npt.NDArray[np.uint8]
    seeds: list[int | None]
    resets: int | None
    incomplete: int
    ours: bool

    @property
    def surplus(self) -> int:
        """How many resets had no episode that ended."""
        return 0 if self.resets is None else max(0, self.resets - len(self.ended_at))

    @property
    def dated(self) -> bool:
        """Whether the times are dates; gym 0.21 and 0.22 wrote seconds since the machine's start."""
        times = [*self.ended_at[:1], *([] if self.first_reset is None else [self.first_reset])]
        return all(time >= _DATED for time in times)

    def records(self) -> Records:
        """The episodes as `log.RECORD`s: each begins where the one before it ended."""
        found = np.zeros(len(self.ended_at), log.RECORD)
        first = np.nan if self.first_reset is None else self.first_reset
        began = np.concatenate([[first], self.ended_at[:-1]])[: len(found)]
        found["number"] = np.arange(len(found))
        found["return"], found["length"] = self.episode_return, self.length
        found["started_at"] = began if self.dated else np.nan
        with np.errstate(over="ignore", invalid="ignore"):  # JSON of Gym's may hold Infinity
            found["duration"] = self.ended_at - began
        found["end"], found["mode"], found["success"] = self.end, self.mode, -1
        for row, seed in enumerate(self.seeds[: len(found)]):
            if seed is not None:
                found["seed"][row], found["seed_high"][row] = seed & (1 << 64) - 1, seed >> 64
                found["seeded"][row] = 1
        return found


def read_batch(folder: Folder, name: str, abandoned: Callable[[], Collection[int]] = tuple) -> Batch:
    """Read and check one stats file; raises BadFile when its episodes cannot be had.

    `abandoned` is asked, when modes are in doubt, for resets that are known to have had no episode.
    """
    document = folder.json(name, MOST_STATS)
    ended_at = _floats(document, "timestamps", name)
    count = len(ended_at)
    lengths = _lengths(document, name)
    returns = _floats(document, "episode_rewards", name, may_be_null=True)
    if min(len(lengths), len(returns)) < count:
        raise BadFile(f"{name}: {count} episodes, but {len(lengths)} lengths and {len(returns)} returns")
    if max(len(lengths), len(returns)) > count:
        # Gym was interrupted between two lists, or somebody edited them.
        folder.notes.append(f"{name}: has more lengths or returns than times; the surplus is left out.")
    types = _types(document, name, folder)
    incomplete, seeds = document.get("incomplete"), document.get("episode_seeds")
    return Batch(
        first_reset=number(document.get("initial_reset_timestamp")),
        ended_at=ended_at,
        episode_return=returns[:count],
        length=lengths[:count],
        mode=_modes(types, lengths[:count], name, folder, abandoned),
        end=_ends(document, lengths[:count], types is None, name, folder),
        seeds=[_seed(seed) for seed in seeds] if isinstance(seeds, list) else [],
        resets=None if types is None else len(types),
        incomplete=incomplete if type(incomplete) is int and incomplete > 0 else 0,
        ours="episode_ends" in document,
    )


def _floats(
    document: dict[str, Any], key: str, name: str, may_be_null: bool = False
) -> npt.NDArray[np.float64]:
    allowed = {int, float, type(None)} if may_be_null else {int, float}
    values = document.pop(key, None)  # freed while the next one is made
    try:
        if isinstance(values, list) and set(map(type, values)) <= allowed:
            return np.array(values, np.float64)
    except (OverflowError, TypeError, ValueError):
        pass
    raise BadFile(f"{name}: {key} is not a list of numbers")


def _lengths(document: dict[str, Any], name: str) -> npt.NDArray[np.int64]:
    values = document.pop("episode_lengths", None)
    try:
        if isinstance(values, list) and set(map(type, values)) <= {int}:
            lengths = np.array(values, np.int64)
            if not len(lengths) or (lengths.min() >= 0 and lengths.max() <= MOST_STEPS):
                return lengths
    except OverflowError:
        pass
    raise BadFile(f"{name}: episode_lengths is not a list of lengths")


def _types(document: dict[str, Any], name: str, folder: Folder) -> npt.NDArray[np.bytes_] | None:
    """The list of types as bytes, None when there is none; a bad one costs the modes and no more."""
    values = document.get("episode_types")
    if values is None:
        return None
    try:
        if isinstance(values, list) and set(values) <= {"t", "e"}:
            return np.frombuffer("".join(values).encode(), "S1")
    except TypeError:
        pass
    folder.problems.append(f"{name}: episode_types is not a list of t and e; the modes are not known")
    return np.zeros(0, "S1")


def _modes(
    types: npt.NDArray[np.bytes_] | None,
    lengths: npt.NDArray[np.int64],
    name: str,
    folder: Folder,
    abandoned: Callable[[], Collection[int]],
) -> npt.NDArray[np.bytes_]:
    count = len(lengths)
    if types is None:
        return np.zeros(count, "S1")
    modes = attribute(types, count)
    # With automatic resets the first film of an episode of one step has one frame, too.
    if len(types) > count and (modes == b"").any() and (lengths != 1).all():
        modes = attribute(types, count, abandoned())
    open_ones = np.flatnonzero(modes == b"")
    if len(open_ones) and len(types):
        shown = ", ".join(map(str, open_ones[:10].tolist())) + (" and others" if len(open_ones) > 10 else "")
        folder.notes.append(
            f"{name}: Gym wrote {len(types)} modes, one a reset, for {count} episodes, and not which reset "
            f"had none; the mode of its episodes {shown} (from 0) cannot be told{_likely(types, count)}."
        )
    return modes


def _likely(types: npt.NDArray[np.bytes_], count: int) -> str:
    """What the modes were if nobody set a mode and then played no episode in it, where that is one answer."""
    spans = [mode.decode() for mode, _ in groupby(types.tolist())]
    return f" (if every mode that was set was played in: {', '.join(spans)})" if len(spans) == count else ""


def _ends(
    document: dict[str, Any],
    lengths: npt.NDArray[np.int64],
    is_oldest: bool,
    name: str,
    folder: Folder,
) -> npt.NDArray[np.uint8]:
    """How each episode ended: as our batch says, else not known; without a step it was abandoned."""
    ends = np.full(len(lengths), log.END_UNKNOWN, np.uint8)
    said = document.get("episode_ends")
    if isinstance(said, list):
        for row, word in enumerate(said[: len(ends)]):
            ends[row] = _ENDS.get(word, log.END_UNKNOWN) if isinstance(word, str) else log.END_UNKNOWN
    elif is_oldest and len(lengths):
        ends[lengths == 0] = log.CUT_RESET
        folder.notes.append(
            f"{name}: Gym before 0.3 wrote an episode that was cut off like one that had ended; "
            "the last may be incomplete."
        )
    return ends


def _seed(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 1 << 128 else None
