"""Some of a recording's episodes: of a series, a mode, a run, a slot; the last N; window after window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from monitorcli.recording.model import Recording
    from monitorcli.recording.parts import Episodes, Series

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which episodes count; None of anything leaves nothing out.

    `env` is a pattern of environment ids, `series` the name of a series, `run` the number of a run, `slot`
    that of an environment within its writer. `last` is a number of completed episodes of each series, by
    start.
    """

    env: str | None = None
    mode: str | None = None
    series: str | None = None
    run: int | None = None
    slot: int | None = None
    last: int | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self == Selection()

    @property
    def words(self) -> str:
        """`the last 100 completed episodes of evaluation mode, run 2`."""
        last = "" if self.last is None else f"the last {self.last:,} completed "
        named = [
            f"{value} mode"
            if name == "mode"
            else f"environment {value}"
            if name == "env"
            else f"{name} {value}"
            for name in ("series", "env", "mode", "run", "slot")
            if (value := getattr(self, name)) is not None
        ]
        return f"{last}episodes" + (f" of {', '.join(named)}" if named else "")

    def takes(self, series: Series) -> bool:
        """Whether episodes of this series may count."""
        return (
            self.series in (None, series.name)
            and self.mode in (None, series.mode)
            and (self.env is None or fnmatchcase(series.env_id, self.env))
        )

    def rows(self, recording: Recording, series: int) -> Rows:
        """The rows of this series that count, ascending: incomplete episodes among them stay, to be shown."""
        episodes = recording.episodes
        if not self.takes(recording.series[series]):
            return np.zeros(0, np.intp)
        rows = (
            np.arange(len(episodes))
            if len(recording.series) == 1
            else np.flatnonzero(episodes.series == series)
        )
        if self.run is not None:
            of_run = np.array([writer.run == self.run for writer in recording.writers], bool)
            rows = rows[of_run[episodes.writer[rows]]]
        if self.slot is not None:
            rows = rows[episodes.slot[rows] == self.slot]
        if self.last is not None:
            completed = rows[episodes.completed[rows]]
            first = completed[-self.last] if len(completed) > self.last else 0
            rows = rows[rows >= first]
        return rows

    def all_rows(self, recording: Recording) -> Rows:
        """The rows that count, of every series, ascending."""
        parts = [self.rows(recording, series) for series in range(len(recording.series))]
        return np.sort(np.concatenate(parts)) if len(parts) > 1 else parts[0]


def take(episodes: Episodes, rows: Rows) -> Episodes:
    """The episodes of these rows."""
    return replace(episodes, **{of.name: getattr(episodes, of.name)[rows] for of in fields(episodes)})


def windows(episodes: Episodes, size: int) -> Iterator[Rows]:
    """Rows of `size` completed episodes after another, by start; the last window may have fewer."""
    completed = np.flatnonzero(episodes.completed)
    for first in range(0, len(completed), size):
        yield completed[first : first + size]
