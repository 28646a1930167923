"""Several recordings: a row each, and the group's statistics below."""

from __future__ import annotations

from monitorcli.report import runs
from monitorcli.report.answers import Answer, View
from monitorcli.report.intervals import OF_ONE_POLICY, OF_RUNS, between, few, percent
from monitorcli.report.layout import Line, Span, flow, grid, labelled, paragraph, width_of
from monitorcli.report.text import number, plural
from monitorcli.summary.intervals import STATISTICS

_HEAD = ("directory", "environment", "episodes", "mean return", "iqm", "length", "success", "videos", "runs")
# What is left out first where the terminal is narrow.
_LEAST = ("videos", "length", "success", "environment", "iqm", "runs")


def lines(answer: Answer, width: int) -> list[Line]:
    """The rows with as many columns as fit, what the intervals are of, and the group."""
    rows = [_row(view) for view in answer.views]
    columns = [name for name in _HEAD if any(row[name] for row in rows)]
    table = _grid(rows, columns)
    for name in _LEAST:
        if _fits(table, width):
            break
        columns = [column for column in columns if column != name]
        table = _grid(rows, columns)
    if not _fits(table, width):
        table = [
            line for row in rows for line in flow([row[name] for name in columns if row[name]], width - 1)
        ]
    note = f"[ ] {percent(answer.wanted.confidence)} interval over episodes: {OF_ONE_POLICY}"
    found: list[Line] = [[Span(" "), *line] for line in table]
    return [*found, *paragraph(" ", "", note, width, "dim"), [], *_group(answer, width)]


def _fits(table: list[Line], width: int) -> bool:
    return max(map(width_of, table)) < width


def _grid(rows: list[dict[str, Line]], columns: list[str]) -> list[Line]:
    head: list[Line] = [[Span(name, "label")] for name in columns]
    return grid([head, *([row[name] for name in columns] for row in rows)])


def _row(view: View) -> dict[str, Line]:
    numbers, measured = view.numbers, view.measured
    cut = f" + {numbers.incomplete:,} incomplete" if numbers.incomplete else ""
    row: dict[str, Line] = {name: [] for name in _HEAD}
    row["directory"] = [Span(view.name, "path")]
    row["environment"] = [Span(view.environment or "not known")]
    row["episodes"] = [Span(f"{numbers.completed:,}", "value"), Span(cut)]
    if measured.n("mean"):
        interval = between(measured.interval("mean"))
        row["mean return"] = [Span(number(measured.value("mean")), "value"), Span(interval)]
        row["iqm"] = [Span(number(measured.value("iqm")))]
        row["length"] = [Span(number(measured.value("length_mean")))]
    else:
        row["mean return"] = [Span("nothing recorded", "bad")]
    if numbers.judged:
        share = f"{100 * numbers.successes / numbers.judged:.3g} % of {numbers.judged:,}"
        row["success"] = [Span(share)]
    if view.recording.films:
        row["videos"] = [Span(f"{len(view.recording.films):,}")]
    if view.recording.runs:
        row["runs"] = runs.headline(view.recording.runs)
    return row


def _group(answer: Answer, width: int) -> list[Line]:
    group = answer.group
    if group is None or not group.statistics.n:
        return [[Span(" group   no directory has a completed episode", "bad")]]
    n = plural(group.statistics.n, "directory").replace("directorys", "directories")
    segments: list[Line] = [[Span(n, "value")]]
    for name in STATISTICS:
        value = getattr(group.statistics, name)
        if value == value:  # one directory has no spread
            interval = between(group.intervals[name])
            segments.append([Span(f"{name} "), Span(number(value), "value"), Span(interval)])
    notes = [f"mean returns {OF_RUNS}"]
    if max(group.strata.values()) > 1:
        notes.append(few(group.statistics.n))
    if len(group.strata) > 1:
        notes.append(
            f"resampled within each of {len(group.strata):,} environments; are their returns on one scale?"
        )
    remarks = [line for note in notes if note for line in paragraph(" " * 9, "", note, width, "dim")]
    return [*labelled(" group", flow(segments, width - 9), 9), *remarks]
