"""Several recordings in the table for people: a row for each series, their curves, what they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitorcli.report import comparison, evaluation_sentences, numbers, overlay, overview
from monitorcli.report.intervals import estimated, note
from monitorcli.report.layout import (
    Line,
    Span,
    TextTable,
    fitting,
    flow,
    indented,
    labelled,
    paragraph,
    words,
)
from monitorcli.report.model import Report, View
from monitorcli.report.order import COLUMNS
from monitorcli.report.series_block import COLUMN, window_lines
from monitorcli.report.text import plural
from monitorcli.summary.group import Group
from monitorcli.summary.measures import RECENT

_GROUP = 9  # where what stands behind the label begins
_MOST_ROWS = 200
_MOST_PLOTS = 3
_MOST_WINDOWS = 12  # series whose windows are shown
# The columns that are left out first where the terminal is narrow.
_LEAST = ("steps", "videos", "length", "success", "best", "iqm", "runs")


def parts(report: Report, width: int) -> list[list[Line]]:
    """The rows, each series' curves in one plot, what is said across directories, and the comparison."""
    return [
        _table(report, width),
        *_plots(report, width),
        _groups(report, width),
        *_evaluations(report, width),
        _against_baseline(report, width),
        *_windows(report),
    ]


def listed(views: Sequence[View], width: int) -> list[Line]:
    """Series of one recording that have no block of their own: a row each."""
    names = [name for name in COLUMNS if name not in ("directory", "runs")]
    return _fitting(views, names, width)


def _table(report: Report, width: int) -> list[Line]:
    found = _fitting(report.views, COLUMNS, width, report.options.sort)
    confidence = report.options.confidence
    said = note(confidence, warning=numbers.too_narrow(report.views)) if confidence else ""
    trainings = [view.is_training for view in report.views]
    if any(trainings):
        last = f"the mean of the last {RECENT} completed episodes"
        of = f"return: {last}" if all(trainings) else f"return: of training {last}, of evaluation of all"
        found += paragraph(" ", "dim", of, width, "dim")
    return found + paragraph(" ", "dim", said, width, "dim")


def _fitting(views: Sequence[View], names: Sequence[str], width: int, kept: str | None = None) -> list[Line]:
    """The rows with as many columns as fit; `kept` is not left out."""
    if not views:
        return []
    rows = [overview.cells(view) for view in views[:_MOST_ROWS]]
    columns = [name for name in names if any(row[name] for row in rows)]
    least = [name for name in _LEAST if name != kept]

    def tables() -> Iterator[TextTable]:
        for number in range(len(least) + 1):
            head = [name for name in columns if name not in least[:number]]
            yield TextTable(head, [[row[name] for name in head] for row in rows])

    more = len(views) - len(rows)
    rest: list[Line] = [[Span(f" … {more:,} more", "dim")]] if more else []
    return indented(fitting(tables(), width - 1)) + rest


def _plots(report: Report, width: int) -> list[list[Line]]:
    """The curves of each series that several directories have."""
    shared: dict[str, list[tuple[str, View]]] = {}
    for view in report.views:
        shared.setdefault(view.title, []).append((view.name, view))
    drawn = [
        [[Span(f" {title or 'environment not known'}", "title")], *plot]
        for title, of in shared.items()
        if (plot := overlay.lines(of, report.options.x, width))
    ]
    found: list[list[Line]] = list(drawn[:_MOST_PLOTS])
    if drawn[_MOST_PLOTS:]:
        more = f" … {plural(len(drawn) - _MOST_PLOTS, 'more plot')}: --env or --mode selects"
        found.append([[Span(more, "dim")]])
    return found


def _groups(report: Report, width: int) -> list[Line]:
    """A line for each series that several directories have, and what it is of."""
    remarks = [
        line
        for said in overview.about_groups(report.groups)
        for line in paragraph(" " * _GROUP, "", said, width, "dim")
    ]
    found: list[Line] = []
    for name, group in report.groups:
        label = " group" if not found else ""
        found += labelled(label, flow(_group(name, group), width - _GROUP), _GROUP)
    return found + remarks if found else []


def _evaluations(report: Report, width: int) -> Iterator[list[Line]]:
    """Those whose episodes are in several directories."""
    for views, found in report.evaluations:
        if len(views) > 1:
            heading = Span(f" {evaluation_sentences.in_several(views)}", "title")
            yield [[heading], *evaluation_sentences.lines(found, COLUMN, width)]


def _group(name: str, group: Group) -> list[Line]:
    directories = Span(f", {group.statistics.n:,} directories")
    values = overview.of_group(group)
    title = [Span(overview.named(name), "title"), directories]
    return [title, *([Span(f"{of} "), *estimated(value, interval)] for of, value, interval in values)]


def _against_baseline(report: Report, width: int) -> list[Line]:
    if not report.comparisons:
        return []
    found = indented(fitting(comparison.tables_of_several(report.comparisons), width - 1))
    shown = any("beats it" in words(line) for line in found[:1])
    about = paragraph(" ", "dim", comparison.BEATS, width, "dim") if shown else []
    return found + about + paragraph(" ", "dim", comparison.corrected(report), width, "dim")


def _windows(report: Report) -> Iterator[list[Line]]:
    """The windows of each series, under its directory and name."""
    if report.options.window is None:
        return
    for view in report.views[:_MOST_WINDOWS]:
        if shown := window_lines(view, report.options.window):
            yield [[Span(f" {view.name}", "path"), Span(f" · {view.title}" if view.title else "")], *shown]
    more = len(report.views) - _MOST_WINDOWS
    if more > 0:
        yield [[Span(f" … the windows of {more:,} more series", "dim")]]
