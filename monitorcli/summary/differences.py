"""Intervals for the difference of a statistic between two samples, or over pairs. new - old, always.

Up to MOST_RESAMPLED values a side the bootstrap, of pairs or of each side apart; above it closed forms.
Of success rates, Newcombe's (1998), of pairs Bonett and Price's (2012).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from monitorcli.summary.intervals import (
    UNKNOWN,
    Interval,
    around,
    equal,
    intervals,
    intervals_of_each,
    percentiles,
    rounded,
    studentised,
    wilson,
)
from monitorcli.summary.overview import statistics
from monitorcli.summary.quantiles import normal_confidence, normal_quantile, t_quantile
from monitorcli.summary.resampling import (
    ESTIMATED,
    MOST_RESAMPLED,
    SEED,
    Values,
    moments,
    resampled,
    resamples,
    resamples_of_two,
)

_GROUPS = 100  # of the random group method


def difference_intervals(
    old: Values, new: Values, paired: bool, names: Sequence[str], confidence: float
) -> dict[str, Interval]:
    """An interval for each of the named statistics; unknown for those without, and below two values."""
    found = dict.fromkeys(names, UNKNOWN)
    names = [name for name in names if name in ESTIMATED]
    if min(len(old), len(new)) < 2 or not names:
        return found
    with np.errstate(over="ignore", invalid="ignore"):
        if max(len(old), len(new)) > MOST_RESAMPLED:
            limit = _pairs_limit if paired else _apart_limit
            return {**found, **{name: limit(old, new, name, confidence) for name in names}}
        ranked = [name for name in names if name != "mean"]
        if "mean" in names:
            sides = np.asarray(old)[None], np.asarray(new)[None]
            found["mean"] = mean_differences(*sides, paired, confidence)[0]
        if ranked:
            found.update(_ranked(old, new, paired, ranked, confidence))
    return found


def mean_differences(old: Values, new: Values, paired: bool, confidence: float) -> list[Interval]:
    """The interval of the difference of means for each row, shapes (samples, n_old) and (samples, n_new).

    Bootstrap-t, clipped at twice Student's t with the degrees of freedom of the smaller side. Of pairs the
    hull of it and of Student's.
    """
    if paired:
        return _mean_of_pairs(new - old, confidence)
    sides = old, new
    means, variances = ([of(side) for side in sides] for of in (_mean, _variance))
    centred = [side - mean[:, None] for side, mean in zip(sides, means, strict=True)]
    offset, error = [], []
    for resample in resamples_of_two(old.shape[1], new.shape[1]):
        (before, wide), (after, wider) = (moments(*one) for one in zip(centred, resample, strict=True))
        offset.append(after - before)
        error.append(wide / old.shape[1] + wider / new.shape[1])
    squared = variances[0] / old.shape[1] + variances[1] / new.shape[1]
    constant = [equal(side.min(axis=1), side.max(axis=1)) for side in sides]
    drawn = studentised(np.concatenate(offset), np.concatenate(error), squared)
    known = np.where(constant[0] & constant[1], math.nan, np.sqrt(squared))
    return around(means[1] - means[0], known, drawn, min(old.shape[1], new.shape[1]) - 1, confidence)


def _ranked(
    old: Values, new: Values, paired: bool, names: Sequence[str], confidence: float
) -> dict[str, Interval]:
    """The percentile intervals of median and iqm; of pairs expanded, see `normal_confidence`."""
    drawn = drawn_pairs(old, new, names) if paired else drawn_apart(old[None], new[None], names)
    within = normal_confidence(confidence, len(new)) if paired else confidence
    return {name: percentiles(after - before, within)[0] for name, (before, after) in drawn.items()}


def _mean_of_pairs(change: Values, confidence: float) -> list[Interval]:
    """Differences are often symmetric with far outliers, of which the bootstrap-t alone is too narrow."""
    n = change.shape[1]
    mean = change.mean(axis=1)
    half = t_quantile(confidence, n - 1) * change.std(axis=1, ddof=1) / math.sqrt(n)
    drawn = intervals_of_each(change, confidence, ["mean"])["mean"]
    return [
        one if math.isnan(one.low) else rounded(min(one.low, low), max(one.high, high))
        for one, low, high in zip(drawn, (mean - half).tolist(), (mean + half).tolist(), strict=True)
    ]


def drawn_apart(old: Values, new: Values, names: Sequence[str]) -> dict[str, tuple[Values, Values]]:
    """Median and iqm of resamples of either side, (rows, samples) each; sides of shape (samples, n)."""
    ordered = np.sort(old, axis=1), np.sort(new, axis=1)
    pieces = [
        [resampled(side, counts, names) for side, counts in zip(ordered, resample, strict=True)]
        for resample in resamples_of_two(old.shape[1], new.shape[1])
    ]
    return _together(pieces, names)


def drawn_pairs(old: Values, new: Values, names: Sequence[str]) -> dict[str, tuple[Values, Values]]:
    """Median and iqm of either side of resampled pairs, (rows, 1) each; `old` and `new` of shape (n,)."""
    orders = [np.argsort(side, kind="stable") for side in (old, new)]
    pieces = [
        [resampled(side[order][None], counts[:, order], names)
         for side, order in zip((old, new), orders, strict=True)]
        for counts in resamples(len(old))
    ]  # fmt: skip
    return _together(pieces, names)


def _together(
    pieces: Sequence[Sequence[dict[str, Values]]], names: Sequence[str]
) -> dict[str, tuple[Values, Values]]:
    return {
        name: (
            np.concatenate([before[name] for before, _ in pieces]),
            np.concatenate([after[name] for _, after in pieces]),
        )
        for name in names
    }


def success_difference(old: Values, new: Values, paired: bool, confidence: float) -> Interval:
    """Newcombe's hybrid score interval (1998, method 10); of pairs see `_changed_successes`."""
    if paired:
        lost, won = int(np.count_nonzero(new < old)), int(np.count_nonzero(new > old))
        return _changed_successes(lost, won, len(new), confidence)
    shares = float(old.mean()), float(new.mean())
    of_old, of_new = (wilson(float(side.sum()), len(side), confidence) for side in (old, new))
    return _square_and_add(shares, of_old, of_new)


