"""One series: its numbers, its windows and its charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from monitorcli.report import numbers, overview, provenance, windows
from monitorcli.report.layout import words
from monitorcli.report.model import ReportOptions, View
from monitorcli.report.numbers import Tile
from monitorcli.report.page import curve, ends, histogram
from monitorcli.report.page.markup import NOTHING, Markup, drawn, joined, remark, table, tag
from monitorcli.report.text import plural
from monitorcli.summary.selection import Rows

_COLUMNS = ("completed", "mean", "interval", "of", "length")
_HEADER = ("Series", "Made at", "Completed", "Mean return", "Interval", "Of", "Mean length")


class Part(NamedTuple):
    """A part of the page: its id, the word for it in the navigation ("" for none), and its content."""

    id: str
    word: str
    content: Markup


def section(name: str, level: int, ending: str, word: str, content: Markup, title: str = "") -> Part:
    """A part with a heading; without content there is none."""
    whole = tag("section", tag(f"h{level}", title or word), content, id=f"{name}-{ending}", class_=ending)
    return Part(f"{name}-{ending}", word, whole if content else NOTHING)


def title(view: View) -> str:
    """The series' name."""
    return view.title or "Environment not known"


def facts(view: View, others: Sequence[View] = ()) -> list[str]:
    """Mode, place, number of environments, and what tells it from other series of the same environment."""
    environment = view.series.environment
    same = [one.series.environment for one in others if one.series.env_id == environment.env_id]
    found = [view.mode, view.place]
    if view.environments > 1:
        found.append(plural(view.environments, "environment"))
    if any(one.arguments != environment.arguments for one in same):
        found.append(provenance.arguments(environment))
    if any((one.policy, one.policy_hash) != (environment.policy, environment.policy_hash) for one in same):
        found.append(provenance.policy(environment))
    return [fact for fact in found if fact]


def block(
    of: Sequence[View], view: View, options: ReportOptions, filmed: Rows, name: str, level: int
) -> Part:
    """One of several series, with a heading of its own."""
    said = tag("p", " · ".join(facts(view, of)), class_="facts")
    content = joined(part.content for part in parts(view, options, filmed, name, level + 1))
    whole = tag("section", tag(f"h{level}", title(view)), said, content, id=name, class_="series")
    return Part(name, title(view), whole)


def parts(view: View, options: ReportOptions, filmed: Rows, name: str, level: int) -> list[Part]:
    """The numbers of the episodes, the return by window, and the charts; `filmed` are episodes' numbers."""
    episodes = view.recording.episodes
    if not len(episodes):
        nothing = "No episode was recorded." if options.selection.everything else "There is no such episode."
        return [Part("", "", tag("p", nothing, class_="nothing"))]
    shown, done = curve.seen(episodes, view.rows), episodes.completed
    line = NOTHING
    if shown:
        marked = np.intersect1d(filmed, view.rows)
        line = curve.section(shown, view.confidence, marked, f"{name}-curve", level)
    returns = histogram.section(episodes.episode_return[done], "return", f"{name}-returns", level)
    lengths = histogram.section(episodes.length[done], "length", f"{name}-lengths", level, " steps")
    pair = tag("div", returns, lengths, class_="pair") if returns or lengths else NOTHING
    stacked = ends.section(episodes.end, view.rows, f"{name}-ends", level)
    return [
        Part("", "", _numbers(view)),
        section(name, level, "windows", "Windows", _windows(view, options)),
        Part(f"{name}-curve", "Curve", line),
        Part(f"{name}-{'returns' if returns else 'lengths'}", "Distribution", pair),
        Part(f"{name}-ends", "Ends" if stacked else "", stacked or ends.sentence(episodes.end)),
    ]


def listed(views: Sequence[View], name: str, level: int) -> Part:
    """A table of series that have no block of their own."""
    rows = []
    for view in views:
        cells = overview.cells(view)
        rows.append((title(view), view.place, *(words(cells[column]) for column in _COLUMNS)))
    said = remark("These have no charts here; --series NAME makes a page of one.")
    more = f"{len(views):,} more series"
    return section(name, level, "more", more, joined([said, table(_HEADER, rows, more)]))


def _numbers(view: View) -> Markup:
    """The numbers, each with its unit and of how many episodes it is."""
    tiles = tag("dl", *map(_tile, numbers.tiles(view)), class_="tiles")
    return joined([tiles, remark(numbers.warning(view))])


def _tile(tile: Tile) -> Markup:
    small = tag("small", tile.unit) if tile.unit else NOTHING
    value = tag("dd", tag("b", tile.value), small)
    below = tag("dd", tile.below, class_="below")
    return tag("div", tag("dt", tile.term), value, below, class_="main" if tile.main else None)


def _windows(view: View, options: ReportOptions) -> Markup:
    """The return by window, where windows were asked for."""
    shown = drawn(windows.table(view, options.window), "Windows")
    return joined([shown, remark(windows.earlier(view, options.window))])
