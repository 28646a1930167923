"""Intervals for a statistic of independent values. docs/statistics.md has their measured coverage.

Up to MOST_RESAMPLED values the percentile bootstrap (Efron, 1979) with a fixed seed; above it the limit that
the bootstrap tends to, in closed form, so that a million values cost one sort.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from monitorcli.summary.overview import finite, trimmed

Values = npt.NDArray[np.float64]

SEED = 20161
MOST_RESAMPLED = 10_000
STATISTICS = ("mean", "std", "median", "iqm")

# 9,999 draws up to 400 values; for more, fewer: an interval is narrower then, and so its ends' error.
_MOST_DRAWS, _FEWEST_DRAWS = 9_999, 999
_PICKS = 4_000_000
CHUNK = 250_000  # picks in memory at a time


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`; both NaN when there are too few values for one."""

    low: float
    high: float


class Resamples(NamedTuple):
    """Values in ascending order, shape (n,); how often each was picked, shape (rows, n); its running sum."""

    ordered: Values
    counts: Values
    below: Values


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
    most = max(1, _PICKS // draws(n))
    for first in range(0, len(samples), most):
        ordered = np.sort(samples[first : first + most], axis=1)
        apart = (ordered - ordered[:, :1]).T
        drawn = ordered[:, 0] + np.concatenate([counts @ apart for counts in resamples(n)]) / n
        found += [percentiles(column, confidence) for column in drawn.T]
    return found


def draws(n: int) -> int:
    """How many resamples `resamples` makes of n values."""
    return min(_MOST_DRAWS, max(_FEWEST_DRAWS, _PICKS // max(n, 1)))


def resamples(n: int, seed: int = SEED, times: int | None = None) -> Iterator[Values]:
    """Bootstrap resamples in pieces of shape (rows, n): how often each of the n values was picked.

    From NumPy's legacy generator, whose stream is frozen: the same in every release of NumPy.
    """
    random = np.random.RandomState(seed)
    left = draws(n) if times is None else times
    while left:
        rows = min(left, max(1, CHUNK // n))
        picked = (random.random_sample((rows, n)) * n).astype(np.intp)
        picked += np.arange(rows)[:, None] * n
        yield np.bincount(picked.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)
        left -= rows


def resampled(ordered: Values, counts: Values, names: Sequence[str]) -> dict[str, Values]:
    """The named statistics of each resample, shape (rows,); `ordered` ascends and has shape (n,)."""
    below = counts.cumsum(axis=1) if {"median", "iqm"} & set(names) else counts
    of = Resamples(ordered, counts, below)
    return {name: _RESAMPLED[name](of) for name in names}


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


def _mean(of: Resamples) -> Values:
    ordered, counts, n = of.ordered, of.counts, len(of.ordered)
    return np.asarray(ordered[0] + counts @ (ordered - ordered[0]) / n)  # exact when all are equal


def _std(of: Resamples) -> Values:
    ordered, counts, n = of.ordered, of.counts, len(of.ordered)
    apart = ordered - ordered.mean()  # else the squares of large returns would leave no digits
    squares = counts @ apart**2 - (counts @ apart) ** 2 / n
    return np.asarray(np.sqrt(np.maximum(squares, 0) / (n - 1)))


def _median(of: Resamples) -> Values:
    ordered, n = of.ordered, len(of.ordered)
    lower, upper = ((of.below <= rank).sum(axis=1) for rank in ((n - 1) // 2, n // 2))
    return np.asarray((ordered[lower] + ordered[upper]) / 2)


def _iqm(of: Resamples) -> Values:
    ordered, n = of.ordered, len(of.ordered)
    cut = n // 4
    kept = np.clip(of.below, cut, n - cut)  # of the ranks that are kept, how many lie at or below each value
    steps = np.append(-np.diff(ordered), ordered[-1] - ordered[0])
    return np.asarray(ordered[0] + kept @ steps / (n - 2 * cut))


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


_RESAMPLED: dict[str, Callable[[Resamples], Values]] = {
    "mean": _mean,
    "std": _std,
    "median": _median,
    "iqm": _iqm,
}
_LIMITS: dict[str, Callable[[Values, float], Interval]] = {
    "mean": _mean_limit,
    "std": _std_limit,
    "median": _median_limit,
    "iqm": _iqm_limit,
}
