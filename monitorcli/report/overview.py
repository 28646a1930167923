"""What is said of several recordings: a row each, and the group's statistics."""

from __future__ import annotations

from monitorcli.report import runs
from monitorcli.report.intervals import OF_RUNS, between, estimated, few
from monitorcli.report.layout import Line, Span
from monitorcli.report.model import View
from monitorcli.report.text import number
from monitorcli.summary.group import Group
from monitorcli.summary.intervals import Interval
from monitorcli.summary.resampling import STATISTICS

COLUMNS = (
    "directory",
    "environment",
    "episodes",
    "mean return",
    "iqm",
    "length",
    "success",
    "videos",
    "runs",
)


def cells(view: View) -> dict[str, Line]:
    """What a table may say of a recording, by column; () where there is nothing to say."""
    numbers, measured = view.numbers, view.measured
    row: dict[str, Line] = dict.fromkeys((*COLUMNS, "mean", "interval"), ())
    row["directory"] = [Span(view.name, "path")]
    row["environment"] = [Span(view.environment or "not known")]
    row["completed"] = [Span(f"{numbers.completed:,}", "value")]
    row["incomplete"] = [Span(f"{numbers.incomplete:,}")]
    cut = f" + {numbers.incomplete:,} incomplete" if numbers.incomplete else ""
    row["episodes"] = [*row["completed"], Span(cut)]
    row["mean return"] = [Span("nothing recorded", "bad")]
    if measured.n("mean"):
        row["mean"] = [Span(number(measured.value("mean")), "value")]
        row["interval"] = [Span(between(measured.interval("mean")))]
        row["mean return"] = estimated(number(measured.value("mean")), measured.interval("mean"))
        row["iqm"] = [Span(number(measured.value("iqm")))]
        row["length"] = [Span(number(measured.value("length_mean")))]
    if numbers.judged:
        row["success"] = [Span(f"{view.success} % of {numbers.judged:,}")]
    if view.recording.films:
        row["videos"] = [Span(f"{len(view.recording.films):,}")]
    if view.recording.runs:
        row["runs"] = runs.summary_line(view.recording.runs)
    return row


def of_group(group: Group) -> list[tuple[str, str, Interval]]:
    """Name, value and interval of each statistic over the directories; one directory has no spread."""
    found = ((name, getattr(group.statistics, name), group.intervals[name]) for name in STATISTICS)
    return [(name, number(value), interval) for name, value, interval in found if value == value]


def about_group(group: Group) -> list[str]:
    """What to know before believing the group's statistics."""
    said = [f"mean returns {OF_RUNS}"]
    if max(group.strata.values()) > 1 and few(group.statistics.n):
        said.append(few(group.statistics.n))
    if len(group.strata) > 1:
        environments = f"{len(group.strata):,} environments"
        said.append(f"resampled within each of {environments}; are their returns on one scale?")
    return said
