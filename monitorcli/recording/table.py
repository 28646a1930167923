"""Put the episodes of many writers into the columns of one recording, in their one order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from monitorcli.format import log
from monitorcli.recording.family import Family
from monitorcli.recording.parts import Episodes

# The record's fields and the columns they become, each of the field's own type.
_COLUMNS: dict[str, tuple[str, Any]] = {
    "episode_return": ("return", np.float64),
    "length": ("length", np.int64),
    "started_at": ("started_at", np.float64),
    "duration": ("duration", np.float64),
    "end": ("end", np.uint8),
    "mode": ("mode", "S1"),
    "success": ("success", np.int8),
    "seed": ("seed", np.uint64),
    "seed_high": ("seed_high", np.uint64),
    "seeded": ("seeded", np.uint8),
    "slot": ("slot", np.uint32),
    "number": ("number", np.uint64),
}

# Rows for which room is made at once; a file may only claim to hold more.
_ROOM = 1 << 24

# The year 10000: what comes after is no date that Python can name.
_END_OF_TIME = 253_402_300_800.0


class Table:
    """The episodes of a recording, how many each run has, and which row is which writer's which number."""

    def __init__(self, families: Sequence[Family], runs: Sequence[int], plans: Mapping[int, str]) -> None:
        """`runs` has the run of each family, and is in ascending order; `plans` the plans of evaluations."""
        found, counts = _filled(families)
        self.counts: Counter[int] = Counter()
        for run, count in zip(runs, counts, strict=True):
            self.counts[run] += count
        self._numbers = _in_order(found, _spans(self.counts, plans))
        self.episodes = Episodes(**found)
        self._places: dict[int, tuple[npt.NDArray[Any], npt.NDArray[Any]]] = {}

    def row(self, writer: int, number: int) -> int | None:
        """The row of this writer's episode of this number, None when it has none."""
        if writer not in self._places:
            rows = np.flatnonzero(self.episodes.writer == writer)
            rows = rows[np.argsort(self._numbers[rows], kind="stable")]
            self._places[writer] = rows, self._numbers[rows]
        rows, numbers = self._places[writer]
        place = int(np.searchsorted(numbers, np.uint64(number)))
        return int(rows[place]) if place < len(rows) and int(numbers[place]) == number else None


class _Column:
    """A column to be filled from its first row on, which takes no memory while it is all one value."""

    def __init__(self, most: int, kind: Any) -> None:
        self._room = min(most, _ROOM)
        self._kind = np.dtype(kind)
        self._value = np.zeros((), self._kind)
        self._values: npt.NDArray[Any] | None = None

    def put(self, row: int, values: npt.NDArray[Any]) -> None:
        if not len(values):
            return
        if self._values is None:
            if row == 0:
                self._value = values[:1].copy()[0]
            if (values == self._value).all():
                return
            self._values = np.empty(max(self._room, row + len(values)), self._kind)
            self._values[:row] = self._value
        elif row + len(values) > len(self._values):
            grown = np.empty(2 * (row + len(values)), self._kind)
            grown[:row] = self._values[:row]
            self._values = grown
        self._values[row : row + len(values)] = values

    def done(self, count: int) -> npt.NDArray[Any]:
        if self._values is None:
            return np.broadcast_to(np.asarray(self._value, self._kind), (count,))
        return self._values[:count]


def _filled(families: Sequence[Family]) -> tuple[dict[str, npt.NDArray[Any]], list[int]]:
    """The columns of all families, one family after another, and how many rows each has."""
    most = sum(family.most for family in families)
    columns = {name: _Column(most, kind) for name, (_, kind) in _COLUMNS.items()}
    writers = _Column(most, np.uint32)
    counts, row = [], 0
    for index, family in enumerate(families):
        first = row
        for records in family.chunks():
            for name, (field, _) in _COLUMNS.items():
                columns[name].put(row, records[field])
            writers.put(row, np.full(len(records), index, np.uint32))
            row += len(records)
        counts.append(row - first)
    found = {name: column.done(row) for name, column in columns.items()}
    found["writer"] = writers.done(row)
    found["series"] = np.broadcast_to(np.uint32(0), (row,))  # until they are found
    found["started_at"] = _dates(found["started_at"])
    found["duration"] = _finite(found["duration"])
    return found, counts


def _spans(counts: Mapping[int, int], plans: Mapping[int, str]) -> list[tuple[int, bool]]:
    """How many rows are sorted together, and whether by seed: a run's, or runs' in a row of one plan."""
    spans: list[tuple[int, bool]] = []
    before = None
    for run, count in counts.items():
        plan = plans.get(run)
        if plan is not None and plan == before:
            spans[-1] = (spans[-1][0] + count, True)
        else:
            spans.append((count, plan is not None))
        before = plan
    return spans


def _in_order(found: dict[str, npt.NDArray[Any]], spans: Sequence[tuple[int, bool]]) -> npt.NDArray[Any]:
    """Sort the rows of each span, in place; takes the numbers out and gives them back.

    One writer's by number; those of several by start, number and writer. With a plan by seed: whoever ran
    episode i, and when, it is the one with the plan's seed number i. Of several attempts at one seed the
    first that was completed is the episode, and the others are behind all.
    """
    first, order = 0, None
    for count, by_seed in spans:
        rows = slice(first, first + count)
        number, writer, started_at = found["number"][rows], found["writer"][rows], found["started_at"][rows]
        alone = bool((writer == writer[:1]).all())
        key = number if alone else started_at
        if by_seed or not (key[1:] >= key[:-1]).all():
            order = np.arange(len(found["number"])) if order is None else order
            if by_seed:
                order[rows] = first + _by_seed({name: column[rows] for name, column in found.items()})
            else:
                keys: Sequence[Any] = (number,) if alone else (writer, number, started_at)
                order[rows] = first + np.lexsort(keys)
        first += count
    if order is not None:
        for name, column in found.items():
            if column.strides != (0,):
                found[name] = column[order]
    return found.pop("number")


def _by_seed(of: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.intp]:
    """The order of a plan's episodes: one for each seed, then the other attempts at these seeds."""
    high, low = of["seed_high"], of["seed"]
    order = np.lexsort((of["writer"], of["started_at"], of["end"] >= log.CUT_RESET, low, high))
    again = np.zeros(len(order), bool)
    again[1:] = (low[order][1:] == low[order][:-1]) & (high[order][1:] == high[order][:-1])
    return np.concatenate([order[~again], order[again]])


def _dates(times: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Times that are dates, NaN for those that are not."""
    with np.errstate(invalid="ignore"):
        sound = (times > 0) & (times < _END_OF_TIME)
    return times if sound.all() else np.where(sound, times, np.nan)


def _finite(seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    sound = np.isfinite(seconds)
    return seconds if sound.all() else np.where(sound, seconds, np.nan)
