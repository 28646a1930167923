"""The return by mode and by window, when there are several modes or windows were asked for."""

from __future__ import annotations

import numpy as np

from monitorcli.report.intervals import between
from monitorcli.report.layout import Line, Span, Table, columns
from monitorcli.report.model import ReportOptions, View
from monitorcli.report.text import number, plural
from monitorcli.summary.intervals import mean_intervals
from monitorcli.summary.measures import Measured, column
from monitorcli.summary.selection import by_mode, take, windows

_MOST = 60  # windows that are shown; the JSON has all


def lines(view: View, options: ReportOptions) -> list[Line]:
    """The table, aligned; and how many windows there are before those."""
    shown, before = table(view, options), earlier(view, options)
    found = columns(shown) if shown.rows else []
    return [*found, [Span(f" {before}", "dim")]] if before else found


def table(view: View, options: ReportOptions) -> Table:
    """A row a mode and a row a window: n, mean, median and iqm of the return; no rows for neither."""
    rows = [_row(name, measured) for name, measured in modes(view)]
    shown = per_window(view, options.window, _MOST)
    rows += [_row(f"{first:,} to {last:,}", measured) for first, last, measured in shown]
    return Table(("return of", "n", "mean", "median", "iqm"), rows)


def earlier(view: View, options: ReportOptions) -> str:
    """`… 3 windows before these`; "" when all are shown."""
    count = -(-view.numbers.completed // options.window) - _MOST if options.window else 0
    return f"… {plural(count, 'window')} before these" if count > 0 else ""


def modes(view: View) -> list[tuple[str, Measured]]:
    """The episodes of each mode, when there are several."""
    return [
        (name, Measured(episodes, view.confidence)) for name, episodes in by_mode(view.recording.episodes)
    ]


def per_window(view: View, size: int | None, most: int | None = None) -> list[tuple[int, int, Measured]]:
    """First and last episode's number and the measures of each window; [] when none were asked for.

    With `most`, of the last so many windows only.
    """
    if size is None:
        return []
    episodes = view.recording.episodes
    rows_of = list(windows(episodes, size))[-(most or 0) :]
    found = [Measured(take(episodes, rows), view.confidence) for rows in rows_of]
    whole = [measured for measured in found if measured.n("mean") == size]
    if whole:
        samples = np.stack([column(measured.episodes, "episode_return") for measured in whole])
        for measured, interval in zip(whole, mean_intervals(samples, view.confidence), strict=True):
            measured.remember("mean", interval)
    return [
        (int(view.rows[rows[0]]), int(view.rows[rows[-1]]), measured)
        for rows, measured in zip(rows_of, found, strict=True)
    ]


def _row(name: str, measured: Measured) -> list[Line]:
    n = measured.n("mean")
    if not n:
        return [[Span(name)], [Span("0", "value")], [], [], []]
    mean = [Span(number(measured.value("mean")), "value"), Span(between(measured.interval("mean")))]
    others: list[Line] = [[Span(number(measured.value(name)))] for name in ("median", "iqm")]
    return [[Span(name)], [Span(f"{n:,}", "value")], mean, *others]
