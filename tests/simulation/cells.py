"""One cell of a table: how often a gate fires, how often an interval holds the truth.

Each calls the functions that `inspect` calls. A cell has a seed of its own, so it is the same alone.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np
from distributions import Returns, share_of, shares

from monitorcli.summary.differences import (
    difference_intervals,
    drawn_apart,
    mean_differences,
    success_difference,
)
from monitorcli.summary.enough import too_narrow
from monitorcli.summary.falls import ALPHA, fall_test, improvement_tests, mean_fall_tests, not_fallen
from monitorcli.summary.improvement import improvement
from monitorcli.summary.intervals import intervals_of_each, percentiles, wilson
from monitorcli.summary.judge import Outcome, outcome_of

_BLOCK = 500  # samples at a time
CONFIDENCE = 0.95


class Alarms(NamedTuple):
    """Of the samples, the share in which the gate fires, and in which it cannot judge."""

    fires: float
    cannot_judge: float = 0.0


def seeded(*name: object) -> np.random.RandomState:
    """A generator of the cell's own."""
    return np.random.RandomState(zlib.crc32(repr(name).encode()))


def drawn(of: Returns, worse: bool, n: int, correlation: float | None, samples: int, n_new: int = 0) -> tuple:
    """Returns of the old policy and of one that is equal or worse, (samples, n) each."""
    old, new = shares(seeded(of.name, worse, n, correlation, n_new), samples, max(n, n_new), correlation)
    return of.quantile(old)[:, :n], (of.worse if worse else of.quantile)(new)[:, : n_new or n]


def bare(of: Returns, allowed: float, worse: bool, n: int, correlation: float | None, samples: int) -> Alarms:
    """The comparison of the two means alone."""
    old, new = drawn(of, worse, n, correlation, samples)
    return Alarms(float((old.mean(axis=1) - new.mean(axis=1) > allowed * old.mean(axis=1)).mean()))


def gate(
    of: Returns,
    allowed: float,
    worse: bool,
    n: int,
    correlation: float | None,
    samples: int,
    n_new: int = 0,
) -> Alarms:
    """`--fail-regression mean:...`, with `allowed` as a share."""
    old, new = drawn(of, worse, n, correlation, samples, n_new)
    tests = [
        test
        for first in range(0, samples, _BLOCK)
        for test in mean_fall_tests(
            old[first : first + _BLOCK], new[first : first + _BLOCK], correlation is not None
        )
    ]
    means = old.mean(axis=1), new.mean(axis=1)
    within = (means[0] - means[1] <= allowed * np.abs(means[0])).tolist()
    found = [outcome_of(test, one) for test, one in zip(tests, within, strict=True)]
    return Alarms(*(found.count(of) / samples for of in (Outcome.NOT_MET, Outcome.UNJUDGED)))


def ranked_gate(
    of: Returns, statistic: str, worse: bool, n: int, correlation: float | None, samples: int
) -> Alarms:
    """`--fail-regression iqm:0` or `median:0`."""
    old, new = drawn(of, worse, n, correlation, samples)
    if correlation is not None:
        p = [
            fall_test(before, after, True, statistic, False).p for before, after in zip(old, new, strict=True)
        ]
        return Alarms(float(np.mean(np.array(p) <= ALPHA)))
    p = [not_fallen(*drawn_apart(old[part], new[part], [statistic])[statistic]) for part in _parts(samples)]
    return Alarms(float((np.concatenate(p) <= ALPHA).mean()))


def success_gate(rate: float, worse: float, n: int, correlation: float | None, samples: int) -> Alarms:
    """`--fail-regression success:0`, from a rate of success to another one."""
    old, new = shares(seeded("success", rate, worse, n, correlation), samples, n, correlation)
    old, new = (old < rate).astype(float), (new < worse).astype(float)
    paired = correlation is not None
    found = [
        outcome_of(fall_test(before, after, paired, "mean", True), after.mean() >= before.mean())
        for before, after in zip(old, new, strict=True)
    ]
    return Alarms(*(found.count(of) / samples for of in (Outcome.NOT_MET, Outcome.UNJUDGED)))


def improvement_gate(of: Returns, n: int, correlation: float | None, samples: int) -> Alarms:
    """`--fail-regression p_improve:0.5`, of equal policies."""
    old, new = drawn(of, False, n, correlation, samples)
    paired = correlation is not None
    value = [improvement(*pair, paired, 0)[0] for pair in zip(old, new, strict=True)]
    found = [
        outcome_of(test, one >= 0.5)
        for test, one in zip(improvement_tests(old, new, paired), value, strict=True)
    ]
    return Alarms(*(found.count(of) / samples for of in (Outcome.NOT_MET, Outcome.UNJUDGED)))


