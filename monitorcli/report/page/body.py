"""One recording from its title to its notes, section by section."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from monitorcli.report import modes_and_windows
from monitorcli.report.model import ReportOptions, View
from monitorcli.report.page import columns, curve, ends, episode_list, films, histogram, runs, summary
from monitorcli.report.page.films import FilmCard
from monitorcli.report.page.markup import NOTHING, Markup, data, drawn, joined, remark, tag
from monitorcli.report.text import plural

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
        tag(f"h{level}", summary.title(view)),
        summary.facts(view),
        tag("p", options.only) if options.only else NOTHING,
        tag("p", tag("code", view.recording.directory), class_="where"),
    ]


def _parts(view: View, options: ReportOptions, name: str, embed: int, level: int) -> list[Part]:
    recording, found = view.recording, films.gathered(view, name, options.folder, embed)

    def part(ending: str, word: str, content: Markup, title: str = "") -> Part:
        heading = tag(f"h{level}", title or word)
        return ending, word, tag("section", heading, content, id=f"{name}-{ending}", class_=ending)

    parts: list[Part] = []
    if recording.problems:
        said = plural(len(recording.problems), "problem")
        parts.append(part("problems", said, runs.remarks(recording.problems)))
    if len(recording.episodes):
        parts.append(("numbers", "", summary.section(view)))
        shown = _modes_and_windows(view, options)
        parts += [part("parts", "Parts", shown)] if shown else []
        parts += _charts(view, found, name, level)
    else:
        parts.append(("numbers", "", tag("p", _nothing(options), class_="nothing")))
    if found:
        parts.append(part("films", "Films", films.section(found, view)))
    if len(recording.episodes):
        parts.append(part("episodes", "Episodes", _episode_list(view, found, name)))
    parts.append(part("started", "Runs", runs.section(recording), "How it was run"))
    if recording.notes:
        parts.append(part("notes", "Notes", runs.remarks(recording.notes)))
    return parts


def _nothing(options: ReportOptions) -> str:
    return "No episode was recorded." if options.selection.everything else "There is no such episode."


def _modes_and_windows(view: View, options: ReportOptions) -> Markup:
    """The return by mode and by window, as far as there is more than one."""
    shown = drawn(modes_and_windows.table(view, options.window), "Parts")
    return joined([shown, remark(modes_and_windows.earlier(view, options.window))])


def _charts(view: View, found: Sequence[FilmCard], name: str, level: int) -> list[Part]:
    episodes = view.recording.episodes
    done = episodes.completed
    returns = episodes.episode_return[done]
    shown = curve.seen(episodes, view.rows)
    parts: list[Part] = []
    if shown:
        drawn = curve.section(shown, view.confidence, films.filmed(found), f"{name}-curve", level)
        parts.append(("curve", "Curve", drawn))
    pair = [
        histogram.section(returns[np.isfinite(returns)], "return", f"{name}-returns", level),
        histogram.section(
            episodes.length[done].astype(np.float64), "length", f"{name}-lengths", level, steps=True
        ),
    ]
    both = tag("div", *(chart for chart in pair if chart), class_="pair")
    if any(pair):
        parts.append(("returns" if pair[0] else "lengths", "Distribution", both))
    stacked = ends.section(episodes.end, view.rows, f"{name}-ends", level)
    if stacked:
        return [*parts, ("ends", "Ends", stacked)]
    kind = ends.NAMES[int(ends.kinds(episodes.end[:1])[0])]
    said = f"How they ended: {'nobody wrote it down' if kind == 'not known' else f'all {kind}'}."
    return [*parts, ("ends", "", tag("p", said, class_="nothing"))]


def _episode_list(view: View, found: Sequence[FilmCard], name: str) -> Markup:
    episodes = view.recording.episodes
    places = columns.chosen(episodes, view.places(films.filmed(found)))
    shown = curve.seen(episodes, view.rows)
    content = {
        **columns.as_json(episodes, places, view.rows),
        "films": {film.video.episode: film.id for film in reversed(found) if film.video.episode is not None},
        "axes": curve.scales(shown) if shown else None,
    }
    block = tag("script", data(content), type="application/json", id=f"{name}-data")
    return joined([episode_list.section(len(places), len(episodes), name), block])
