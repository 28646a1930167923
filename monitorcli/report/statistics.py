"""The numbers of a recording in two columns, or in one where two do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from monitorcli.recording.model import Recording
from monitorcli.report.intervals import between, note
from monitorcli.report.layout import MARGIN, Line, Span, flow, joined, labelled, padded, paragraph, width_of
from monitorcli.report.model import View
from monitorcli.report.text import number, plural, size
from monitorcli.summary import Statistics, Summary

_GAP = 4  # between the two columns

# A label, and the segments that stand behind it.
Row = tuple[str, Sequence[Line]]


def lines(view: View, column: int, width: int) -> list[Line]:
    """Episodes, steps and ends; beside or under them return, length, videos and success; what [ ] means."""
    left, right = _counts(view.numbers), _measures(view)
    about = _about_intervals(view, width)
    second = max(len(label) for label, _ in right) + 4
    beside = [_one_line(row, column) for row in left], [_one_line(row, second) for row in right]
    start = max(map(width_of, beside[0])) + _GAP
    if start + max(map(width_of, beside[1])) <= width:
        depth = max(len(left), len(right))
        lefts, rights = ([*lines, *[[]] * (depth - len(lines))] for lines in beside)
        return [[*padded(one, start), *other] for one, other in zip(lefts, rights, strict=True)] + about
    rows = [
        line
        for label, segments in left + right
        for line in labelled(f" {label}", flow(segments, width - column), column)
    ]
    return rows + about


def _videos(recording: Recording) -> Sequence[Line]:
    """`6 · 1.4 MB`, how many are not whole, and how many there should have been besides."""
    films = recording.films
    segments: list[Line] = [[Span("none")]]
    if films:
        segments = [_counted(len(films), ""), [Span(size(sum(film.size for film in films)), "value")]]
    broken = len(recording.videos) - len(films)
    unfinished = sum(not film.finished for film in films)
    if broken:
        segments.append(_counted(broken, "broken", "bad"))
    if unfinished:
        segments.append(_counted(unfinished, "unfinished"))
    return segments


def _counts(numbers: Summary) -> list[Row]:
    episodes: list[Line] = [_counted(numbers.completed, "completed")]
    if numbers.incomplete:
        episodes.append(_counted(numbers.incomplete, "incomplete"))
    ends = [
        _counted(count, word)
        for count, word in ((numbers.terminated, "terminated"), (numbers.truncated, "truncated"))
        if count
    ]
    unknown = numbers.completed - numbers.terminated - numbers.truncated
    if unknown > 0:
        ends.append([Span("not known")] if not ends else _counted(unknown, "not known"))
    rows: list[Row] = [("episodes", episodes), ("steps", [_counted(numbers.steps, "")])]
    return [*rows, ("ended", ends)] if ends else rows


def _measures(view: View) -> list[Row]:
    numbers, measured = view.numbers, view.measured
    rows: list[Row] = []
    if numbers.completed:
        returns = _statistics(numbers.episode_return, numbers.completed, ("best", "worst"))
        lengths = _statistics(numbers.length, numbers.completed, ("max", "min"))
        if measured.n("mean"):
            returns[0] = [*returns[0], Span(between(measured.interval("mean")))]
        lengths[-1] = [*lengths[-1], Span(" step" if numbers.length.min == 1 else " steps")]
        rows += [("return", _aligned(returns, lengths)), ("", _spread(view))]
        rows += [("length", _aligned(lengths, returns))]
    if numbers.judged:
        interval = measured.interval("success")
        within = f" [{100 * interval.low:.3g}, {100 * interval.high:.3g}] %"
        of = f" of {plural(numbers.judged, 'episode')}"
        rows.append(("success", [[Span(view.success, "value"), Span(within + of)]]))
    rows.append(("videos", _videos(view.recording)))
    return [row for row in rows if row[1]]


def _spread(view: View) -> list[Line]:
    """Interquartile mean and standard deviation, in a line of their own."""
    if view.measured.n("mean") < 2:
        return []
    iqm = [
        Span("iqm "),
        Span(number(view.measured.value("iqm")), "value"),
        Span(between(view.measured.interval("iqm"))),
    ]
    return [iqm, [Span("std "), Span(number(view.measured.value("std")), "value")]]


def _about_intervals(view: View, width: int) -> list[Line]:
    if view.measured.n("mean") < 2 or not view.confidence:
        return []
    said = note(view.confidence, view.measured.n("mean"))
    return [[], *paragraph(" ", "dim", said, width, "dim")]


def _statistics(of: Statistics, completed: int, words: tuple[str, str]) -> list[Line]:
    best, worst = words
    if not of.n:
        return [[Span("none of them finite", "bad")]]
    shown = (("mean", of.mean), ("median", of.median), (best, of.max), (worst, of.min))
    segments: list[Line] = [[Span(f"{word} "), Span(number(value), "value")] for word, value in shown]
    left_out = completed - of.n
    return [*segments, [Span(f"{left_out:,} not finite, left out", "bad")]] if left_out else segments


def _aligned(segments: Sequence[Line], others: Sequence[Line]) -> list[Line]:
    """The segments, all but the last as wide as those they stand over, so that the eye can run down."""
    *first, last = segments
    widths = [max(map(width_of, pair)) for pair in zip_longest(first, others, fillvalue=())]
    return [*(padded(segment, width) for segment, width in zip(first, widths, strict=False)), last]


def _counted(count: int, word: str, role: str = "value") -> Line:
    return [Span(f"{count:,}", "bad" if role == "bad" else "value"), Span(f" {word}" if word else "")]


def _one_line(row: Row, column: int) -> Line:
    label, segments = row
    return [MARGIN, Span(label.ljust(column - 1), "label"), *joined(segments)]
