"""Several recordings as one group: each directory is one run, one value; episodes are not counted again.

Episodes of one policy are not independent training runs (Agarwal et al., 2021, "Deep reinforcement learning
at the edge of the statistical precipice"): a run is what is resampled, within its environment.
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
    """Statistics of the mean returns of n directories; `strata`: how many there are of each environment."""

    statistics: Statistics
    intervals: dict[str, Interval]
    strata: dict[str, int]


def group(scores: Sequence[float], environments: Sequence[str], confidence: float) -> Group:
    """The group of these directories' scores, by a bootstrap stratified by environment; NaN is left out."""
    strata: dict[str, list[float]] = {}
    for score, environment in zip(scores, environments, strict=True):
        if np.isfinite(score):
            strata.setdefault(environment, []).append(score)
    pooled = np.array([score for stratum in strata.values() for score in stratum])
    sizes = {environment: len(stratum) for environment, stratum in strata.items()}
    return Group(statistics(pooled), _intervals(pooled, list(sizes.values()), confidence), sizes)


def _intervals(pooled: Values, sizes: Sequence[int], confidence: float) -> dict[str, Interval]:
    if len(pooled) < 2 or max(sizes) < 2:
        return dict.fromkeys(STATISTICS, UNKNOWN)
    order = np.argsort(pooled, kind="stable")
    times = draws(len(pooled))
    counts = np.concatenate(
        [np.concatenate(list(resamples(size, SEED + number, times))) for number, size in enumerate(sizes)],
        axis=1,
    )
    drawn = resampled(pooled[order], counts[:, order], STATISTICS)
    return {name: percentiles(drawn[name], confidence) for name in STATISTICS}
