"""Several recordings: a row for each series, the curves of what they share, then each by itself."""

from __future__ import annotations

from collections.abc import Iterator

from monitorcli.report import evaluation_sentences, overview
from monitorcli.report.intervals import estimated
from monitorcli.report.layout import Span, TextTable, words
from monitorcli.report.model import Report, View
from monitorcli.report.order import ordered
from monitorcli.report.page import body, columns, evaluation, overlay
from monitorcli.report.page.markup import NOTHING, Markup, drawn, joined, remark, table, tag
from monitorcli.report.page.series import MOST_DRAWN, title

_HEADER = {
    "directory": "Directory",
    "series": "Series",
    "completed": "Completed",
    "mean": "Mean return",
    "interval": "Interval",
    "of": "Of",
    "length": "Mean length",
    "success": "Success",
    "runs": "Runs",
}


def content(of: Report, embed: int) -> tuple[Markup, Markup]:
    """The page's header and its content; `embed` bytes of film at most, over all recordings."""
    count = len(of.recordings)
    opening = tag("header", tag("h1", f"{count:,} recordings"))
    articles = (
        body.article(one, of.options, f"r{place}", embed // count, columns.MOST // count)
        for place, one in enumerate(of.recordings)
    )
    return opening, joined([_ranking(of), _groups(of), *_evaluations(of), *_curves(of), *articles])


def _links(of: Report) -> Iterator[tuple[View, str]]:
    """Every view with the id of where it stands in the page."""
    for place, one in enumerate(of.recordings):
        for number, view in enumerate(one.views):
            shown = len(one.views) > 1 and number < MOST_DRAWN
            yield view, f"r{place}-s{number}" if shown else f"r{place}"


def _ranking(of: Report) -> Markup:
    """A row for each series, with a link to where it stands: the best of each name first, or as asked for."""
    titles = list(dict.fromkeys(view.title for view in of.views))
    ranked = sorted(ordered(of.views, "return"), key=lambda view: titles.index(view.title))
    links = {id(view): link for view, link in _links(of)}
    rows = [_row(view, links[id(view)]) for view in (of.views if of.options.sort else ranked)]
    filled = [column for column in _HEADER if any(row[column] for row in rows)]
    cells = ([row[column] for column in filled] for row in rows)
    return table([_HEADER[column] for column in filled], cells, "Recordings", "scroll sortable")


def _row(view: View, link: str) -> dict[str, str]:
    row: dict[str, str] = {column: words(line) for column, line in overview.cells(view).items()}
    row["directory"] = tag("a", view.name, href=f"#{link}")
    row["completed"] = _sorted_by(view.numbers.completed, row["completed"])
    row["mean"] = _sorted_by(view.measured.value(view.headline), row["mean"] or "none")
    row["length"] = _sorted_by(view.numbers.length.mean, row["length"])
    return row


def _sorted_by(value: float, shown: str) -> Markup:
    """A number for the script that sorts the table."""
    return tag("data", shown, value=f"{value:.17g}") if value == value else tag("span", shown)


def _groups(of: Report) -> Markup:
    """A line for each series that several directories have."""
    if not of.groups:
        return NOTHING
    head = [name for name, _, _ in overview.of_group(of.groups[0][1])]
    rows = []
    for name, group in of.groups:
        found = {what: estimated(value, interval) for what, value, interval in overview.of_group(group)}
        count = [Span(f"{group.statistics.n:,}")]
        rows.append([[Span(overview.named(name))], count, *(found.get(what, []) for what in head)])
    shown = drawn(TextTable(("Series", "Directories", *head), rows), "Over directories")
    remarks = map(remark, overview.about_groups(of.groups))
    return tag("section", tag("h2", "Over directories"), shown, *remarks, class_="groups")


def _evaluations(of: Report) -> Iterator[Markup]:
    """Those whose episodes are in several directories."""
    for views, found in of.evaluations[:MOST_DRAWN]:
        if len(views) > 1:
            heading = tag("h2", evaluation_sentences.in_several(views))
            yield tag("section", heading, evaluation.content(found), class_="evaluation")


def _curves(of: Report) -> Iterator[Markup]:
    """A chart for each series that several recordings have."""
    by = of.options.x
    shared: dict[str, list[tuple[View, str]]] = {}
    for view, link in _links(of):
        shared.setdefault(title(view), []).append((view, link))
    for place, (name, found) in enumerate(shared.items()):
        yield overlay.section(name, found, by, f"curves-{place}", 2)
