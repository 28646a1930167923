"""One recording from its title to its notes, section by section."""

from __future__ import annotations

from collections.abc import Sequence

from monitorcli.report import provenance, runs
from monitorcli.report.model import RecordingView, ReportOptions, View
from monitorcli.report.page import columns, episode_list, films
from monitorcli.report.page import runs as page_runs
from monitorcli.report.page import series as one_series
from monitorcli.report.page.markup import NOTHING, Markup, joined, tag
from monitorcli.report.page.series import Part, section
from monitorcli.report.text import listing, plural, when

_MOST_NAMES = 6
_COMMAND = 300  # characters


def single(one: RecordingView, options: ReportOptions, embed: int) -> tuple[Markup, Markup]:
    """The page's header and its content, for a page of one recording."""
    parts = _parts(one, options, "r0", embed, level=2)
    navigation = tag("nav", *(tag("a", part.word, href=f"#{part.id}") for part in parts if part.word),
                     aria_label="Sections")  # fmt: skip
    opening = tag("header", tag("h1", title(one)), *_about(one, options, 1), navigation)
    return opening, joined(part.content for part in parts)


def article(one: RecordingView, options: ReportOptions, name: str, embed: int, most: int) -> Markup:
    """One of several recordings, with headings below that of the page, and `most` episodes in its list."""
    content = (part.content for part in _parts(one, options, name, embed, 3, most))
    return tag("article", tag("h2", one.name), *_about(one, options, 2), *content, id=name)


def title(one: RecordingView) -> str:
    """The environments' ids, the first six."""
    ids = list(dict.fromkeys(view.environment for view in one.views if view.environment))
    return listing(ids, _MOST_NAMES) or "Environment not known"


def _about(one: RecordingView, options: ReportOptions, level: int) -> list[Markup]:
    """What was run, when, from where, and how it ended; and the directory or series that is no heading."""
    spans = (
        tag("strong", span.text, class_=span.role) if span.role in ("good", "bad") else tag("span", span.text)
        for span in (runs.summary_line(one.recording.runs) if one.recording.runs else ())
    )
    known = [f"{len(one.views):,} series"]
    if len(one.views) == 1:
        name = one_series.title(one.views[0]) if level > 1 else ""
        known = [name, *one_series.facts(one.views[0], one, name)]
    parts = (*known, joined(spans), _when(one.views))
    said = joined((tag("span", part) for part in parts if part), " · ")
    last = one.recording.runs[-1] if one.recording.runs else None
    origin = [tag("code", one.recording.directory)] if level == 1 else []
    if last is not None:
        typed = runs.command(last, _COMMAND)
        origin += [tag("code", typed)] if typed else []
        origin += [tag("span", provenance.commit(last))] if provenance.commit(last) else []
    return [
        tag("p", said, class_="facts"),
        tag("p", options.only) if options.only else NOTHING,
        tag("p", joined(origin, " · "), class_="where"),
    ]


def _when(views: Sequence[View]) -> str:
    started = [view.numbers.started_at for view in views if view.numbers.started_at is not None]
    ended = [view.numbers.ended_at for view in views if view.numbers.ended_at is not None]
    return when(min(started, default=None), max(ended, default=None))


def _parts(
    one: RecordingView, options: ReportOptions, name: str, embed: int, level: int, most: int = columns.MOST
) -> list[Part]:
    recording, found = one.recording, films.gathered(one, name, options.folder, embed)
    problems = plural(len(recording.problems), "problem")
    placed = one_series.placed(one, films.filmed(found), name)
    parts = [
        section(name, level, "problems", problems, page_runs.remarks(recording.problems)),
        *one_series.blocks(one, placed, options, name, level),
        section(name, level, "films", "Films", films.section(found, one) if found else NOTHING),
        section(name, level, "episodes", "Episodes", episode_list.section(one, placed, found, name, most)),
        section(name, level, "started", "Runs", page_runs.section(one), "How it was run"),
        section(name, level, "notes", "Notes", page_runs.remarks(recording.notes)),
    ]
    return [part for part in parts if part.content]
