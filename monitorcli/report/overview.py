"""Several recordings: a row each, and the group's statistics below."""

from __future__ import annotations

from monitorcli.report import runs
from monitorcli.report.intervals import OF_RUNS, between, few, note
from monitorcli.report.layout import MARGIN, Line, Span, Table, columns, flow, labelled, paragraph, width_of
from monitorcli.report.model import Report, View
from monitorcli.report.text import number, plural
from monitorcli.summary.group import Group
from monitorcli.summary.resampling import STATISTICS

_HEAD = ("directory", "environment", "episodes", "mean return", "iqm", "length", "success", "videos", "runs")
# What is left out first where the terminal is narrow.
_LEAST = ("videos", "length", "success", "environment", "iqm", "runs")


def lines(report: Report, width: int) -> list[Line]:
    """The rows with as many columns as fit, what the intervals are of, and the group."""
    rows = [cells(view) for view in report.views]
    head = [name for name in _HEAD if any(row[name] for row in rows)]
    for least in ("", *_LEAST):
        head = [name for name in head if name != least]
        found = columns(Table(head, [[row[name] for name in head] for row in rows]))
        if _fits(found, width):
            break
    else:
        found = [
            [MARGIN, *line]
            for row in rows
            for line in flow([row[name] for name in head if row[name]], width - 1)
        ]
    about = paragraph(" ", "", note(report.options.confidence), width, "dim")
    return [*found, *about, [], *_group(report, width)]


def _fits(found: list[Line], width: int) -> bool:
    return max(map(width_of, found)) <= width


def cells(view: View) -> dict[str, Line]:
    """What a table may say of a recording, by column; [] where there is nothing to say."""
    numbers, measured = view.numbers, view.measured
    row: dict[str, Line] = dict.fromkeys((*_HEAD, "mean", "interval"), ())
    row["directory"] = [Span(view.name, "path")]
    row["environment"] = [Span(view.environment or "not known")]
    row["completed"] = [Span(f"{numbers.completed:,}", "value")]
    row["incomplete"] = [Span(f"{numbers.incomplete:,}")]
    cut = f" + {numbers.incomplete:,} incomplete" if numbers.incomplete else ""
    row["episodes"] = [*row["completed"], Span(cut)]
    if measured.n("mean"):
        interval = between(measured.interval("mean"))
        row["mean"] = [Span(number(measured.value("mean")), "value")]
        row["interval"] = [Span(interval.strip())]
        row["mean return"] = [*row["mean"], Span(interval)]
        row["iqm"] = [Span(number(measured.value("iqm")))]
        row["length"] = [Span(number(measured.value("length_mean")))]
    else:
        row["mean return"] = [Span("nothing recorded", "bad")]
    if numbers.judged:
        row["success"] = [Span(f"{view.success} % of {numbers.judged:,}")]
    if view.recording.films:
        row["videos"] = [Span(f"{len(view.recording.films):,}")]
    if view.recording.runs:
        row["runs"] = runs.summary_line(view.recording.runs)
    return row


def of_group(group: Group) -> list[tuple[str, str, str]]:
    """Name, value and interval of each statistic over the directories; one directory has no spread."""
    found = ((name, getattr(group.statistics, name), group.intervals[name]) for name in STATISTICS)
    return [(name, number(value), between(interval)) for name, value, interval in found if value == value]


def _group(report: Report, width: int) -> list[Line]:
    group = report.group
    if group is None or not group.statistics.n:
        return [[Span(" group   no directory has a completed episode", "bad")]]
    n = plural(group.statistics.n, "directory").replace("directorys", "directories")
    segments: list[Line] = [[Span(n, "value")]]
    segments += [
        [Span(f"{name} "), Span(value, "value"), Span(interval)] for name, value, interval in of_group(group)
    ]
    notes = [f"mean returns {OF_RUNS}"]
    if max(group.strata.values()) > 1:
        notes.append(few(group.statistics.n))
    if len(group.strata) > 1:
        notes.append(
            f"resampled within each of {len(group.strata):,} environments; are their returns on one scale?"
        )
    remarks = [line for said in notes if said for line in paragraph(" " * 9, "", said, width, "dim")]
    return [*labelled(" group", flow(segments, width - 9), 9), *remarks]
