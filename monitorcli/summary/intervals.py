"""Intervals for a statistic of independent values. docs/statistics.md has their measured coverage.

Up to MOST_RESAMPLED values the percentile bootstrap (Efron, 1979) with a fixed seed; above it the limit that
the bootstrap tends to, in closed form, so that a million values cost one sort.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from monitorcli.summary.overview import finite, trimmed
from monitorcli.summary.resampling import (
    MOST_RESAMPLED,
    PICKS,
    STATISTICS,
    Values,
    draws,
    resampled,
    resamples,
)


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`; both NaN when there are too few values for one."""

    low: float
    high: float


UNKNOWN = Interval(math.nan, math.nan)


def intervals(
    values: npt.NDArray[Any], confidence: float, names: Sequence[str] = STATISTICS
) -> dict[str, Interval]:
    """An interval for each of the named statistics of the finite values, shape (n,); unknown below two."""
    ordered = np.sort(finite(values)).astype(np.float64)
    if len(ordered) < 2:
        return dict.fromkeys(names, UNKNOWN)
    with np.errstate(over="ignore", invalid="ignore"):
        if len(ordered) > MOST_RESAMPLED:
            return {name: _LIMITS[name](ordered, normal_quantile(confidence)) for name in names}
        drawn = [resampled(ordered, counts, names) for counts in resamples(len(ordered))]
        return {name: percentiles(np.concatenate([of[name] for of in drawn]), confidence) for name in names}


def mean_intervals(samples: Values, confidence: float) -> list[Interval]:
    """The interval of each row's mean, shape (samples, n): those of `intervals`, from shared resamples."""
    n = samples.shape[1]
    if not 2 <= n <= MOST_RESAMPLED:
        return [intervals(sample, confidence, ["mean"])["mean"] for sample in samples]
    found: list[Interval] = []
    most = max(1, PICKS // draws(n))
    for first in range(0, len(samples), most):
        ordered = np.sort(samples[first : first + most], axis=1)
        apart = (ordered - ordered[:, :1]).T
        drawn = ordered[:, 0] + np.concatenate([counts @ apart for counts in resamples(n)]) / n
        found += [percentiles(column, confidence) for column in drawn.T]
    return found


def percentiles(drawn: Values, confidence: float) -> Interval:
    """The middle `confidence` of what was drawn."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail]).tolist() if np.isfinite(drawn).all() else (math.nan,) * 2
    return rounded(low, high)


def rounded(low: float, high: float) -> Interval:
    """To ten digits: sums differ in the last of a float's sixteen from one processor to another."""
    return Interval(float(f"{low:.10g}"), float(f"{high:.10g}"))


@functools.lru_cache
def normal_quantile(confidence: float) -> float:
    """How many standard deviations the middle `confidence` of a normal distribution reaches."""
    from statistics import NormalDist  # slow to import, and most commands need it never

    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wilson(successes: int, n: int, confidence: float) -> Interval:
    """Wilson's score interval for a share (Wilson, 1927), without continuity correction."""
    if not n:
        return UNKNOWN
    z2 = normal_quantile(confidence) ** 2
    share = successes / n
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return rounded(max(0.0, middle - half), min(1.0, middle + half))


def _around(value: float, error: float, z: float) -> Interval:
    return rounded(value - z * error, value + z * error)


def _mean_limit(ordered: Values, z: float) -> Interval:
    """Central limit theorem."""
    return _around(float(ordered.mean()), float(ordered.std(ddof=1)) / math.sqrt(len(ordered)), z)


def _std_limit(ordered: Values, z: float) -> Interval:
    """The delta method on the variance, whose variance is (m4 - s^4) / n."""
    variance = float(ordered.var(ddof=1))
    if not variance:
        return Interval(0.0, 0.0)
    # Squares twice: a power of four costs ten times as much.
    fourth = float((((ordered - ordered.mean()) ** 2) ** 2).mean())
    error = math.sqrt(max(0.0, fourth - variance**2) / len(ordered)) / (2 * math.sqrt(variance))
    return _around(math.sqrt(variance), error, z)


def _median_limit(ordered: Values, z: float) -> Interval:
    """The order statistics n/2 -+ z sqrt(n)/2, which needs no density (Conover, 1999, section 3.2)."""
    n = len(ordered)
    half = z * math.sqrt(n) / 2
    low, high = math.floor(n / 2 - half), math.ceil(n / 2 + half)
    return rounded(float(ordered[max(low, 0)]), float(ordered[min(high, n - 1)]))


def _iqm_limit(ordered: Values, z: float) -> Interval:
    """Tukey and McLaughlin (1963): the winsorised standard deviation over (1 - 2 * 0.25) sqrt(n)."""
    middle = trimmed(ordered)
    cut = (len(ordered) - len(middle)) // 2
    winsorised = np.concatenate([np.full(cut, middle[0]), middle, np.full(cut, middle[-1])])
    error = float(winsorised.std(ddof=1)) / (len(middle) / len(ordered)) / math.sqrt(len(ordered))
    return _around(float(middle.mean()), error, z)


_LIMITS = {"mean": _mean_limit, "std": _std_limit, "median": _median_limit, "iqm": _iqm_limit}
