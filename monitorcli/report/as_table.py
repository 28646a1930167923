"""Recordings as a table for people: what was run, each series, the videos, what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from monitorcli.report import (
    comparison,
    evaluation_sentences,
    numbers,
    overlay,
    provenance,
    rows,
    runs,
    several,
    verdicts,
)
from monitorcli.report.intervals import note
from monitorcli.report.layout import (
    Line,
    Role,
    Span,
    ascii_only,
    flow,
    grid,
    in_one_column,
    indented,
    labelled,
    paragraph,
    plain,
    words,
)
from monitorcli.report.model import RecordingView, Report, View
from monitorcli.report.series_block import COLUMN, block, heading, window_lines
from monitorcli.report.text import lasting, shortened, when

_MOST_BLOCKS = 12
_MOST_REMARKS = 5


def render(report: Report) -> str:
    """The table as plain text of 100 columns, for a file."""
    return plain(lines(report, width=100))


def lines(report: Report, width: int, in_ascii: bool = False) -> list[Line]:
    """The table for a terminal `width` columns wide: of one recording all there is to say, of several a
    row for each series. Only paths and long single words are wider: broken, they could not be copied.
    """
    width = max(width, 24)
    if len(report.recordings) == 1:
        parts = _one(report, width, in_ascii)
    else:
        parts = several.parts(report, width)
    whose = len(report.recordings) > 1
    remarks = [
        line for one in report.recordings for line in _remarks(one, width, f"{one.name}: " if whose else "")
    ]
    found = _apart([*parts, _gates(report, width), _trouble(report, width), remarks])
    return ascii_only(found) if in_ascii else found


def _one(report: Report, width: int, in_ascii: bool) -> list[list[Line]]:
    (one,), options = report.recordings, report.options
    parts = [labelled(" ", flow(_title(one), width - 1), 1), paragraph(" ", "", options.only, width)]
    if report.comparisons:
        # What both have in common with a look at one of them is a command away.
        return parts + _compared(report, width)
    views = report.views
    for view in views[:_MOST_BLOCKS]:
        parts += block(view, one, options, width, in_ascii)
    parts.append(several.listed(views[_MOST_BLOCKS:], width))
    parts.append(_about_intervals(views, options.confidence, width))
    films = in_one_column(rows.films(one), COLUMN, width) if one.videos or len(one.rows) else []
    return [*parts, films + runs.table(one.recording.runs, COLUMN, width)]


def _compared(report: Report, width: int) -> list[list[Line]]:
    """A table for each series, with the curves of both."""
    parts: list[list[Line]] = []
    for of in report.comparisons:
        old, new = comparison.sides(of)
        parts += [
            [*heading(of.new, report.recordings[0], width), *indented(grid(comparison.table(of), "title"))],
            paragraph(" ", "", comparison.sentence(of), width),
            overlay.lines([(old, of.old), (new, of.new)], report.options.x, width),
            window_lines(of.new, report.options.window),
        ]
    return [*parts, paragraph(" ", "dim", comparison.corrected(report), width, "dim")]


def _about_intervals(views: Sequence[View], confidence: float, width: int) -> list[Line]:
    """What `[ ]` means, once for all series."""
    counts = [n for view in views if view.confidence and (n := view.measured.n(view.headline)) > 1]
    if not counts or not confidence:
        return []
    said = note(confidence, counts[0] if len(views) == 1 else 0, numbers.too_narrow(views))
    return paragraph(" ", "dim", said, width, "dim")


def _apart(parts: Sequence[list[Line]]) -> list[Line]:
    """The parts that say something, with an empty line between any two."""
    return [line for part in parts if part for line in ([], *part)][1:]


def _title(one: RecordingView) -> list[Line]:
    """Directory, how its runs ended, when, and what was run of which commit."""
    recording = one.recording
    only_films = recording.videos and not recording.runs
    nothing = Span("only videos") if only_films else Span("no episode recorded", "bad")
    last = recording.runs[-1] if recording.runs else None
    segments: list[Line] = [
        [Span(one.name, "path")],
        runs.summary_line(recording.runs) if recording.runs else [],
        [] if any(view.numbers.episodes for view in one.views) else [nothing],
        [Span(_when(one.views))],
        [Span(runs.command(last) if last else "")],
        [Span(provenance.commit(last) if last else "")],
    ]
    return [segment for segment in segments if words(segment)]


def _when(views: Sequence[View]) -> str:
    starts = [view.numbers.started_at for view in views if view.numbers.started_at is not None]
    ends = [view.numbers.ended_at for view in views if view.numbers.ended_at is not None]
    longest = max(view.numbers.duration for view in views)
    dated = when(min(starts, default=None), max(ends, default=None))
    return dated or (f"{lasting(longest)}, date not known" if longest > 0 else "")


def _gates(report: Report, width: int) -> list[Line]:
    """Every gate with a mark."""
    marks: dict[bool, tuple[str, Role]] = {True: ("✓ ", "good"), False: ("✗ ", "bad")}
    gates = [
        line
        for verdict, said in verdicts.sentences(report)
        for line in paragraph(*marks[verdict.met], said, width - COLUMN)
    ]
    return labelled(" gates", gates, COLUMN)


def _trouble(report: Report, width: int) -> list[Line]:
    """What makes an evaluation's numbers doubtful, where it has no block that says so."""
    if len(report.recordings) == 1 and not report.comparisons:
        return []
    alone = ((views[0], found) for views, found in report.evaluations if len(views) == 1)
    said = [f"{view.name}: {text}" for view, found in alone for text in evaluation_sentences.trouble(found)]
    return [line for text in shortened(said, _MOST_REMARKS) for line in paragraph(" ! ", "bad", text, width)]


def _remarks(one: RecordingView, width: int, whose: str = "") -> list[Line]:
    kinds: tuple[tuple[str, Role, Sequence[str]], ...] = (
        (" ! ", "bad", one.recording.problems),
        (" note: ", "", one.recording.notes),
    )
    return [
        line
        for mark, role, remarks in kinds
        for text in shortened([whose + remark for remark in remarks], _MOST_REMARKS)
        for line in paragraph(mark, role, text, width)
    ]
