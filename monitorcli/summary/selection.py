"""Some of a recording's episodes: those of a mode, the last N, or one window after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from monitorcli.format import modes

if TYPE_CHECKING:
    from monitorcli.recording.model import Episodes

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which episodes count. `last` is a number of completed ones, by start; None of either means all."""

    mode: str | None = None
    last: int | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self.mode is None and self.last is None

    @property
    def words(self) -> str:
        """`the last 100 completed episodes of evaluation`."""
        last = "" if self.last is None else f"the last {self.last:,} completed "
        return f"{last}episodes" + ("" if self.mode is None else f" of {self.mode} mode")

    def rows(self, episodes: Episodes) -> Rows:
        """The rows that count, ascending: incomplete episodes among them stay, to be shown."""
        rows = np.arange(len(episodes))
        if self.mode is not None:
            rows = rows[episodes.mode == modes.READ[self.mode]]
        if self.last is not None:
            completed = rows[episodes.completed[rows]]
            first = completed[-self.last] if len(completed) > self.last else 0
            rows = rows[rows >= first]
        return rows


def take(episodes: Episodes, rows: Rows) -> Episodes:
    """The episodes of these rows."""
    return replace(episodes, **{of.name: getattr(episodes, of.name)[rows] for of in fields(episodes)})


def by_mode(episodes: Episodes) -> Iterator[tuple[str, Episodes]]:
    """The episodes of each mode there is, when there are several."""
    found = [(name, episodes.mode == code) for name, code in modes.READ.items()]
    present = [(name, which) for name, which in found if which.any()]
    if len(present) > 1:
        for name, which in present:
            yield name, take(episodes, np.flatnonzero(which))


def windows(episodes: Episodes, size: int) -> Iterator[Rows]:
    """Rows of `size` completed episodes after another, by start; the last window may have fewer."""
    completed = np.flatnonzero(episodes.completed)
    for first in range(0, len(completed), size):
        yield completed[first : first + size]
