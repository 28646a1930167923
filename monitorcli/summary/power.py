"""What episodes can tell: the fall that they find in 80 of 100 cases, and how many would find less."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from monitorcli.summary.differences import drawn_apart, drawn_pairs
from monitorcli.summary.intervals import equal
from monitorcli.summary.quantiles import normal_quantile, t_quantile
from monitorcli.summary.resampling import MOST_RESAMPLED, Values

POWER = 0.8
_Z_ALPHA, _Z_POWER = normal_quantile(0.95), normal_quantile(2 * POWER - 1)
_Z2 = (_Z_ALPHA + _Z_POWER) ** 2  # 7.849


class Power(NamedTuple):
    """`detectable` is the fall found in 80 of 100 cases, in the statistic's unit; NaN where it is not known.

    `needed(fall)` is how many episodes a side would find that fall as often.
    """

    detectable: float
    needed: Callable[[float], float]


def power(old: Values, new: Values, paired: bool, statistic: str, success: bool) -> Power:
    """What these episodes can tell, from how much they vary; sides as in `fall_test`."""
    if success and not paired:
        return _of_successes(float(old.mean()), len(old), len(new))
    if paired:
        return _of_pairs(_variance_of_pairs(old, new, statistic), len(new))
    return _of_two(*_variances(old, new, statistic), len(old), len(new))


def _of_two(of_old: float, of_new: float, n_old: int, n_new: int) -> Power:
    """From the variance of one value on either side, with Welch's degrees of freedom."""
    parts = of_old / n_old, of_new / n_new
    squared = sum(parts)
    if not squared > 0:
        return _unknown()
    freedom = squared**2 / (parts[0] ** 2 / (n_old - 1) + parts[1] ** 2 / (n_new - 1))
    return Power(
        _reach(freedom) * math.sqrt(squared), lambda fall: _Z2 * (of_old + of_new) / fall**2 + _Z_ALPHA**2 / 4
    )


def _of_pairs(variance: float, n: int) -> Power:
    """From the variance of the differences of pairs (Guenther, 1981)."""
    if not variance > 0:
        return _unknown()
    return Power(
        _reach(n - 1) * math.sqrt(variance / n), lambda fall: _Z2 * variance / fall**2 + _Z_ALPHA**2 / 2
    )


def _reach(freedom: float) -> float:
    return t_quantile(0.95, freedom) + t_quantile(2 * POWER - 1, freedom)


def _of_successes(rate: float, n_old: int, n_new: int) -> Power:
    """Fleiss, Levin and Paik (2003), without continuity correction, from the old rate."""
    n = 2 / (1 / n_old + 1 / n_new)

    def needed(fall: float) -> float:
        worse = max(0.0, rate - fall)
        middle = (rate + worse) / 2
        spread = _Z_ALPHA * math.sqrt(2 * middle * (1 - middle))
        spread += _Z_POWER * math.sqrt(rate * (1 - rate) + worse * (1 - worse))
        return spread**2 / fall**2

    falls = (step / 1000 for step in range(1, round(1000 * rate) + 1))
    return Power(next((fall for fall in falls if needed(fall) <= n), math.nan), needed)


def _unknown() -> Power:
    return Power(math.nan, lambda fall: math.nan)


def _variances(old: Values, new: Values, statistic: str) -> tuple[float, float]:
    """The variance of one value on either side; of median and iqm, as if they were means, from resamples."""
    if min(len(old), len(new)) < 2:
        return math.nan, math.nan
    if statistic == "mean" or max(len(old), len(new)) > MOST_RESAMPLED:
        first, second = (_variance(side) for side in (old, new))
        return first, second
    before, after = drawn_apart(old[None], new[None], [statistic])[statistic]
    return float(before.var()) * len(old), float(after.var()) * len(new)


def _variance_of_pairs(old: Values, new: Values, statistic: str) -> float:
    if len(new) < 2:
        return math.nan
    if statistic == "mean" or len(new) > MOST_RESAMPLED:
        return _variance(np.where(equal(old, new), 0, new - old))
    before, after = drawn_pairs(old, new, [statistic])[statistic]
    return float((after - before).var()) * len(new)


def _variance(values: Values) -> float:
    """0 where the values differ by rounding only."""
    return 0.0 if equal(values.min(), values.max()) else float(values.var(ddof=1))
