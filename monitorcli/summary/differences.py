"""Intervals for the difference of a statistic between two samples, or over pairs. new - old, always.

Up to MOST_RESAMPLED values a side the bootstrap, of pairs or of each side apart; above it closed forms.
Of success rates, Newcombe's (1998).
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
from monitorcli.summary.quantiles import normal_quantile
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
            drawn = drawn_pairs(old, new, ranked) if paired else drawn_apart(old[None], new[None], ranked)
            changes = {name: after - before for name, (before, after) in drawn.items()}
            found.update({name: percentiles(change, confidence)[0] for name, change in changes.items()})
    return found


def mean_differences(old: Values, new: Values, paired: bool, confidence: float) -> list[Interval]:
    """The interval of the difference of means for each row, shapes (samples, n_old) and (samples, n_new).

    Bootstrap-t, clipped at twice Student's t with the degrees of freedom of the smaller side.
    """
    if paired:
        return intervals_of_each(new - old, confidence, ["mean"])["mean"]
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
    """Newcombe's hybrid score intervals (1998): method 10 of two samples, and method 10 of pairs."""
    shares = float(old.mean()), float(new.mean())
    of_old, of_new = (wilson(float(side.sum()), len(side), confidence) for side in (old, new))
    return _square_and_add(shares, of_old, of_new, _correlation(old, new) if paired else 0.0)


def _correlation(old: Values, new: Values) -> float:
    """Pearson's, of zeros and ones; 0 where one side is all the same."""
    spread = float(old.std() * new.std())
    return float(((old - old.mean()) * (new - new.mean())).mean()) / spread if spread else 0.0


def _square_and_add(
    values: tuple[float, float], of_old: Interval, of_new: Interval, correlation: float = 0.0
) -> Interval:
    """MOVER (Zou and Donner, 2008): the distances from each side's value to the ends of its own interval."""
    before, after = values

    def distance(one: float, other: float) -> float:
        return math.sqrt(max(0.0, one * one - 2 * correlation * one * other + other * other))

    down = distance(after - of_new.low, of_old.high - before)
    up = distance(of_new.high - after, before - of_old.low)
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
