"""One series: its numbers, its windows and its charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from monitorcli.report import numbers, overview, windows
from monitorcli.report.layout import words
from monitorcli.report.model import RecordingView, ReportOptions, View
from monitorcli.report.numbers import Tile
from monitorcli.report.page import curve, ends, evaluation, histogram
from monitorcli.report.page.markup import NOTHING, Markup, drawn, joined, remark, table, tag
from monitorcli.report.text import plural
from monitorcli.report.told_apart import told_apart
from monitorcli.summary.selection import Rows

_COLUMNS = ("completed", "mean", "interval", "of", "length")
_HEADER = ("Series", "Made at", "Completed", "Mean return", "Interval", "Of", "Mean length")


MOST_DRAWN = 12  # series of a recording that have charts


class Placed(NamedTuple):
    """A series in the page: its number in the recording, what its ids begin with, its filmed episodes."""

    view: View
    number: int
    name: str
    filmed: Rows


class Part(NamedTuple):
    """A part of the page: its id, the word for it in the navigation ("" for none), and its content."""

    id: str
    word: str
    content: Markup


def placed(one: RecordingView, filmed: Rows, name: str) -> list[Placed]:
    """Every series of the recording; `filmed` are the numbers of episodes, of any series."""
    found, of = [], one.recording.episodes.series[filmed]
    for place, view in enumerate(one.views):
        number = one.recording.series.index(view.series)
        own = name if len(one.views) == 1 else f"{name}-s{place}"
        found.append(Placed(view, number, own, filmed[of == number]))
    return found


def section(name: str, level: int, ending: str, word: str, content: Markup, title: str = "") -> Part:
    """A part with a heading; without content there is none."""
    whole = tag("section", tag(f"h{level}", title or word), content, id=f"{name}-{ending}", class_=ending)
    return Part(f"{name}-{ending}", word, whole if content else NOTHING)


def title(view: View) -> str:
    """The series' name."""
    return view.title or "Environment not known"


def facts(view: View, of: RecordingView, heading: str) -> list[str]:
    """Mode where the heading does not say it, place, number of environments, and what else tells it apart."""
    environments = view.environments
    counted = plural(environments, "environment") if environments > 1 else ""
    apart = [fact for fact in told_apart(view.series, of.recording.series) if fact != view.place]
    mode = "" if view.mode in heading else view.mode
    return [fact for fact in (mode, view.place, counted, *apart) if fact]


def blocks(
    one: RecordingView, of: Sequence[Placed], options: ReportOptions, name: str, level: int
) -> list[Part]:
    """One series without a heading; of several the first twelve with one each, the others in a table."""
    if len(of) == 1:
        return _parts(of[0], one, options, level)
    found = [_block(series, one, options, level) for series in of[:MOST_DRAWN]]
    others = [series.view for series in of[MOST_DRAWN:]]
    return [*found, _listed(others, name, level)] if others else found


def _block(one: Placed, of: RecordingView, options: ReportOptions, level: int) -> Part:
    said = tag("p", " · ".join(facts(one.view, of, title(one.view))), class_="facts")
    content = joined(part.content for part in _parts(one, of, options, level + 1))
    heading = tag(f"h{level}", title(one.view))
    return Part(
        one.name, title(one.view), tag("section", heading, said, content, id=one.name, class_="series")
    )


def _parts(one: Placed, of: RecordingView, options: ReportOptions, level: int) -> list[Part]:
    """The numbers of the episodes, the evaluation, the return by window, and the charts."""
    view, name, episodes = one.view, one.name, one.view.recording.episodes
    judged = section(name, level, "evaluation", "Evaluation", evaluation.content(of.evaluation(view)))
    if not len(episodes):
        nothing = "No episode was recorded." if options.selection.everything else "There is no such episode."
        return [Part("", "", tag("p", nothing, class_="nothing")), judged]
    shown, done = curve.seen(episodes, view.rows), episodes.completed
    line = NOTHING
    if shown:
        line = curve.section(shown, view.confidence, one.filmed, f"{name}-curve", level)
    returns = histogram.section(episodes.episode_return[done], "return", f"{name}-returns", level)
    lengths = histogram.section(episodes.length[done], "length", f"{name}-lengths", level, " steps")
    pair = tag("div", returns, lengths, class_="pair") if returns or lengths else NOTHING
    stacked = ends.section(episodes.end, view.rows, f"{name}-ends", level)
    return [
        Part("", "", _numbers(view)),
        judged,
        section(name, level, "windows", "Windows", _windows(view, options)),
        Part(f"{name}-curve", "Curve", line),
        Part(f"{name}-{'returns' if returns else 'lengths'}", "Distribution", pair),
        Part(f"{name}-ends", "Ends" if stacked else "", stacked or ends.sentence(episodes.end)),
    ]


def _listed(views: Sequence[View], name: str, level: int) -> Part:
    """A table of series without charts."""
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
