"""Intervals for a statistic of independent values. docs/gates-tables.md has their measured coverage.

Up to MOST_RESAMPLED values by the bootstrap with a fixed seed: of the mean the bootstrap-t (Efron and
Tibshirani, 1993, chapter 12), of median and iqm the percentile bootstrap (Efron, 1979). Above it the limit
that the bootstrap tends to, in closed form, so that a million values cost one sort.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from monitorcli.summary.overview import finite, trimmed
from monitorcli.summary.quantiles import normal_quantile, t_quantile
from monitorcli.summary.resampling import (
    ESTIMATED,
    MOST_RESAMPLED,
    PICKS,
    Values,
    draws,
    moments,
    resampled,
    resamples,
)

_MOST_TIMES_T = 2  # how much wider than Student's the bootstrap-t may be: on lumps it is 200 times
_ROUNDING = 1e-12  # relative; what differs by less is equal


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`; both NaN when there are too few values for one."""

    low: float
    high: float


UNKNOWN = Interval(math.nan, math.nan)


def intervals(
    values: npt.NDArray[Any], confidence: float, names: Sequence[str] = ESTIMATED
) -> dict[str, Interval]:
    """An interval for each of the named statistics of the finite values, shape (n,).

    Unknown below two values, for a confidence of 0, and for the mean of values that are all equal, which say
    nothing of how far others may lie.
    """
    values = finite(values).astype(np.float64)
    if len(values) < 2 or not confidence:
        return dict.fromkeys(names, UNKNOWN)
    if len(values) > MOST_RESAMPLED:
        ordered = np.sort(values)
        with np.errstate(over="ignore", invalid="ignore"):
            return {name: _LIMITS[name](ordered, normal_quantile(confidence)) for name in names}
    return {name: found[0] for name, found in intervals_of_each(values[None], confidence, names).items()}


def intervals_of_each(
    samples: Values, confidence: float, names: Sequence[str] = ESTIMATED
) -> dict[str, list[Interval]]:
    """What `intervals` gives of each row, shape (samples, n), from shared resamples; 2 <= n <= 10,000."""
    n = samples.shape[1]
    found: dict[str, list[Interval]] = {name: [] for name in names}
    most = max(1, PICKS // draws(n))
    ranked = [name for name in names if name != "mean"]
    for first in range(0, len(samples), most):
        ordered = np.sort(samples[first : first + most], axis=1)
        with np.errstate(over="ignore", invalid="ignore"):
            if "mean" in names:
                found["mean"] += _of_means(ordered, confidence)
            drawn = [resampled(ordered, counts, ranked) for counts in resamples(n)] if ranked else []
            for name in ranked:
                found[name] += percentiles(np.concatenate([of[name] for of in drawn]), confidence)
    return found


def _of_means(samples: Values, confidence: float) -> list[Interval]:
    """The bootstrap-t interval of each row's mean, clipped at twice Student's t."""
    n = samples.shape[1]
    mean = samples.mean(axis=1)
    centred = samples - mean[:, None]
    variance = samples.var(axis=1, ddof=1)
    pieces = [moments(centred, counts) for counts in resamples(n)]
    offset, spread = (np.concatenate(piece) for piece in zip(*pieces, strict=True))
    error = np.sqrt(variance / n)
    constant = equal(samples.min(axis=1), samples.max(axis=1))
    drawn = studentised(offset, spread / n, variance / n)
    return around(mean, np.where(constant, math.nan, error), drawn, n - 1, confidence)


def studentised(offset: Values, squared_error: Values, of_sample: Values) -> Values:
    """Student's t of each resample, shape (rows, samples): infinite where it has no spread."""
    error = np.sqrt(np.where(squared_error <= _ROUNDING * of_sample, 0, squared_error))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(error > 0, offset / error, np.where(offset == 0, 0, np.sign(offset) * np.inf))


def around(value: Values, error: Values, drawn: Values, freedom: float, confidence: float) -> list[Interval]:
    """The bootstrap-t interval of each value, shape (samples,); unknown where the standard error is NaN."""
    # Of three values too many resamples are one value three times.
    limit = (_MOST_TIMES_T if freedom >= 3 else 1) * t_quantile(confidence, freedom)
    tail = (1 - confidence) / 2
    low, high = np.quantile(np.clip(drawn, -limit, limit), [tail, 1 - tail], axis=0)
    return [rounded(*ends) for ends in zip(value - high * error, value - low * error, strict=True)]


def equal(one: Values, other: Values) -> npt.NDArray[np.bool_]:
    """Whether they differ by no more than rounding."""
    return np.asarray(np.abs(one - other) <= _ROUNDING * np.maximum(np.abs(one), np.abs(other)))


def percentiles(drawn: Values, confidence: float) -> list[Interval]:
    """The middle `confidence` of what was drawn, shape (rows, samples), for each sample."""
    tail = (1 - confidence) / 2
    sound = np.asarray(np.isfinite(drawn).all(axis=0))
    ends = np.quantile(np.where(sound, drawn, 0), [tail, 1 - tail], axis=0)
    return [
        rounded(low, high) if known else UNKNOWN
        for (low, high), known in zip(ends.T.tolist(), sound.tolist(), strict=True)
    ]


def rounded(low: float, high: float) -> Interval:
    """To ten digits: sums differ in the last of a float's sixteen from one processor to another."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return UNKNOWN
    return Interval(float(f"{low:.10g}"), float(f"{high:.10g}"))


def wilson(successes: float, n: int, confidence: float) -> Interval:
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
    if equal(ordered[0], ordered[-1]):
        return UNKNOWN
    return _around(float(ordered.mean()), float(ordered.std(ddof=1)) / math.sqrt(len(ordered)), z)


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


_LIMITS = {"mean": _mean_limit, "median": _median_limit, "iqm": _iqm_limit}
