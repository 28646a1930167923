"""What is said first: of what, when, how it went, and the numbers that most people came for."""

from __future__ import annotations

from collections.abc import Sequence

from monitorcli.report import numbers, runs
from monitorcli.report.model import View
from monitorcli.report.numbers import Tile
from monitorcli.report.page.markup import NOTHING, Markup, joined, remark, table, tag
from monitorcli.report.text import listing, number

_MOST_NAMES = 6


def title(view: View) -> str:
    """The environments' names, the first six."""
    return listing(view.env_ids, _MOST_NAMES) or "Environment not known"


def facts(view: View) -> Markup:
    """Mode, runs and times in one line."""
    spans = (
        tag("strong", span.text, class_=span.role) if span.role in ("good", "bad") else tag("span", span.text)
        for span in (runs.summary_line(view.recording.runs) if view.recording.runs else ())
    )
    parts = (view.modes, joined(spans), view.when)
    return tag("p", joined((tag("span", part) for part in parts if part), " · "), class_="facts")


def section(view: View) -> Markup:
    """The numbers, each with its unit and of how many episodes it is."""
    tiles = tag("dl", *map(_drawn, numbers.tiles(view)), class_="tiles")
    return joined([tiles, remark(numbers.warning(view))])


def _drawn(tile: Tile) -> Markup:
    small = tag("small", tile.unit) if tile.unit else NOTHING
    value = tag("dd", tag("b", tile.value), small)
    below = tag("dd", tile.below, class_="below")
    return tag("div", tag("dt", tile.term), value, below, class_="main" if tile.main else None)


def overview(named: Sequence[tuple[View, str]]) -> Markup:
    """A row for each of several recordings, with a link to where it stands in the page."""
    header = ("Directory", "Environment", "Completed", "Mean return", "Interval", "Mean length", "State")
    rows = (
        (
            tag("a", view.recording.directory, href=f"#{name}"),
            title(view),
            f"{view.numbers.completed:,}",
            number(view.numbers.episode_return.mean) if view.numbers.episode_return.n else "none",
            numbers.interval(view.measured),
            number(view.numbers.length.mean) if view.numbers.length.n else "none",
            ", ".join(sorted({run.state for run in view.recording.runs})),
        )
        for view, name in named
    )
    return table(header, rows, "Recordings")
