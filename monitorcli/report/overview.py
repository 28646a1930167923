"""What is said of several recordings: a row for each series, and statistics across directories."""

from __future__ import annotations

from collections.abc import Sequence

from monitorcli.recording.manifest import UNKNOWN
from monitorcli.report import runs
from monitorcli.report.intervals import OF_RUNS, between, estimated, few
from monitorcli.report.layout import Line, Span
from monitorcli.report.model import View
from monitorcli.report.order import COLUMNS
from monitorcli.report.text import number, printable
from monitorcli.summary.group import Group
from monitorcli.summary.intervals import UNKNOWN as UNKNOWN_INTERVAL
from monitorcli.summary.intervals import Interval
from monitorcli.summary.resampling import STATISTICS


def cells(view: View) -> dict[str, Line]:
    """What a table may say of a series, by column; () where there is nothing to say.

    Of a training "mean" is that of its last episodes, and "of" says of how many.
    """
    numbers, measured, name = view.numbers, view.measured, view.headline
    row: dict[str, Line] = dict.fromkeys((*COLUMNS, "mean", "interval", "of"), ())
    row["directory"] = [Span(view.name, "path")]
    row["series"] = [Span(view.title or "not known")]
    row["completed"] = [Span(f"{numbers.completed:,}", "value")]
    row["incomplete"] = [Span(f"{numbers.incomplete:,}")]
    cut = f" + {numbers.incomplete:,} incomplete" if numbers.incomplete else ""
    row["episodes"] = [*row["completed"], Span(cut)]
    row["steps"] = [Span(f"{numbers.steps:,}")]
    row["return"] = [Span("none finite" if numbers.completed else "nothing recorded", "bad")]
    if measured.n(name):
        value, interval = number(measured.value(name)), measured.interval(name)
        row["mean"] = [Span(value, "value")]
        row["interval"] = [Span(between(interval))]
        row["of"] = [Span(f"last {measured.n(name):,}" if view.is_training else "all")]
        row["return"] = estimated(value, interval)
        row["iqm"] = [Span(number(measured.value("iqm")))]
        row["best"] = [Span(number(measured.value("max")))]
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
    found = ((name, getattr(group.statistics, name)) for name in STATISTICS)
    return [
        (name, number(value), group.intervals.get(name, UNKNOWN_INTERVAL))
        for name, value in found
        if value == value
    ]


def about_groups(groups: Sequence[tuple[str, Group]]) -> list[str]:
    """What to know before believing the groups' statistics."""
    said = [f"means {OF_RUNS}"]
    least, differ = min(((of.statistics.n, of.others) for _, of in groups), default=(0, 0))
    return [*said, few(least, differ)] if few(least, differ) else said


def named(series: str) -> str:
    """A series' name, safe to print."""
    return "environment not known" if series == UNKNOWN else printable(series, limit=80)
