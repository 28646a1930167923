"""Several recordings of one series as a group: each directory is one value; episodes are not counted again.

Episodes of one policy are not independent training runs (Agarwal et al., 2021, "Deep reinforcement learning
at the edge of the statistical precipice"): a run is what is resampled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monitorcli.summary.intervals import UNKNOWN, Interval, percentiles
from monitorcli.summary.overview import Statistics, statistics
from monitorcli.summary.resampling import SEED, STATISTICS, Values, draws, resampled, resamples

FEW = 20  # below it, intervals hold the truth less often than they say: docs/statistics.md


@dataclass(frozen=True, slots=True)
class Group:
    """Statistics over the means of n directories, and their intervals."""

    statistics: Statistics
    intervals: dict[str, Interval]


def group(scores: Sequence[float], confidence: float) -> Group:
    """The group of the directories with these scores; those that are not finite are left out."""
    values = np.sort(np.array([score for score in scores if np.isfinite(score)]))
    return Group(statistics(values), _intervals(values, confidence))


def _intervals(ordered: Values, confidence: float) -> dict[str, Interval]:
    n = len(ordered)
    if n < 2 or not confidence:
        return dict.fromkeys(STATISTICS, UNKNOWN)
    counts = np.concatenate(list(resamples(n, SEED, draws(n))))
    drawn = resampled(ordered, counts, STATISTICS)
    return {name: percentiles(drawn[name], confidence) for name in STATISTICS}
