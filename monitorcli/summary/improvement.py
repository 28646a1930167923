"""The probability that a new episode's return is the higher one, and its interval."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from monitorcli.summary.intervals import UNKNOWN, Interval, rounded, wilson
from monitorcli.summary.quantiles import normal_quantile
from monitorcli.summary.resampling import Values

_HALVINGS = 60  # of an interval of width 1: more digits than are kept


def improvement(old: Values, new: Values, paired: bool, confidence: float) -> tuple[float, Interval]:
    """Mann and Whitney's U / (n_old n_new), or the share of pairs; ties count half. NaN without episodes.

    The interval of pairs is Wilson's, of their mean score (1, 1/2, 0); else see `interval_of_two`.
    """
    if not len(old) or not len(new):
        return math.nan, UNKNOWN
    if paired:
        value = float(((np.sign(new - old) + 1) / 2).mean())
        return value, wilson(value * len(new), len(new), confidence) if confidence else UNKNOWN
    scores = placements(np.sort(old), new)
    value = float(scores.mean())
    if min(len(old), len(new)) < 2 or not confidence:
        return value, UNKNOWN
    placed = 1 - placements(np.sort(new), old)
    variance = sum(float(side.var(ddof=1)) / len(side) for side in (scores, placed))
    return value, interval_of_two(value, variance, len(old), len(new), confidence)


def placements(ordered: Values, values: Values) -> Values:
    """The share of `ordered` below each value, ties counted half."""
    below, upto = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    return np.asarray((below + upto) / 2 / len(ordered))


def interval_of_two(value: float, variance: float, n_old: int, n_new: int, confidence: float) -> Interval:
    """The hull of Newcombe's method 5 (2006), and of DeLong's variance (1988) on the logit scale."""
    z = normal_quantile(confidence)
    low, high = newcombe(value, n_old, n_new, z)
    if 0 < value < 1:
        logit, half = math.log(value / (1 - value)), z * math.sqrt(variance) / (value * (1 - value))
        low, high = min(low, _expit(logit - half)), max(high, _expit(logit + half))
    return rounded(low, high)


def newcombe(value: float, n_old: int, n_new: int, z: float) -> tuple[float, float]:
    """Newcombe (2006), method 5: the variance of Hanley and McNeil (1982) at the ends that it is solved for.

    Both sizes in it are replaced by their mean.
    """
    more = (n_old + n_new) / 2 - 1

    def too_far(end: float) -> bool:
        spread = 1 + more * ((1 - end) / (2 - end) + end / (1 + end))
        return (end - value) ** 2 > z * z * end * (1 - end) * spread / (n_old * n_new)

    return _last(value, 0.0, too_far), _last(value, 1.0, too_far)


def _last(inside: float, outside: float, too_far: Callable[[float], bool]) -> float:
    """The end between them, by bisection."""
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if too_far(middle):
            outside = middle
        else:
            inside = middle
    return inside


def _expit(logit: float) -> float:
    return 1 / (1 + math.exp(-logit)) if logit > -700 else 0.0
