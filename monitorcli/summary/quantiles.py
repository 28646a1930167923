"""The normal distribution and Student's t: quantiles, and the share below a value."""

from __future__ import annotations

import functools
import math


@functools.lru_cache
def normal_quantile(confidence: float) -> float:
    """How many standard deviations the middle `confidence` of a normal distribution reaches."""
    from statistics import NormalDist  # slow to import, and most commands need it never

    return NormalDist().inv_cdf(0.5 + confidence / 2)


def below_normal(z: float) -> float:
    """The share of a normal distribution below `z` standard deviations."""
    return math.erfc(-z / math.sqrt(2)) / 2


def below_t(t: float, freedom: int) -> float:
    """The share of Student's t below `t` (Abramowitz and Stegun, 1964, 26.7.3 and 26.7.4)."""
    angle, odd = math.atan(t / math.sqrt(freedom)), freedom % 2
    term, total = (math.cos(angle) if odd else 1.0), 0.0
    for k in range(freedom // 2):
        total += term
        term *= math.cos(angle) ** 2 * (2 * k + 1 + odd) / (2 * k + 2 + odd)
    middle = total * math.sin(angle)
    return 0.5 + ((angle + middle) / math.pi if odd else middle / 2)


def normal_confidence(confidence: float, n: int) -> float:
    """How much of the normal distribution lies as far out as `confidence` of Student's t of n values.

    With the standard deviation divided by n, as the bootstrap has it: the expanded percentile interval of
    Hesterberg (2015, section 3.2).
    """
    return 1 - 2 * below_normal(-t_quantile(confidence, n - 1) * math.sqrt(n / (n - 1)))


def t_probability(p: float, n: int) -> float:
    """The p of Student's t where the bootstrap of n values gave p; the inverse of `normal_confidence`."""
    return below_t(normal_quantile(2 * p - 1) * math.sqrt((n - 1) / n), n - 1) if p < 1 else 1.0


@functools.lru_cache
def t_quantile(confidence: float, freedom: float) -> float:
    """How far the middle `confidence` of Student's t reaches, with 1 or more degrees of freedom.

    Hill (1970), Algorithm 396: six digits.
    """
    outside, n = 1 - confidence, freedom
    if n == 1:
        return 1 / math.tan(outside * math.pi / 2)
    if n == 2:
        return math.sqrt(2 / (outside * (2 - outside)) - 2)
    a = 1 / (n - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * n
    y = (d * outside) ** (2 / n)
    if y > 0.05 + a:
        x = -normal_quantile(confidence)
        y = x * x
        if n < 5:
            c += 0.3 * (n - 4.5) * (x + 0.6)
        c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
        y = math.expm1(a * y * y)
    else:
        y = ((1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * y - 1) * (
            n + 1
        ) / (n + 2) + 1 / y
    return math.sqrt(n * y)
