"""Series beside those of a baseline: which is compared with which, and what is between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitorcli.errors import BadRequest
from monitorcli.recording.manifest import UNKNOWN
from monitorcli.report.options import ReportOptions
from monitorcli.report.recording_view import RecordingView
from monitorcli.report.text import listing
from monitorcli.report.view import View
from monitorcli.summary.comparison import Comparison, compare
from monitorcli.summary.measures import Measured


@dataclass(frozen=True)
class Compared:
    """A series beside its counterpart in the baseline."""

    new: View
    old: View
    comparison: Comparison


def compared(
    found: Sequence[RecordingView], baseline: RecordingView, options: ReportOptions
) -> tuple[Compared, ...]:
    """Each view beside the baseline's series of its name, or the only one that it has.

    Of two trainings their last episodes count first. Of k comparisons the intervals are Bonferroni's: all
    of them hold together as often as one would alone.
    """
    pairs = [(view, _counterpart(view, one, baseline, options)) for one in found for view in one.views]
    confidence = 1 - (1 - options.confidence) / len(pairs) if options.confidence else 0.0
    return tuple(Compared(new, old, _compare(old, new, confidence)) for new, old in pairs)


def _compare(old: View, new: View, confidence: float) -> Comparison:
    """The comparison; without intervals if one of the views has none."""
    if not (old.confidence and new.confidence):
        confidence = 0.0
    return compare(
        Measured(old.recording.episodes, confidence),
        Measured(new.recording.episodes, confidence),
        "recent" if old.is_training and new.is_training else "mean",
    )


def _counterpart(view: View, one: RecordingView, baseline: RecordingView, options: ReportOptions) -> View:
    same = [old for old in baseline.views if old.series.name == view.series.name]
    if len(same) == 1 or len(baseline.views) == 1:
        (old,) = same or baseline.views
        modes = {one.mode for one in (view, old)} - {""}
        if options.any_baseline or (old.series.env_id == view.series.env_id and len(modes) < 2):
            return old
        if len(modes) == 2:
            why = f"{view.name} is {view.mode}, and its baseline {baseline.name} is {old.mode}."
        else:
            why = f"{view.environment or UNKNOWN} is in {view.name}, and {old.environment or UNKNOWN} in its "
            why += f"baseline {baseline.name}: their returns are not on one scale."
    else:
        there = listing([old.title or UNKNOWN for old in baseline.views], 10)
        why = f"{view.name} has the series {view.title or UNKNOWN}, and its baseline {baseline.name} has "
        why += f"none of that name, but {there}."
    known = {old.series.name for old in baseline.views}
    shared = [new.series for new in one.views if new.series.name in known]
    lines = [options.choices(one.recording.directory, shared, baseline.recording.directory)]
    if len(baseline.views) == 1:
        lines.append("To compare them all the same: --force-baseline")
    raise BadRequest(why, "\n".join(line for line in lines if line))
