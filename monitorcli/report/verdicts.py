"""What is said of a gate: one sentence, the same on the terminal, in CI and on the job's page."""

from __future__ import annotations

from monitorcli.report.model import Report, View
from monitorcli.report.text import number, plural
from monitorcli.summary.gates import P_IMPROVE, Verdict
from monitorcli.summary.measures import RECENT


def sentence(verdict: Verdict) -> str:
    """`mean fell by 9.3 %, allowed 5 %`; without a full stop."""
    gate = verdict.gate
    if verdict.early:
        return verdict.early
    if verdict.unjudged:
        return f"{gate.name} cannot be judged: {verdict.unjudged}"
    if gate.kind == "episodes":
        return f"{verdict.value:,.0f} episodes completed, at least {gate.limit:,.0f} wanted"
    if gate.kind == "regression" and gate.measure != P_IMPROVE:
        return _fall(verdict)
    few = gate.measure == "recent" and verdict.n < RECENT
    of = f" (of {plural(verdict.n, 'episode')})" if few else ""
    said = f"{gate.name}{of} is {number(verdict.value)}"
    if verdict.met:
        return f"{said}, at least {number(gate.limit)} wanted"
    return f"{said}, {number(gate.limit - verdict.value)} below the {number(gate.limit)} wanted"


def _fall(verdict: Verdict) -> str:
    """A fall, a rise or neither, in the unit of the limit."""
    gate, change = verdict.gate, verdict.value - verdict.baseline
    limit = f"{number(100 * gate.limit)} %" if gate.relative else number(gate.limit)
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
