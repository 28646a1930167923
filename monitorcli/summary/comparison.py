"""Two sets of episodes side by side: differences, and the probability that one beats the other.

Up to MOST_RESAMPLED episodes a side the intervals are percentile bootstraps, of pairs when the episodes are
paired, else of each side apart. Above it, closed forms: see `_pairs_limit`, `_apart_limit`, `_delong`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from monitorcli.summary.intervals import UNKNOWN, Interval, intervals, normal_quantile, percentiles, rounded
from monitorcli.summary.measures import MEASURES, Measured, column
from monitorcli.summary.overview import statistics
from monitorcli.summary.pairing import pairing
from monitorcli.summary.resampling import CHUNK, MOST_RESAMPLED, SEED, Values, draws, resampled, resamples
from monitorcli.summary.selection import Rows

COMPARED = ("mean", "iqm", "median", "std", "success", "length_mean")
_GROUPS = 100  # of the random group method


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure of both sides; `interval` is for new - old, and unknown where the measure has none."""

    name: str
    old: float
    new: float
    interval: Interval

    @property
    def change(self) -> float:
        """By how much the new one is larger."""
        return self.new - self.old


@dataclass(frozen=True, slots=True)
class Comparison:
    """New episodes against old ones. `n_old`, `n_new`: those of `p_improve`, with a finite return.

    `p_improve` is the probability that a new episode's return is the higher one, ties counted half:
    Mann and Whitney's U / (n_old n_new); of paired episodes, the share of pairs. NaN without episodes.
    """

    old: Measured
    new: Measured
    n_old: int
    n_new: int
    paired: bool
    differences: tuple[Difference, ...]
    p_improve: float
    p_interval: Interval


def compare(old: Measured, new: Measured, headline: str = "mean") -> Comparison:
    """Put the episodes of two policies side by side; paired by seed when both have the same seeds.

    With `headline` "recent" that measure comes first, and `p_improve` is of its episodes, which are no pairs.
    """
    rows = pairing(old.episodes, new.episodes) if headline == "mean" else None
    names = COMPARED if headline == "mean" else (headline, *COMPARED)
    known = [name for name in names if old.n(name) and new.n(name)]
    before, after, _ = _sides(MEASURES[headline].column, old, new, rows)
    p_improve, p_interval = _improvement(before, after, rows is not None, new.confidence)
    return Comparison(
        old=old,
        new=new,
        n_old=len(before),
        n_new=len(after),
        paired=rows is not None,
        differences=tuple(
            difference
            for column_name, names in groupby(known, lambda name: MEASURES[name].column)
            for difference in _differences(column_name, list(names), old, new, rows)
        ),
        p_improve=p_improve,
        p_interval=p_interval,
    )


def _sides(
    name: str, old: Measured, new: Measured, rows: tuple[Rows, Rows] | None
) -> tuple[Values, Values, bool]:
    """The column of both sides, and whether they are pairs, which are known whole."""
    if rows is not None:
        before, after = (getattr(of.episodes, name)[at] for of, at in zip((old, new), rows, strict=True))
        if name != "success" or min(before.min(), after.min()) >= 0:
            return before.astype(np.float64), after.astype(np.float64), True
    before, after = (column(of.episodes, name).astype(np.float64) for of in (old, new))
    return before, after, False


def _differences(
    column_name: str, names: Sequence[str], old: Measured, new: Measured, rows: tuple[Rows, Rows] | None
) -> list[Difference]:
    """The differences of some measures of one column, from one set of resamples."""
    statistic_of = {name: MEASURES[name].statistic for name in names}
    made = _intervals(*_sides(column_name, old, new, rows), list(statistic_of.values()), new.confidence)
    return [Difference(name, old.value(name), new.value(name), made[statistic_of[name]]) for name in names]


