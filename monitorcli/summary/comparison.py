"""Two sets of episodes side by side: differences, and the probability that one beats the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from monitorcli.summary.differences import difference_intervals, success_difference
from monitorcli.summary.improvement import improvement
from monitorcli.summary.intervals import UNKNOWN, Interval
from monitorcli.summary.measures import MEASURES, Measured, column
from monitorcli.summary.pairing import pairing
from monitorcli.summary.resampling import Values
from monitorcli.summary.selection import Rows

COMPARED = ("mean", "iqm", "median", "std", "success", "length_mean")


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

    `pairs` has the rows of both that are compared with each other, None where episodes are not paired.
    `p_improve` is the probability that a new episode's return is the higher one, see `improvement`.
    """

    old: Measured
    new: Measured
    n_old: int
    n_new: int
    pairs: tuple[Rows, Rows] | None
    differences: tuple[Difference, ...]
    p_improve: float
    p_interval: Interval

    @property
    def paired(self) -> bool:
        """Whether each episode is compared with the one of the same seed."""
        return self.pairs is not None


def compare(old: Measured, new: Measured, headline: str = "mean") -> Comparison:
    """Put the episodes of two policies side by side; paired by seed when both have the same seeds.

    With `headline` "recent" that measure comes first, and `p_improve` is of its episodes, which are no pairs.
    """
    rows = pairing(old.episodes, new.episodes) if headline == "mean" else None
    names = COMPARED if headline == "mean" else (headline, *COMPARED)
    known = [name for name in names if old.n(name) and new.n(name)]
    before, after, _ = sides(MEASURES[headline].column, old, new, rows)
    p_improve, p_interval = improvement(before, after, rows is not None, new.confidence)
    return Comparison(
        old=old,
        new=new,
        n_old=len(before),
        n_new=len(after),
        pairs=rows,
        differences=tuple(
            difference
            for column_name, names in groupby(known, lambda name: MEASURES[name].column)
            for difference in _differences(column_name, list(names), old, new, rows)
        ),
        p_improve=p_improve,
        p_interval=p_interval,
    )


def sides(
    name: str, old: Measured, new: Measured, rows: tuple[Rows, Rows] | None
) -> tuple[Values, Values, bool]:
    """The column of both sides, and whether they are pairs, which are known whole."""
    if rows is not None and name != "recent":
        before, after = (getattr(of.episodes, name)[at] for of, at in zip((old, new), rows, strict=True))
        if name != "success" or min(before.min(), after.min()) >= 0:
            return before.astype(np.float64), after.astype(np.float64), True
    before, after = (column(of.episodes, name).astype(np.float64) for of in (old, new))
    return before, after, False


def _differences(
    column_name: str, names: Sequence[str], old: Measured, new: Measured, rows: tuple[Rows, Rows] | None
) -> list[Difference]:
    """The differences of some measures of one column, from one set of resamples."""
    before, after, paired = sides(column_name, old, new, rows)
    statistic_of = {name: MEASURES[name].statistic for name in names}
    made = dict.fromkeys(statistic_of.values(), UNKNOWN)
    if new.confidence and column_name == "success":
        made = {"mean": success_difference(before, after, paired, new.confidence)}
    elif new.confidence:
        made = difference_intervals(before, after, paired, list(statistic_of.values()), new.confidence)
    return [Difference(name, old.value(name), new.value(name), made[statistic_of[name]]) for name in names]
