"""One recording from its title to its notes, section by section."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from monitorcli import summary
from monitorcli.recording.model import Episodes, Recording
from monitorcli.report.page import columns, curve, ends, films, headline, histogram, listed, started
from monitorcli.report.page.films import Film
from monitorcli.report.page.markup import NOTHING, Markup, data, joined, tag
from monitorcli.report.text import plural

# What is in the page, in order: an id's ending, the word in the navigation, and the content.
Part = tuple[str, str, Markup]


def single(recording: Recording, folder: Path, embed: int) -> tuple[Markup, Markup]:
    """The page's header and its content, for a page of one recording."""
    numbers = summary.summarise(recording.episodes)
    parts = _parts(recording, numbers, "r0", folder, embed, level=2)
    navigation = tag("nav", *(tag("a", word, href=f"#r0-{name}") for name, word, _ in parts if word),
                     aria_label="Sections")  # fmt: skip
    opening = tag("header", *_opening(recording, numbers, 1), navigation)
    return opening, joined(content for _, _, content in parts)


def article(recording: Recording, name: str, folder: Path, embed: int) -> Markup:
    """One of several recordings, with headings below that of the page."""
    numbers = summary.summarise(recording.episodes)
    parts = _parts(recording, numbers, name, folder, embed, level=3)
    content = (content for _, _, content in parts)
    return tag("article", *_opening(recording, numbers, 2), *content, id=name)


def _opening(recording: Recording, numbers: summary.Summary, level: int) -> list[Markup]:
    return [
        tag(f"h{level}", headline.title(recording)),
        headline.facts(recording, numbers),
        tag("p", tag("code", recording.directory), class_="where"),
    ]


def _parts(
    recording: Recording, numbers: summary.Summary, name: str, folder: Path, embed: int, level: int
) -> list[Part]:
    episodes, found = recording.episodes, films.gathered(recording, name, folder, embed)
    parts: list[Part] = []
    if recording.problems:
        said = plural(len(recording.problems), "problem")
        parts.append(
            ("problems", said, _section(name, "problems", said, level, started.remarks(recording.problems)))
        )
    if len(episodes):
        parts.append(("numbers", "", headline.section(episodes, numbers)))
        parts += _charts(episodes, found, name, level)
    else:
        parts.append(("numbers", "", tag("p", "No episode was recorded.", class_="nothing")))
    if found:
        parts.append(
            ("films", "Films", _section(name, "films", "Films", level, films.section(found, episodes)))
        )
    if len(episodes):
        parts.append(
            (
                "episodes",
                "Episodes",
                _section(name, "episodes", "Episodes", level, _listed(episodes, found, name)),
            )
        )
    parts.append(
        ("started", "Runs", _section(name, "started", "How it was run", level, started.section(recording)))
    )
    if recording.notes:
        parts.append(
            ("notes", "Notes", _section(name, "notes", "Notes", level, started.remarks(recording.notes)))
        )
    return parts


def _charts(episodes: Episodes, found: Sequence[Film], name: str, level: int) -> list[Part]:
    done = episodes.completed
    returns = episodes.episode_return[done]
    shown = curve.seen(episodes)
    parts: list[Part] = []
    if shown:
        drawn = curve.section(episodes, shown, _filmed(episodes, found), f"{name}-curve", level)
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
    stacked = ends.section(episodes, f"{name}-ends", level)
    if stacked:
        return [*parts, ("ends", "Ends", stacked)]
    kind = ends.NAMES[int(ends.kinds(episodes.end[:1])[0])]
    said = f"How they ended: {'nobody wrote it down' if kind == 'not known' else f'all {kind}'}."
    return [*parts, ("ends", "", tag("p", said, class_="nothing"))]


def _filmed(episodes: Episodes, found: Sequence[Film]) -> list[int]:
    rows = {film.video.episode for film in found if not film.video.broken}
    return sorted(row for row in rows if row is not None and 0 <= row < len(episodes))


def _listed(episodes: Episodes, found: Sequence[Film], name: str) -> Markup:
    rows = columns.chosen(episodes, _filmed(episodes, found))
    shown = curve.seen(episodes)
    document = {
        **columns.document(episodes, rows),
        "films": {film.video.episode: film.id for film in reversed(found) if film.video.episode is not None},
        "axes": curve.scales(shown) if shown else None,
    }
    block = tag("script", data(document), type="application/json", id=f"{name}-data")
    return joined([listed.section(len(rows), len(episodes), name), block])


def _section(name: str, ending: str, title: str, level: int, content: Markup) -> Markup:
    return tag("section", tag(f"h{level}", title), content or NOTHING, id=f"{name}-{ending}", class_=ending)
