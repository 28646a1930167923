"""One recording from its title to its notes, section by section."""

from __future__ import annotations

from collections.abc import Sequence

from monitorcli.report import numbers, runs, windows
from monitorcli.report.model import ReportOptions, View
from monitorcli.report.numbers import Tile
from monitorcli.report.page import columns, curve, ends, episode_list, films, histogram
from monitorcli.report.page import runs as page_runs
from monitorcli.report.page.films import FilmCard
from monitorcli.report.page.markup import NOTHING, Markup, data, drawn, joined, remark, tag
from monitorcli.report.text import listing, plural

_MOST_NAMES = 6

# What is in the page, in order: an id's ending, the word in the navigation, and the content.
Part = tuple[str, str, Markup]


def single(view: View, options: ReportOptions, embed: int) -> tuple[Markup, Markup]:
    """The page's header and its content, for a page of one recording."""
    parts = _parts(view, options, "r0", embed, level=2)
    navigation = tag("nav", *(tag("a", word, href=f"#r0-{name}") for name, word, _ in parts if word),
                     aria_label="Sections")  # fmt: skip
    opening = tag("header", *_opening(view, options, 1), navigation)
    return opening, joined(content for _, _, content in parts)


def article(view: View, options: ReportOptions, name: str, embed: int) -> Markup:
    """One of several recordings, with headings below that of the page."""
    parts = _parts(view, options, name, embed, level=3)
    content = (content for _, _, content in parts)
    return tag("article", *_opening(view, options, 2), *content, id=name)


def _opening(view: View, options: ReportOptions, level: int) -> list[Markup]:
    return [
        tag(f"h{level}", title(view)),
        _facts(view),
        tag("p", options.only) if options.only else NOTHING,
        tag("p", tag("code", view.recording.directory), class_="where"),
    ]


def title(view: View) -> str:
    """The environments' names, the first six."""
    return listing(view.env_ids, _MOST_NAMES) or "Environment not known"


def _facts(view: View) -> Markup:
    """Mode, runs and times in one line."""
    spans = (
        tag("strong", span.text, class_=span.role) if span.role in ("good", "bad") else tag("span", span.text)
        for span in (runs.summary_line(view.recording.runs) if view.recording.runs else ())
    )
    parts = (view.modes, joined(spans), view.when)
    return tag("p", joined((tag("span", part) for part in parts if part), " · "), class_="facts")


def _parts(view: View, options: ReportOptions, name: str, embed: int, level: int) -> list[Part]:
    recording, found = view.recording, films.gathered(view, name, options.folder, embed)
    problems, episodes = plural(len(recording.problems), "problem"), _episode_list(view, found, name)
    parts = [
        _section(name, level, "problems", problems, page_runs.remarks(recording.problems)),
        *_block(view, options, found, name, level),
        _section(name, level, "films", "Films", films.section(found, view) if found else NOTHING),
        _section(name, level, "episodes", "Episodes", episodes),
        _section(name, level, "started", "Runs", page_runs.section(recording), "How it was run"),
        _section(name, level, "notes", "Notes", page_runs.remarks(recording.notes)),
    ]
    return [part for part in parts if part[2]]


def _section(name: str, level: int, ending: str, word: str, content: Markup, title: str = "") -> Part:
    whole = tag("section", tag(f"h{level}", title or word), content, id=f"{name}-{ending}", class_=ending)
    return ending, word, whole if content else NOTHING


def _block(
    view: View, options: ReportOptions, found: Sequence[FilmCard], name: str, level: int
) -> list[Part]:
    """The numbers of the episodes, the return by mode and window, and the charts."""
    episodes = view.recording.episodes
    if not len(episodes):
        nothing = "No episode was recorded." if options.selection.everything else "There is no such episode."
        return [("numbers", "", tag("p", nothing, class_="nothing"))]
    shown, done = curve.seen(episodes, view.rows), episodes.completed
    line = NOTHING
    if shown:
        line = curve.section(shown, view.confidence, films.filmed(found), f"{name}-curve", level)
    returns = histogram.section(episodes.episode_return[done], "return", f"{name}-returns", level)
    lengths = histogram.section(episodes.length[done], "length", f"{name}-lengths", level, " steps")
    pair = tag("div", returns, lengths, class_="pair") if returns or lengths else NOTHING
    stacked = ends.section(episodes.end, view.rows, f"{name}-ends", level)
    return [
        ("numbers", "", _numbers(view)),
        _section(name, level, "parts", "Parts", _modes_and_windows(view, options)),
        ("curve", "Curve", line),
        ("returns" if returns else "lengths", "Distribution", pair),
        ("ends", "Ends" if stacked else "", stacked or ends.sentence(episodes.end)),
    ]


def _numbers(view: View) -> Markup:
    """The numbers, each with its unit and of how many episodes it is."""
    tiles = tag("dl", *map(_tile, numbers.tiles(view)), class_="tiles")
    return joined([tiles, remark(numbers.warning(view))])


def _tile(tile: Tile) -> Markup:
    small = tag("small", tile.unit) if tile.unit else NOTHING
    value = tag("dd", tag("b", tile.value), small)
    below = tag("dd", tile.below, class_="below")
    return tag("div", tag("dt", tile.term), value, below, class_="main" if tile.main else None)


def _modes_and_windows(view: View, options: ReportOptions) -> Markup:
    """The return by mode and by window, as far as there is more than one."""
    shown = drawn(windows.table(view, options.window), "Parts")
    return joined([shown, remark(windows.earlier(view, options.window))])


def _episode_list(view: View, found: Sequence[FilmCard], name: str) -> Markup:
    episodes = view.recording.episodes
    if not len(episodes):
        return NOTHING
    places = columns.chosen(episodes, view.places(films.filmed(found)))
    shown = curve.seen(episodes, view.rows)
    content = {
        **columns.as_json(episodes, places, view.rows),
        "films": {film.video.episode: film.id for film in reversed(found) if film.video.episode is not None},
        "axes": curve.scales(shown) if shown else None,
    }
    block = tag("script", data(content), type="application/json", id=f"{name}-data")
    return joined([episode_list.section(len(places), len(episodes), name), block])
