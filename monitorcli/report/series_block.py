"""One series in the table for people: its title, its numbers, its curve, its windows."""

from __future__ import annotations

from monitorcli.report import curve, evaluation_sentences, numbers, rows, windows
from monitorcli.report.layout import (
    Line,
    Span,
    flow,
    grid,
    in_one_column,
    in_two_columns,
    indented,
    labelled,
    padded,
    width_of,
)
from monitorcli.report.model import RecordingView, ReportOptions, View
from monitorcli.report.text import plural, printable
from monitorcli.report.told_apart import told_apart

COLUMN = 12  # where what stands behind a label begins
_PLACE = 4  # columns at least between a series' title and its place


def block(
    view: View, one: RecordingView, options: ReportOptions, width: int, in_ascii: bool
) -> list[list[Line]]:
    """The title with the numbers below it, the curve, the evaluation, and the return by window."""
    parts = [heading(view, one, width)]
    if view.numbers.episodes:
        parts[0] = [
            *parts[0],
            *in_one_column(numbers.headline(view), COLUMN, width),
            *in_two_columns(rows.counts(view), rows.measures(view), COLUMN, width),
        ]
        parts.append(curve.lines(view, width, in_ascii, options.x))
    if found := one.evaluation(view):
        parts.append(evaluation_sentences.lines(found, COLUMN, width))
    return [*parts, window_lines(view, options.window)]


def heading(view: View, one: RecordingView, width: int) -> list[Line]:
    """`CartPole-v1 · training     train.py:31, 8 environments`, and what else tells it from others.

    An evaluation has its policy there.
    """
    about = told_apart(view.series, one.recording.series)
    origin = view.place or printable(view.series.environment.policy or "", limit=80)
    made = [origin] if origin else []
    if view.environments > 1:
        made.append(plural(view.environments, "environment"))
    more = [Span(", ".join([*made, *(fact for fact in about if fact != origin)]), "dim")]
    title = title_of(view)
    start = max(width_of(title_of(other)) for other in one.views) + _PLACE
    if not more[0].text:
        return labelled(" ", [title], 1)
    if 1 + start + width_of(more) <= width:
        return labelled(" ", [[*padded(title, start), *more]], 1)
    segments = [[Span(word, "dim")] for word in more[0].text.split(", ")]
    return labelled(" ", [title, *flow(segments, width - 1)], 1)


def title_of(view: View) -> Line:
    """The series' name and its mode, where the name does not say it."""
    line: list[Span] = [Span(view.title or "environment not known", "title")]
    if view.mode and view.mode not in view.title:
        line.append(Span(f" · {view.mode}"))
    return line


def window_lines(view: View, size: int | None) -> list[Line]:
    """The return by window, and how many windows there are before those."""
    shown = windows.table(view, size)
    before = windows.earlier(view, size)
    found = indented(grid(shown)) if shown.rows else []
    return [*found, [Span(f" {before}", "dim")]] if before else found
