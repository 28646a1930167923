"""What a report was asked for and what it found: the one value that every format takes."""

from __future__ import annotations

import functools
import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from monitorcli.errors import BadRequest
from monitorcli.recording.model import Recording
from monitorcli.report.counterparts import Compared, compared
from monitorcli.report.decided import stopped
from monitorcli.report.evaluation import Evaluation, evaluation_in, identity
from monitorcli.report.options import ReportOptions
from monitorcli.report.order import ordered
from monitorcli.report.recording_view import RecordingView, selected, selected_baseline
from monitorcli.report.view import View
from monitorcli.summary.comparison import Comparison
from monitorcli.summary.gates import Gate
from monitorcli.summary.group import Group, group
from monitorcli.summary.judge import Outcome, Verdict, judge

__all__ = ["Compared", "RecordingView", "Report", "ReportOptions", "View", "make_report", "refuse_several"]

MOST_WINDOWS = 10_000


@dataclass(frozen=True)
class Report:
    """The recordings, and what was found out about them.

    `comparisons` has one for each view when there is a baseline, `verdicts` one for each gate of each view.
    """

    recordings: tuple[RecordingView, ...]
    options: ReportOptions = field(default_factory=ReportOptions)
    comparisons: tuple[Compared, ...] = ()
    verdicts: tuple[tuple[View, Verdict], ...] = ()

    @functools.cached_property
    def views(self) -> tuple[View, ...]:
        """Every series of every recording, in the order that was asked for."""
        return ordered([view for one in self.recordings for view in one.views], self.options.sort)

    @functools.cached_property
    def evaluations(self) -> tuple[tuple[tuple[View, ...], Evaluation], ...]:
        """Each evaluation with a plan, of whatever directories have a part of it, and its series there."""
        found: dict[Hashable, list[tuple[RecordingView, View]]] = {}
        for one in self.recordings:
            for view in one.views:
                if known := one.evaluation(view):
                    found.setdefault(identity(known.plan), []).append((one, view))
        together = ((tuple(view for _, view in of), evaluation_in(_places(of))) for of in found.values())
        return tuple((views, known) for views, known in together if known)

    def comparison_of(self, view: View) -> Comparison | None:
        """What is between the view and its counterpart in the baseline."""
        return next((one.comparison for one in self.comparisons if one.new is view), None)

    @functools.cached_property
    def groups(self) -> tuple[tuple[str, Group], ...]:
        """Statistics across directories, for each series of which several have a number, by its name."""
        if len(self.recordings) < 2:
            return ()
        scores: dict[str, list[float]] = {}
        for view in self.views:
            scores.setdefault(view.series.name, []).append(view.measured.value(view.headline))
        found = ((name, group(of, self.options.confidence)) for name, of in scores.items() if len(of) > 1)
        return tuple((name, one) for name, one in found if one.statistics.n > 1)


def _places(of: Sequence[tuple[RecordingView, View]]) -> list[tuple[Recording, int]]:
    return [(one.recording, one.recording.series.index(view.series)) for one, view in of]


def make_report(
    recordings: Sequence[Recording], options: ReportOptions | None = None, baseline: Recording | None = None
) -> Report:
    """Look at the recordings, compare them with their baseline, and judge the gates.

    Raises BadRequest when the selection leaves no series, or when a gate or a comparison is asked for and
    it is not certain of which.
    """
    options = options or ReportOptions()
    beside = None if baseline is None else baseline.directory
    found = tuple(selected(recording, options, beside) for recording in recordings)
    for view in (view for one in found for view in one.views):
        _refuse_many_windows(view, options.window)
    if options.gates:
        for one in found:
            _refuse_several_series(one, options, beside)
    comparisons = () if baseline is None else compared(found, selected_baseline(baseline, options), options)
    report = Report(found, options, comparisons)
    verdicts = tuple(
        (view, _early(gate, view, report) or judge(gate, view.measured, report.comparison_of(view)))
        for view in report.views
        for gate in options.gates
    )
    return replace(report, verdicts=verdicts)


def _early(gate: Gate, view: View, report: Report) -> Verdict | None:
    """The verdict that stopped the evaluation; of another gate, that it cannot be judged by what was run."""
    decision = stopped(view.recording)
    if decision is None:
        before = next((stopped(one.old.recording) for one in report.comparisons if one.new is view), None)
        if before is None or gate.kind != "regression":
            return None
        return Verdict(gate, Outcome.UNJUDGED, math.nan, 0, unjudged=f"the baseline was {before.title}")
    known = decision.of_gate(gate.option)
    if known is None:
        why = f"the evaluation was {decision.title}"
        return Verdict(gate, Outcome.UNJUDGED, math.nan, decision.episodes, unjudged=why)
    outcome = Outcome.MET if known.met else Outcome.NOT_MET
    return Verdict(gate, outcome, known.value, decision.episodes, early=decision.sentence(known))


def _refuse_several_series(one: RecordingView, options: ReportOptions, baseline: Path | None) -> None:
    if len(one.views) > 1:
        raise BadRequest(
            f"{one.name} has {len(one.views)} series, and a gate judges one.",
            options.choices(one.recording.directory, [view.series for view in one.views], baseline),
        )


def _refuse_many_windows(view: View, size: int | None) -> None:
    count = -(-view.numbers.completed // size) if size else 0
    if size and count > MOST_WINDOWS:
        least = -(-view.numbers.completed // MOST_WINDOWS)
        raise BadRequest(
            f"--window {size} makes {count:,} windows of {view.name}; {MOST_WINDOWS:,} are the most.",
            f"For example: --window {least}",
        )


def refuse_several(directories: int, what: str) -> None:
    """Raise BadRequest when more than one is asked for; `what` says for whom that is too many."""
    if directories > 1:
        raise BadRequest(
            f"{what} of one directory, and {directories} were given.", "Run it once for each directory."
        )