def _changed_successes(lost: int, won: int, n: int, confidence: float) -> Interval:
    """Bonett and Price (2012): Wald's interval with one more pair of either change; it holds the change."""
    change = (won - lost) / n
    of_lost, of_won = (lost + 1) / (n + 2), (won + 1) / (n + 2)
    middle = of_won - of_lost
    half = normal_quantile(confidence) * math.sqrt((of_won + of_lost - middle**2) / (n + 2))
    return rounded(max(-1.0, min(change, middle - half)), min(1.0, max(change, middle + half)))


def _square_and_add(values: tuple[float, float], of_old: Interval, of_new: Interval) -> Interval:
    """MOVER (Zou and Donner, 2008): the distances from each side's value to the ends of its own interval."""
    before, after = values
    down = math.hypot(after - of_new.low, of_old.high - before)
    up = math.hypot(of_new.high - after, before - of_old.low)
    return rounded(after - before - down, after - before + up)


def _mean(samples: Values) -> Values:
    return np.asarray(samples.mean(axis=1))


def _variance(samples: Values) -> Values:
    return np.asarray(samples.var(axis=1, ddof=1))


def _apart_limit(old: Values, new: Values, statistic: str, confidence: float) -> Interval:
    values = getattr(statistics(old), statistic), getattr(statistics(new), statistic)
    of_old, of_new = (
        _or_point(side, statistic, value, confidence) for side, value in zip((old, new), values, strict=True)
    )
    return _square_and_add(values, of_old, of_new)


def _or_point(values: Values, statistic: str, value: float, confidence: float) -> Interval:
    """The interval; of values that are all equal, the value."""
    found = intervals(values, confidence, [statistic])[statistic]
    return Interval(value, value) if math.isnan(found.low) else found


def _pairs_limit(old: Values, new: Values, statistic: str, confidence: float) -> Interval:
    """Random groups (Wolter, 2007, chapter 2): how the difference varies over 100 groups of pairs."""
    shuffled = np.random.RandomState(SEED).permutation(len(old))
    found = np.array(
        [
            getattr(statistics(new[group]), statistic) - getattr(statistics(old[group]), statistic)
            for group in np.array_split(shuffled, _GROUPS)
        ]
    )
    change = getattr(statistics(new), statistic) - getattr(statistics(old), statistic)
    half = normal_quantile(confidence) * float(found.std(ddof=1)) / math.sqrt(_GROUPS)
    return rounded(change - half, change + half)
