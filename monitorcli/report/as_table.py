"""A recording as a table for people: what was run, the numbers, the curve, the videos, what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from monitorcli import summary
from monitorcli.recording.model import Recording, Video
from monitorcli.report import comparison, curve, modes_and_windows, overview, runs, statistics, verdicts
from monitorcli.report.layout import Line, Role, Span, ascii_only, flow, labelled, paragraph, plain
from monitorcli.report.model import Report, View
from monitorcli.report.text import lasting, listing, number, printable, shortened

_COLUMN = 12  # where what stands behind a label begins
_CURVE = 72  # a wider curve tells no more, and takes its end out of sight
_HEIGHT = 4
_MOST_NAMES = 3
_MOST_VIDEOS = 12
_MOST_REMARKS = 5


def render(report: Report) -> str:
    """The table as plain text of 100 columns, for a file."""
    return plain(lines(report, width=100))


def lines(report: Report, width: int, in_ascii: bool = False) -> list[Line]:
    """The table for a terminal `width` columns wide: of one recording all there is to say, of several a
    row each. Only paths and long single words are wider: broken, they could not be copied.
    """
    width = max(width, 24)
    if len(report.views) == 1:
        found = _table(report.views[0], report, width, in_ascii)
    else:
        remarks = [line for view in report.views for line in _all_remarks(view, width, f"{view.name}: ")]
        found = _apart([overview.lines(report, width), verdicts.lines(report, _COLUMN, width), remarks])
    return ascii_only(found) if in_ascii else found


def _table(view: View, report: Report, width: int, in_ascii: bool) -> list[Line]:
    recording, numbers = view.recording, view.numbers
    parts = [labelled(" ", flow(_title(view), width - 1), 1)]
    parts.append(paragraph(" ", "", report.options.only, width))
    if report.comparison is not None:
        # What both have in common with a look at one of them is a command away.
        parts += [comparison.lines(report), modes_and_windows.lines(view, report.options)]
        parts += [verdicts.lines(report, _COLUMN, width), _all_remarks(view, width)]
        return _apart(parts)
    if numbers.episodes:
        parts.append(statistics.lines(view, _COLUMN, width))
        parts.append(_curve(view, width, in_ascii))
    parts += [
        modes_and_windows.lines(view, report.options),
        [*_videos(recording, width), *runs.table(recording.runs, _COLUMN, width)],
        verdicts.lines(report, _COLUMN, width),
        _all_remarks(view, width),
    ]
    return _apart(parts)


def _apart(parts: Sequence[list[Line]]) -> list[Line]:
    """The parts that say something, with an empty line between any two."""
    return [line for part in parts if part for line in ([], *part)][1:]


def _all_remarks(view: View, width: int, whose: str = "") -> list[Line]:
    recording = view.recording
    problems, notes = ([whose + text for text in texts] for texts in (recording.problems, recording.notes))
    return _remarks(problems, " ! ", "bad", width) + _remarks(notes, " note: ", "", width)


def _title(view: View) -> list[Line]:
    recording, numbers = view.recording, view.numbers
    env_ids = listing([printable(name, limit=60) for name in view.env_ids], _MOST_NAMES)
    segments: list[Line] = [[Span(env_ids or "environment not known", "title")]]
    if view.modes:
        segments.append([Span(view.modes)])
    if recording.runs:
        segments.append(runs.summary_line(recording.runs))
    if not numbers.episodes:
        only_films = recording.videos and not recording.runs
        segments.append([Span("only videos") if only_films else Span("no episode recorded", "bad")])
    span = view.when
    if not span and numbers.duration > 0:
        span = f"{lasting(numbers.duration)}, date not known"
    return [*segments, [Span(span)]] if span else segments


def _curve(view: View, width: int, in_ascii: bool) -> list[Line]:
    """The returns of the completed episodes, first to last, on an axis that says what it shows."""
    completed = view.recording.episodes.completed
    rows = view.rows[completed]
    returns = view.recording.episodes.episode_return[completed]
    if np.isfinite(returns).sum() < 2:
        return []
    room = max(8, min(_CURVE, width - 14))
    share = -(-len(rows) // room)  # one point a column: with two, noise is all one sees
    points = summary.curve(returns, len(rows) // share)
    finite = points[np.isfinite(points)]
    top, bottom = number(float(finite.max())), number(float(finite.min()))
    drawn = curve.draw(points, room, _HEIGHT, in_ascii)
    labels = [top, *[""] * (len(drawn) - 2), bottom][: len(drawn)]
    column = max(len(top), len(bottom))
    graph: list[Line] = [
        [Span(f" {label:>{column}} {'┤' if label else '│'}", "dim"), Span(line, "curve")]
        for label, line in zip(labels, drawn, strict=True)
    ]
    return [*graph, [Span(" " * (column + 2) + _foot(rows, len(points), room), "dim")]]


def _foot(rows: npt.NDArray[np.intp], points: int, room: int) -> str:
    """The line under a curve of `room` columns: the first and last episode's number, and what is drawn."""
    fewest, most = len(rows) // points, -(-len(rows) // points)
    share = f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"
    what = " return " if most == 1 else f" return, mean of {share} episodes a point "
    first, last = f"└ episode {rows[0]:,} ", f" {rows[-1]:,}"
    between = room + 1 - len(first) - len(last)
    return first + (what.center(between, "─") if len(what) < between else "─" * between) + last


def _videos(recording: Recording, width: int) -> list[Line]:
    """Which episodes were filmed, and where the latest film is."""
    if not recording.films:
        return []
    filmed = sorted({video.episode for video in recording.films if video.episode is not None})
    segments: list[Line] = [[Span(f"{episode:,}", "value")] for episode in filmed[:_MOST_VIDEOS]]
    if len(filmed) > _MOST_VIDEOS:
        segments.append([Span(f"… {len(filmed) - _MOST_VIDEOS:,} more", "dim")])
    stray = sum(video.episode is None for video in recording.films)
    if stray:
        segments.append([Span(f"{stray:,} of unknown episode")])
    path = Span(printable(recording.directory / _latest(recording.films).name), "path")
    return [
        *labelled(" filmed", flow(segments, width - _COLUMN), _COLUMN),
        *labelled(" latest", [[path]], _COLUMN),
    ]


def _latest(videos: Sequence[Video]) -> Video:
    """The last by episode, then by name, of those that are whole; of all, when none is known to be."""
    whole = [video for video in videos if video.finished]
    return max(whole or videos, key=lambda video: (video.episode is not None, video.episode, video.name))


def _remarks(remarks: Sequence[str], mark: str, role: Role, width: int) -> list[Line]:
    shown = shortened(remarks, _MOST_REMARKS)
    return [line for text in shown for line in paragraph(mark, role, text, width)]
