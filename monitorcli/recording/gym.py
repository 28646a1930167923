"""Gym's stats file: its parallel lists, checked, as records of the episode log. Gym's words end here.

Also reads our own `stats.json`, which has Gym's lists and a few beside them, when a log is lost.
Keys and clocks: gym 0.1.0 to 0.22, `gym/wrappers/monitoring/stats_recorder.py`.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from monitorcli.errors import BadFile
from monitorcli.format import log
from monitorcli.format.ends import TERMINATED, TRUNCATED
from monitorcli.format.json_files import MOST_STATS
from monitorcli.format.log import MOST_STEPS
from monitorcli.recording.folder import Folder, number
from monitorcli.recording.gym_modes import modes_of, read_types
from monitorcli.recording.records import Records

# Any clock that shows less than this (September 2001) counts from a machine's start.
_DATED = 1e9


@dataclass(frozen=True, slots=True)
class Batch:
    """The episodes of one stats file; columns of shape (n,), times in the clock of whoever wrote it.

    `surplus` is how many resets had no episode that ended; 0 before gym 0.3, which did not write it.
    """

    first_reset: float | None
    ended_at: npt.NDArray[np.float64]
    episode_return: npt.NDArray[np.float64]
    length: npt.NDArray[np.int64]
    mode: npt.NDArray[np.bytes_]
    end: npt.NDArray[np.uint8]
    seeds: list[int | None]
    surplus: int
    incomplete: int
    ours: bool

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
                found["seeded"][row] = log.SEED_GIVEN
        return found


def read_batch(folder: Folder, name: str) -> Batch:
    """Read and check one stats file; raises BadFile when its episodes cannot be had."""
    document = folder.json(name, MOST_STATS)
    ended_at = _column(document, "timestamps", name, {int, float})
    count = len(ended_at)
    lengths = _lengths(document, name)
    returns = _column(document, "episode_rewards", name, {int, float, type(None)})
    if min(len(lengths), len(returns)) < count:
        raise BadFile(f"{name}: {count} episodes, but {len(lengths)} lengths and {len(returns)} returns")
    if max(len(lengths), len(returns)) > count:
        # Gym was interrupted between two lists, or somebody edited them.
        folder.notes.append(f"{name}: has more lengths or returns than times; the surplus is left out.")
    types = read_types(document, name, folder)
    incomplete, seeds = document.get("incomplete"), document.get("episode_seeds")
    return Batch(
        first_reset=number(document.get("initial_reset_timestamp")),
        ended_at=ended_at,
        episode_return=returns[:count],
        length=lengths[:count],
        mode=modes_of(types, count, name, folder),
        end=_ends(document, lengths[:count], types is None, name, folder),
        seeds=[_seed(seed) for seed in seeds] if isinstance(seeds, list) else [],
        surplus=0 if types is None else max(0, len(types) - count),
        incomplete=incomplete if type(incomplete) is int and incomplete > 0 else 0,
        ours="episode_ends" in document,
    )


def _column(
    document: dict[str, Any], key: str, name: str, allowed: set[type], of: str = "numbers"
) -> npt.NDArray[Any]:
    """The list of that name as float64, or as int64 where only integers are allowed."""
    values = document.pop(key, None)  # freed while the next one is made
    if isinstance(values, list) and set(map(type, values)) <= allowed:
        with contextlib.suppress(OverflowError):
            return np.array(values, np.int64 if allowed == {int} else np.float64)
    raise BadFile(f"{name}: {key} is not a list of {of}")


def _lengths(document: dict[str, Any], name: str) -> npt.NDArray[np.int64]:
    lengths = _column(document, "episode_lengths", name, {int}, "lengths")
    if ((lengths < 0) | (lengths > MOST_STEPS)).any():
        raise BadFile(f"{name}: episode_lengths is not a list of lengths")
    return lengths


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
        for code, word in ((log.END_TERMINATED, TERMINATED), (log.END_TRUNCATED, TRUNCATED)):
            ends[[row for row, one in enumerate(said[: len(ends)]) if one == word]] = code
    elif is_oldest and len(lengths):
        ends[lengths == 0] = log.CUT_RESET
        folder.notes.append(
            f"{name}: Gym before 0.3 wrote an episode that was cut off like one that had ended; "
            "the last may be incomplete."
        )
    return ends


def _seed(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 1 << 128 else None
