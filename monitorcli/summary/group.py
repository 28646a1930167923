"""Several recordings of one series as a group: each directory is one value; episodes are not counted again.

Episodes of one policy are not independent training runs (Agarwal et al., 2021, "Deep reinforcement learning
at the edge of the statistical precipice"): a run is what is resampled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monitorcli.summary.enough import others
from monitorcli.summary.intervals import Interval, intervals
from monitorcli.summary.overview import Statistics, statistics


@dataclass(frozen=True, slots=True)
class Group:
    """Statistics over the means of n directories, and their intervals."""

    statistics: Statistics
    others: int  # directories whose value differs from the most common one
    intervals: dict[str, Interval]


def group(scores: Sequence[float], confidence: float) -> Group:
    """The group of the directories with these scores; those that are not finite are left out."""
    values = np.array([score for score in scores if np.isfinite(score)])
    return Group(statistics(values), others(values), intervals(values, confidence))
