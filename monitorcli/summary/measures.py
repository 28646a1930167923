"""The numbers that can be asked for by name: in a gate, in a comparison, in a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from monitorcli.summary.anytime import anytime_mean, anytime_rate
from monitorcli.summary.enough import others
from monitorcli.summary.intervals import UNKNOWN, Interval, intervals, wilson
from monitorcli.summary.overview import Statistics, finite, statistics
from monitorcli.summary.resampling import ESTIMATED, STATISTICS

if TYPE_CHECKING:
    from monitorcli.recording.parts import Episodes


class Measure(NamedTuple):
    """A statistic of a column of Episodes, over completed episodes."""

    column: str
    statistic: str


# Completed episodes whose mean says how good a policy is by now.
RECENT = 100

_OF_BOTH = (*STATISTICS, "min", "max")
MEASURES: dict[str, Measure] = {
    **{name: Measure("episode_return", name) for name in _OF_BOTH},
    "recent": Measure("recent", "mean"),
    "success": Measure("success", "mean"),
    **{f"length_{name}": Measure("length", name) for name in _OF_BOTH},
}


def has_interval(name: str) -> bool:
    """Whether there is an interval for the measure: for all but the extremes and the standard deviation."""
    return MEASURES[name].statistic in ESTIMATED


def column(episodes: Episodes, name: str) -> npt.NDArray[Any]:
    """The values that count of a column: of completed episodes, finite, and known.

    "recent" are the returns of the last RECENT completed episodes.
    """
    if name == "recent":
        return finite(episodes.episode_return[episodes.completed][-RECENT:])
    values = finite(getattr(episodes, name)[episodes.completed])
    return values[values >= 0] if name == "success" else values


class Measured:
    """The measures of some episodes, each computed when first asked for."""

    def __init__(
        self,
        episodes: Episodes,
        confidence: float = 0.95,
        known: Mapping[str, Statistics] | None = None,
        anytime: bool = False,
    ) -> None:
        """`known` has the statistics of columns that have been computed already.

        With a `confidence` of 0 there are no intervals; with `anytime` only those of means and of the success
        rate, which hold however often one looked before and went on.
        """
        self.episodes = episodes
        self.confidence = confidence
        self.anytime = anytime
        self._statistics = dict(known or {})
        self._intervals: dict[str, Interval] = {}

    def of(self, name: str) -> Statistics:
        """The statistics of a column."""
        if name not in self._statistics:
            self._statistics[name] = statistics(column(self.episodes, name))
        return self._statistics[name]

    def n(self, name: str) -> int:
        """Over how many episodes the measure is."""
        return self.of(MEASURES[name].column).n

    def others(self, name: str) -> int:
        """How many of them have another value than the most common one."""
        return others(column(self.episodes, MEASURES[name].column))

    def value(self, name: str) -> float:
        """The measure; NaN when there is nothing to measure."""
        measure = MEASURES[name]
        return float(getattr(self.of(measure.column), measure.statistic))

    def interval(self, name: str) -> Interval:
        """Its interval: Wilson's of the success rate, else see `intervals`."""
        if name not in self._intervals:
            self._intervals[name] = self._interval(MEASURES[name])
        return self._intervals[name]

    def _interval(self, measure: Measure) -> Interval:
        if not self.confidence or measure.statistic not in ESTIMATED:
            return UNKNOWN
        values = column(self.episodes, measure.column)
        if self.anytime:
            return self._whenever(values, measure)
        if measure.column == "success":
            return wilson(int(np.count_nonzero(values)), len(values), self.confidence)
        return intervals(values, self.confidence, [measure.statistic])[measure.statistic]

    def _whenever(self, values: npt.NDArray[Any], measure: Measure) -> Interval:
        if measure.statistic != "mean":
            return UNKNOWN
        if measure.column == "success":
            return anytime_rate(int(np.count_nonzero(values)), len(values), self.confidence)
        return anytime_mean(values.astype(np.float64), self.confidence)

    def remember(self, name: str, interval: Interval) -> None:
        """Take the measure's interval from whoever computed it together with others."""
        self._intervals[name] = interval

    def all_intervals(self, name: str) -> dict[str, Interval]:
        """The intervals of every statistic of a column, from one set of resamples."""
        if self.anytime or not self.confidence:
            prefix = "length_" if name == "length" else ""
            return {statistic: self.interval(prefix + statistic) for statistic in ESTIMATED}
        return intervals(column(self.episodes, name), self.confidence)
