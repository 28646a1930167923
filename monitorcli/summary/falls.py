"""Whether a fall may be chance: the one-sided probability of such a fall if the new policy were no worse.

Of means a permutation test, of pairs sign flips; of median and iqm the percentile bootstrap, of success rates
Fisher's and McNemar's tests. docs/gates-tables.md has their measured rates of false alarms and their power.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitorcli.summary.differences import difference_intervals, drawn_apart, drawn_pairs
from monitorcli.summary.exact_tests import fisher, log_choose, mcnemar
from monitorcli.summary.improvement import placements
from monitorcli.summary.intervals import equal
from monitorcli.summary.overview import statistics
from monitorcli.summary.permutation import below_each, permutations, sign_flips
from monitorcli.summary.quantiles import normal_quantile, t_probability
from monitorcli.summary.resampling import MOST_RESAMPLED, Values

ALPHA = 0.025  # a fall with at most this probability is not chance
_FEWEST = 4  # values a side of which none are equal, for any p of at most ALPHA
FEWEST_RANKED = 10  # values a side for the bootstrap of median and iqm
_SAME = 1e-9  # relative; statistics that differ by less are equal


class FallTest(NamedTuple):
    """The probability of such a fall, and the smallest one that these values could have had.

    `needed` is how many episodes a side of the same kind could have at most ALPHA; 0 where these can.
    """

    p: float
    least: float
    needed: int = 0


def fall_test(old: Values, new: Values, paired: bool, statistic: str, success: bool) -> FallTest:
    """Test whether the statistic of `new`, shape (n_new,), is lower than that of `old`, (n_old,).

    `statistic` is "mean", "median" or "iqm"; `success` says that the values are zeros and ones.
    """
    if success:
        return improvement_tests(old[None], new[None], True)[0] if paired else _of_successes(old, new)
    if statistic != "mean":
        return _of_ranks(old, new, paired, statistic)
    return mean_fall_tests(old[None], new[None], paired)[0]


def mean_fall_tests(old: Values, new: Values, paired: bool) -> list[FallTest]:
    """The test of the mean for each row of (samples, n_old) and (samples, n_new)."""
    if paired:
        change = np.where(equal(old, new), 0, new - old)
        untied = np.count_nonzero(change, axis=1).tolist()
        return [
            _bounded(p, partial(_rarest_flip, count), new.shape[1])
            for p, count in zip(sign_flips(change).tolist(), untied, strict=True)
        ]
    if min(old.shape[1], new.shape[1]) < 2:
        return [FallTest(1.0, 1.0, _FEWEST)] * len(new)
    most = max(old.shape[1], new.shape[1])
    return [
        _bounded(p, partial(_rarest, before, after), most)
        for p, before, after in zip(permutations(old, new).tolist(), old, new, strict=True)
    ]


def improvement_tests(old: Values, new: Values, paired: bool) -> list[FallTest]:
    """Test for each row whether new values are the lower ones: McNemar's test of pairs, else permuted ranks.

    Of ranks Welch's t is Brunner and Munzel's (Neubert and Brunner, 2007).
    """
    if paired:
        counts = zip(_count(new < old), _count(new > old), strict=True)
        return [_of_changes(lost, won, new.shape[1]) for lost, won in counts]
    pools = np.sort(np.concatenate([old, new], axis=1), axis=1)
    return mean_fall_tests(_ranks(pools, old), _ranks(pools, new), False)


def _ranks(pools: Values, side: Values) -> Values:
    return np.array([placements(pool, row) for pool, row in zip(pools, side, strict=True)])


def _count(rows: npt.NDArray[np.bool_]) -> list[int]:
    counts: list[int] = np.count_nonzero(rows, axis=1).tolist()
    return counts


def _bounded(p: float, least: Callable[[int], float], n: int) -> FallTest:
    """The test whose smallest p is `least(1)`, and `least(k)` of k times as many values of the same kind."""
    smallest = least(1)
    if smallest <= ALPHA:
        return FallTest(max(p, smallest), smallest)
    factor = next((factor for factor in range(2, 1000) if least(factor) <= ALPHA), 0)
    return FallTest(max(p, smallest), smallest, factor * n)


def _rarest_flip(untied: int, factor: int) -> float:
    """The share of all flips in which every pair fell, with `factor` times as many pairs."""
    return 0.5 ** (factor * untied)


def _rarest(old: Values, new: Values, factor: int) -> float:
    """The share of arrangements in which the lowest values are the new ones, with `factor` times as many."""
    ordered = np.sort(np.concatenate([old, new]))
    limit = ordered[len(new) - 1]
    tied = equal(ordered, np.full(len(ordered), limit))
    of_new = len(new) - int(np.count_nonzero(~tied & (ordered < limit)))
    ties = int(np.count_nonzero(tied))
    rare = log_choose(factor * ties, factor * of_new)
    return math.exp(rare - log_choose(factor * len(ordered), factor * len(new)))


def _of_ranks(old: Values, new: Values, paired: bool, statistic: str) -> FallTest:
    """The share of resamples in which it did not fall, of pairs by Student's t; FEWEST_RANKED a side."""
    if min(len(old), len(new)) < FEWEST_RANKED:
        return FallTest(1.0, 1.0, FEWEST_RANKED)
    if max(len(old), len(new)) > MOST_RESAMPLED:
        interval = difference_intervals(old, new, paired, [statistic], 0.95)[statistic]
        change = getattr(statistics(new), statistic) - getattr(statistics(old), statistic)
        error = (interval.high - change) / normal_quantile(0.95)
        return FallTest(float(below_each(np.array([change]), np.array([error]))[0]), 0.0)
    if paired:
        p = float(not_fallen(*drawn_pairs(old, new, [statistic])[statistic])[0])
        return FallTest(t_probability(p, len(new)), 0.0)
    drawn = drawn_apart(old[None], new[None], [statistic])
    return FallTest(float(not_fallen(*drawn[statistic])[0]), 0.0)


def not_fallen(before: Values, after: Values) -> Values:
    """Test whether it fell: p of each column of resampled statistics, shape (rows, samples)."""
    slack = _SAME * np.maximum(np.abs(before), np.abs(after))
    return np.asarray((1 + (after >= before - slack).sum(axis=0)) / (len(before) + 1))


def _of_successes(old: Values, new: Values) -> FallTest:
    won = int(old.sum()), int(new.sum())
    sizes = len(old), len(new)

    def least(factor: int) -> float:
        total, size = factor * sum(won), factor * sizes[0]
        few = max(0, total - size)
        return fisher(total - few, size, few, factor * sizes[1])

    return _bounded(fisher(won[0], sizes[0], won[1], sizes[1]), least, max(sizes))


def _of_changes(lost: int, won: int, n: int) -> FallTest:
    """McNemar's test of n pairs, so many of which changed."""
    return _bounded(mcnemar(lost, won), lambda factor: 0.5 ** (factor * (lost + won) + 1), n)