def _intervals(
    old: Values, new: Values, paired: bool, names: Sequence[str], confidence: float
) -> dict[str, Interval]:
    if min(len(old), len(new)) < 2:
        return dict.fromkeys(names, UNKNOWN)
    with np.errstate(over="ignore", invalid="ignore"):
        if max(len(old), len(new)) > MOST_RESAMPLED:
            limit = _pairs_limit if paired else _apart_limit
            return {name: limit(old, new, name, confidence) for name in names}
        orders = [np.argsort(side, kind="stable") for side in (old, new)]
        drawn: dict[str, list[Values]] = {name: [] for name in names}
        for resample in _both(len(old), len(new), paired):
            before, after = (
                resampled(side[order], counts[:, order], names)
                for side, order, counts in zip((old, new), orders, resample, strict=True)
            )
            for name in names:
                drawn[name].append(after[name] - before[name])
        return {name: percentiles(np.concatenate(drawn[name]), confidence) for name in names}


def _both(n_old: int, n_new: int, paired: bool) -> Iterator[tuple[Values, Values]]:
    """Resamples of both sides, as in `resamples`; the same one of both when they are paired."""
    if paired:
        yield from ((counts, counts) for counts in resamples(n_old))
        return
    # The side with more values makes smaller pieces, so the other follows it, a piece at a time.
    times = draws(max(n_old, n_new))
    piece = max(1, CHUNK // max(n_old, n_new))
    for first in range(0, times, piece):
        rows = min(piece, times - first)
        yield (
            next(resamples(n_old, SEED + 2 * first, rows)),
            next(resamples(n_new, SEED + 2 * first + 1, rows)),
        )


def _improvement(old: Values, new: Values, paired: bool, confidence: float) -> tuple[float, Interval]:
    if not len(old) or not len(new):
        return math.nan, UNKNOWN
    if paired:
        scores = (np.sign(new - old) + 1) / 2
        return float(scores.mean()), intervals(scores, confidence, ["mean"])["mean"]
    old, new = np.sort(old), np.sort(new)
    below, upto = (np.searchsorted(old, new, side=side) for side in ("left", "right"))
    scores = (below + upto) / 2 / len(old)
    p_improve = float(scores.mean())
    if min(len(old), len(new)) < 2:
        return p_improve, UNKNOWN
    if max(len(old), len(new)) > MOST_RESAMPLED:
        return p_improve, _delong(old, new, scores, p_improve, confidence)
    drawn = []
    for before, after in _both(len(old), len(new), paired=False):
        ranks = np.zeros((len(before), len(old) + 1))
        before.cumsum(axis=1, out=ranks[:, 1:])
        drawn.append((after * (ranks[:, below] + ranks[:, upto])).sum(axis=1) / (2 * len(old) * len(new)))
    return p_improve, percentiles(np.concatenate(drawn), confidence)


def _delong(old: Values, new: Values, scores: Values, p_improve: float, confidence: float) -> Interval:
    """DeLong, DeLong and Clarke-Pearson (1988): the variance of the placements of either side."""
    below, upto = (np.searchsorted(new, old, side=side) for side in ("left", "right"))
    placed = 1 - (below + upto) / 2 / len(new)
    variance = sum(side.var(ddof=1) / len(side) for side in (scores, placed))
    half = normal_quantile(confidence) * math.sqrt(variance)
    return rounded(max(0.0, p_improve - half), min(1.0, p_improve + half))


def _apart_limit(old: Values, new: Values, statistic: str, confidence: float) -> Interval:
    """MOVER (Zou and Donner, 2008): the distances from each side's value to the ends of its own interval."""
    before, after = (getattr(statistics(side), statistic) for side in (old, new))
    of_old, of_new = (intervals(side, confidence, [statistic])[statistic] for side in (old, new))
    down = math.hypot(after - of_new.low, of_old.high - before)
    up = math.hypot(of_new.high - after, before - of_old.low)
    return rounded(after - before - down, after - before + up)


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