class Coverage(NamedTuple):
    """Of the samples, the share whose interval holds the truth, and the share that are said to be too narrow.

    `unsaid` is the coverage where nothing was said; NaN where something always was.
    """

    holds: float
    said: float = 0.0
    unsaid: float = float("nan")


def coverage(of: Returns, n: int, samples: int) -> dict[str, Coverage]:
    """Of the intervals of mean, median and iqm. No interval counts as one that does not hold the truth."""
    values, _ = drawn(of, False, n, None, samples)
    said = np.array([bool(too_narrow(row)) for row in values])
    found = {}
    for name, made in intervals_of_each(values, CONFIDENCE).items():
        holds = _hold(made, of.truth[name])
        unsaid = float(holds[~said].mean()) if not said.all() else float("nan")
        found[name] = Coverage(float(holds.mean()), float(said.mean()), unsaid)
    return found


def coverage_of_difference(
    of: Returns, n: int, correlation: float | None, samples: int
) -> dict[str, Coverage]:
    """Of the intervals of new - old of equal policies, for mean, median and iqm."""
    old, new = drawn(of, False, n, correlation, samples)
    made = {
        "mean": [
            one
            for part in _parts(samples)
            for one in mean_differences(old[part], new[part], correlation is not None, CONFIDENCE)
        ]
    }
    ranked = ["median", "iqm"]
    if correlation is None:
        pieces = [drawn_apart(old[part], new[part], ranked) for part in _parts(samples)]
        for name in ranked:
            changes = [after - before for before, after in (of[name] for of in pieces)]
            made[name] = percentiles(np.concatenate(changes, axis=1), CONFIDENCE)
    else:
        few = zip(old[: samples // 2], new[: samples // 2], strict=True)
        each = [difference_intervals(*pair, True, ranked, CONFIDENCE) for pair in few]
        made.update({name: [one[name] for one in each] for name in ranked})
    return {name: Coverage(float(_hold(found, 0.0).mean())) for name, found in made.items()}


def coverage_of_success(rate: float, n: int, correlation: float | None, samples: int) -> float:
    """Of the interval of the difference of equal rates."""
    old, new = shares(seeded("rate", rate, n, correlation), samples, n, correlation)
    old, new = (old < rate).astype(float), (new < rate).astype(float)
    paired = correlation is not None
    made = [success_difference(*pair, paired, CONFIDENCE) for pair in zip(old, new, strict=True)]
    return float(_hold(made, 0.0).mean())


def coverage_of_wilson(rate: float, n: int) -> float:
    """Exactly, from the binomial distribution."""
    shares_of = [1.0]
    for _ in range(n):
        shares_of = [
            (shares_of[k] if k < len(shares_of) else 0.0) * (1 - rate) + (shares_of[k - 1] * rate if k else 0)
            for k in range(len(shares_of) + 1)
        ]
    made = [wilson(k, n, CONFIDENCE) for k in range(n + 1)]
    return sum(share for share, of in zip(shares_of, made, strict=True) if of.low <= rate <= of.high)


def coverage_of_improvement(kind: str, truth: float, n_old: int, n_new: int, samples: int) -> float:
    """Of p_improve's interval: "normal" (or any with the same ranks), "exponential", "ties", "pairs"."""
    random = seeded(kind, truth, n_old, n_new)
    old, new = (random.standard_normal((samples, n)) for n in (n_old, n_new))
    shift = np.sqrt(2) * _normal_shift(truth)
    if kind == "exponential":
        old, new = -np.log1p(-share_of(old)), -np.log1p(-share_of(new)) * truth / (1 - truth)
    else:
        new = new + shift
    if kind == "ties":
        old, new = np.round(old), np.round(new)
        truth = _truth_of_ties(shift)
    made = [improvement(*pair, kind == "pairs", CONFIDENCE)[1] for pair in zip(old, new, strict=True)]
    return float(_hold(made, truth).mean())


def _normal_shift(truth: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(truth)


def _truth_of_ties(shift: float) -> float:
    """The probability that one rounded value is above another, ties counted half."""
    edges = np.arange(-9.5, 10)
    old, new = (np.diff(share_of(edges - move)) for move in (0.0, shift))
    return float((new * (np.cumsum(old) - old / 2)).sum())


def _hold(made: list, truth: float) -> np.ndarray:
    slack = 1e-9 * abs(truth)  # for intervals are rounded to ten digits
    return np.array([of.low - slack <= truth <= of.high + slack for of in made])


def _parts(samples: int) -> list[slice]:
    return [slice(first, first + _BLOCK) for first in range(0, samples, _BLOCK)]
