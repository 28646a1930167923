"""What is said of a gate: one sentence, the same on the terminal, in CI and on the job's page."""

from __future__ import annotations

import math

from monitorcli.report.intervals import between, percent
from monitorcli.report.model import Report, View
from monitorcli.report.text import number, plural
from monitorcli.summary.gates import P_IMPROVE, POINT, Gate
from monitorcli.summary.judge import Verdict
from monitorcli.summary.measures import RECENT
from monitorcli.summary.power import POWER

_MOST_SHARE = 0.4  # of the baseline; above it only that is said


def sentence(verdict: Verdict) -> str:
    """`mean fell by 9.3 %, allowed 5 %, and not by chance (p = 0.004); n = 50 ...`; without a full stop."""
    gate = verdict.gate
    if verdict.early:
        return verdict.early
    if gate.kind == "regression" and not math.isnan(verdict.value):
        found = _improvement(verdict) if gate.measure == P_IMPROVE else _fall(verdict)
        return "; ".join(part for part in (found + _chance(verdict), sight(verdict)) if part)
    if verdict.unjudged:
        return f"{gate.name} cannot be judged: {verdict.unjudged}"
    if gate.kind == "episodes":
        return f"{verdict.value:,.0f} episodes completed, at least {gate.limit:,.0f} wanted"
    few = gate.measure == "recent" and verdict.n < RECENT
    return _limit(verdict, f" (of {plural(verdict.n, 'episode')})" if few else "")


def sight(verdict: Verdict) -> str:
    """What the episodes can tell: `n = 20 can tell falls of about 20 % (80 % power); for 5 % take about 300`.

    "" where the gate does not ask for it, it could not be judged, or the values do not say it.
    """
    gate, found = verdict.gate, verdict.detectable
    if math.isnan(found) or verdict.unjudged:
        return ""
    unit = abs(verdict.baseline) if gate.relative else 1.0
    amount = _one_digit(found / unit) if unit else math.inf
    n = f"n = {verdict.n_old:,} against {verdict.n:,}" if verdict.n_old != verdict.n else f"n = {verdict.n:,}"
    pairs = " pairs" if verdict.paired else ""
    if gate.relative and amount > _MOST_SHARE:
        said = f"{n}{pairs} can tell only falls above {_amount(gate, _MOST_SHARE)} ({percent(POWER)} power)"
    else:
        said = f"{n}{pairs} can tell falls of about {_amount(gate, amount)} and more ({percent(POWER)} power)"
    if not gate.limit or not verdict.needed > max(verdict.n, verdict.n_old):
        return said
    more = f"{_one_digit_up(verdict.needed):,.0f} {'pairs' if verdict.paired else 'episodes a side'}"
    return f"{said}; for {_amount(gate, gate.limit)} take about {more}"


def _one_digit(value: float) -> float:
    """From a few dozen episodes no more is known of it."""
    return float(f"{value:.0e}")


def _one_digit_up(value: float) -> float:
    unit: float = 10.0 ** math.floor(math.log10(value))
    return math.ceil(value / unit) * unit


def _amount(gate: Gate, amount: float) -> str:
    return f"{number(100 * amount)} %" if gate.relative else number(amount)


def _chance(verdict: Verdict) -> str:
    """Whether it may be chance, where that was asked."""
    if verdict.unjudged:
        return f", which cannot be judged: {verdict.unjudged}"
    if math.isnan(verdict.p):
        return ""
    p = "p < 0.001" if verdict.p < 0.001 else f"p = {verdict.p:.2g}"
    return f", but that may be chance ({p})" if verdict.met else f", and not by chance ({p})"


def _limit(verdict: Verdict, of: str = "") -> str:
    """The value beside its limit."""
    gate = verdict.gate
    said = f"{gate.name}{of} is {number(verdict.value)}"
    if verdict.value >= gate.limit:
        return f"{said}, at least {number(gate.limit)} wanted"
    return f"{said}, {number(gate.limit - verdict.value)} below the {number(gate.limit)} wanted"


def _improvement(verdict: Verdict) -> str:
    """p_improve beside its limit, with its interval; of an end of the interval only that end."""
    within = between(verdict.interval)
    return _limit(verdict, f" {within}" if within and verdict.gate.end in ("", POINT) else "")


def _fall(verdict: Verdict) -> str:
    """A fall, a rise or neither, in the unit of the limit."""
    gate, change = verdict.gate, verdict.value - verdict.baseline
    limit = _amount(gate, gate.limit)
    if not change:
        return f"{gate.name} is unchanged, allowed to fall by {limit}"
    amount = number(abs(change))
    if gate.relative and verdict.baseline:
        amount = f"{100 * abs(change / verdict.baseline):.3g} %"
    if change > 0:
        return f"{gate.name} rose by {amount}, allowed to fall by {limit}"
    return f"{gate.name} fell by {amount}, allowed {limit}"


def label(view: View) -> str:
    """The directory, and the series where the recording has several."""
    return f"{view.name}, {_series(view)}" if _series(view) else view.name


def sentences(report: Report) -> list[tuple[Verdict, str]]:
    """Every gate with its sentence.

    It begins with the directory when there are several, and the series when its recording has several.
    """
    whose = label if len(report.recordings) > 1 else _series
    return [
        (verdict, f"{whose(view)}: {sentence(verdict)}" if whose(view) else sentence(verdict))
        for view, verdict in report.verdicts
    ]


def unmet(report: Report) -> list[str]:
    """The sentences of the gates that do not hold."""
    return [said for verdict, said in sentences(report) if not verdict.met]


def _series(view: View) -> str:
    """The series' name, if the recording has several; else ""."""
    return view.title if len(view.recording.series) > 1 else ""
