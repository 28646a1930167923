"""Intervals that hold however often one looked before, and went on with more episodes."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from monitorcli.summary.intervals import UNKNOWN, Interval
from monitorcli.summary.resampling import Values

# The number of values at which the interval of a mean is narrowest, beside what it would be for one look.
_TUNED_FOR = 100
_STEPS = 60  # of bisection: to the last bit of a number between 0 and 1


def anytime_rate(successes: int, n: int, confidence: float) -> Interval:
    """An interval of a success rate from the `successes` of n episodes; (0, 1) without one.

    The rates p under which the mean likelihood of all rates is less than 1 / (1 - confidence) times that of
    p (Robbins 1970, "Statistical methods related to the law of the iterated logarithm", with the uniform
    mixture).
    """
    failures = n - successes
    mixture = math.lgamma(successes + 1) + math.lgamma(failures + 1) - math.lgamma(n + 2)
    most = mixture + math.log(1 - confidence)

    def inside(p: float) -> bool:
        seen = successes * math.log(p) if successes else 0.0
        return seen + (failures * math.log1p(-p) if failures else 0.0) > most

    rate = successes / n if n else 0.5
    low = _edge(rate, 0.0, inside) if successes else 0.0
    return Interval(low, _edge(rate, 1.0, inside) if failures else 1.0)


def _edge(inner: float, outer: float, inside: Callable[[float], bool]) -> float:
    """Where `inside` ends between a place inside and one that is not."""
    for _ in range(_STEPS):
        middle = (inner + outer) / 2
        inner, outer = (middle, outer) if inside(middle) else (inner, middle)
    return inner


def anytime_mean(values: Values, confidence: float) -> Interval:
    """An interval of the mean of the values, shape (n,), by the central limit theorem; unknown below two.

    mean -+ s sqrt(2 (n r^2 + 1) / (n r)^2 log(sqrt(n r^2 + 1) / a)), a = 1 - confidence (Waudby-Smith and
    others 2024, "Time-uniform central limit theory and asymptotic confidence sequences"); r makes it
    narrowest at _TUNED_FOR values.
    """
    n = len(values)
    if n < 2 or float(np.ptp(values)) == 0:
        return UNKNOWN
    a = 1 - confidence
    squared = (-2 * math.log(a) + math.log(-2 * math.log(a) + 1)) / _TUNED_FOR
    spread = 2 * (n * squared + 1) / (n * n * squared) * math.log(math.sqrt(n * squared + 1) / a)
    half = float(values.std(ddof=1)) * math.sqrt(spread)
    mean = float(values.mean())
    return Interval(mean - half, mean + half)
