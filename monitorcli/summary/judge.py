"""Whether a gate holds. Nothing to judge, and what cannot be judged, is never a pass."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from monitorcli.summary.comparison import Comparison, sides
from monitorcli.summary.falls import ALPHA, FallTest, fall_test, improvement_tests
from monitorcli.summary.gates import P_IMPROVE, POINT, Gate
from monitorcli.summary.intervals import UNKNOWN, Interval, intervals
from monitorcli.summary.measures import MEASURES, Measured
from monitorcli.summary.power import Power, power
from monitorcli.summary.resampling import Values


class Outcome(Enum):
    """What became of a gate. A fall beyond what is allowed that may be chance is no reason to fail."""

    MET = "met"
    NOISE = "noise"
    NOT_MET = "not met"
    UNJUDGED = "cannot judge"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A gate and what was found. `value` and `baseline` are NaN when there was nothing to judge.

    `n` is the number of episodes that `value` is over, `n_old` that of the baseline, of pairs when `paired`.
    `unjudged` says why it could not be judged. Of a regression `p` is the probability of such a fall by
    chance, and `detectable` and `needed` are those of `Power`, in the measure's unit and for the fall
    allowed; NaN where that is not known. `interval` is that of p_improve. `early` is the
    sentence about a gate that was decided before all episodes were run.
    """

    gate: Gate
    outcome: Outcome
    value: float
    n: int
    baseline: float = math.nan
    unjudged: str = ""
    n_old: int = 0
    paired: bool = False
    p: float = math.nan
    detectable: float = math.nan
    needed: float = math.nan
    interval: Interval = UNKNOWN
    early: str = ""

    @property
    def met(self) -> bool:
        """Whether the gate lets it pass."""
        return self.outcome in (Outcome.MET, Outcome.NOISE)


def judge(gate: Gate, new: Measured, comparison: Comparison | None) -> Verdict:
    """Whether the gate holds; a gate on a regression needs the comparison."""
    completed = int(new.episodes.completed.sum())
    if gate.kind == "episodes":
        return Verdict(gate, _passes(completed >= gate.limit), completed, completed)
    if gate.kind == "under":
        return _under(gate, new)
    assert comparison is not None
    return _improved(gate, comparison) if gate.measure == P_IMPROVE else _fallen(gate, comparison)


def _passes(met: bool) -> Outcome:
    return Outcome.MET if met else Outcome.NOT_MET


def _under(gate: Gate, new: Measured) -> Verdict:
    n, value = new.n(gate.measure), new.value(gate.measure)
    if not n:
        return _nothing(gate, "no completed episode has a value")
    if gate.end:
        value = _end(new.interval(gate.measure), gate)
    if math.isnan(value):
        return _nothing(gate, _without_interval(gate, n), n)
    return Verdict(gate, _passes(value >= gate.limit), value, n)


def _without_interval(gate: Gate, n: int) -> str:
    if n < 2:
        return "one episode is too few"
    if not gate.end:
        return "it is no number"
    return f"all {n:,} values are equal, which leaves no interval; judge {gate.measure} itself, or success"


def _fallen(gate: Gate, comparison: Comparison) -> Verdict:
    new, old = comparison.new, comparison.old
    for side, name in ((new, "no completed episode has a value"), (old, "the baseline has no value")):
        if not side.n(gate.measure):
            return _nothing(gate, name)
    value, baseline, n = new.value(gate.measure), old.value(gate.measure), new.n(gate.measure)
    if math.isnan(value) or math.isnan(baseline):
        return _nothing(gate, "one episode is too few", n)
    allowed = gate.limit * abs(baseline) if gate.relative else gate.limit
    fallen = baseline - value
    # A fall of exactly what is allowed may come out one bit larger.
    within = fallen <= allowed or math.isclose(fallen, allowed, rel_tol=1e-12)
    if gate.end == POINT:
        return Verdict(gate, _passes(within), value, n, baseline, n_old=old.n(gate.measure))
    column, statistic = MEASURES[gate.measure]
    before, after, paired = sides(column, old, new, comparison.pairs)
    test = (
        FallTest(math.nan, 0.0)
        if within
        else fall_test(before, after, paired, statistic, column == "success")
    )
    outcome = outcome_of(test, within)
    sight = power(before, after, paired, statistic, column == "success")
    unjudged = _too_few(test, paired) if outcome is Outcome.UNJUDGED else ""
    if outcome is Outcome.NOISE and gate.relative and _near_zero(before, statistic):
        outcome, unjudged = Outcome.UNJUDGED, _NEAR_ZERO.format(gate.measure)
    return Verdict(
        gate, outcome, value, n, baseline, unjudged, len(before), paired, test.p, sight.detectable,
        _needed(sight, allowed),
    )  # fmt: skip


def _needed(sight: Power, allowed: float) -> float:
    return sight.needed(allowed) if allowed > 0 else math.nan


def outcome_of(test: FallTest, within: bool) -> Outcome:
    """What becomes of a gate on a regression; `within` says that it fell by no more than is allowed."""
    if within:
        return Outcome.MET
    if test.p <= ALPHA:
        return Outcome.NOT_MET
    return Outcome.UNJUDGED if test.least > ALPHA else Outcome.NOISE


_NEAR_ZERO = "the baseline may as well be 0, of which a share means nothing; give an amount, as in {}:10"


def _near_zero(values: Values, statistic: str) -> bool:
    """Whether 0 is in the interval of what the allowance is a share of."""
    found = intervals(values, 0.95, [statistic])[statistic]
    return found.low <= 0 <= found.high


def _too_few(test: FallTest, paired: bool) -> str:
    these = "these pairs" if paired else "these values"
    more = f"; take about {test.needed:,} episodes a side" if test.needed else ""
    return f"{these} are too few, or too many are equal, to tell any fall from chance{more}"


def _improved(gate: Gate, comparison: Comparison) -> Verdict:
    n, n_old, value = comparison.n_new, comparison.n_old, comparison.p_improve
    if gate.end in ("ci_low", "ci_high"):
        value = _end(comparison.p_interval, gate)
    if math.isnan(value):
        return _nothing(gate, "there are no episodes on both sides")
    paired, interval, within = comparison.paired, comparison.p_interval, value >= gate.limit
    if gate.end or within:
        return Verdict(gate, _passes(within), value, n, n_old=n_old, paired=paired, interval=interval)
    column = "recent" if comparison.differences[0].name == "recent" else "episode_return"
    before, after, paired = sides(column, comparison.old, comparison.new, comparison.pairs)
    test = improvement_tests(before[None], after[None], paired)[0]
    outcome = outcome_of(test, within)
    unjudged = _too_few(test, paired) if outcome is Outcome.UNJUDGED else ""
    return Verdict(gate, outcome, value, n, math.nan, unjudged, n_old, paired, test.p, interval=interval)


def _end(interval: Interval, gate: Gate) -> float:
    return interval.low if gate.end == "ci_low" else interval.high


def _nothing(gate: Gate, why: str, n: int = 0) -> Verdict:
    return Verdict(gate, Outcome.UNJUDGED, math.nan, n, unjudged=why)
