"""The return by window, where windows were asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from monitorcli.report.intervals import between, estimated
from monitorcli.report.layout import Line, Span, TextTable
from monitorcli.report.model import View
from monitorcli.report.text import number, plural
from monitorcli.summary.intervals import intervals_of_each
from monitorcli.summary.measures import Measured, column
from monitorcli.summary.resampling import MOST_RESAMPLED
from monitorcli.summary.selection import take, windows

_MOST = 60  # windows that are shown; the JSON has all
_HEAD = ("return of", "n", "mean [ ]", "median", "iqm")


def table(
    view: View,
    size: int | None,
    head: Sequence[str] = _HEAD,
    most: int | None = None,
    window: str = "",
) -> TextTable:
    """A row for each window of `size` episodes, with these columns; no rows where no windows are wanted.

    `window` stands before a window's episodes.
    """
    rows = [
        _cells(f"{window}{first:,} to {last:,}", measured)
        for first, last, measured in per_window(view, size, most or _MOST)
    ]
    titles = [name.removesuffix(" [ ]") for name in head]
    return TextTable(titles, [[row[name] for name in head] for row in rows])


def earlier(view: View, size: int | None) -> str:
    """`… 3 windows before these`; "" when all are shown."""
    count = -(-view.numbers.completed // size) - _MOST if size else 0
    return f"… {plural(count, 'window')} before these" if count > 0 else ""


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
    if whole and view.confidence and 2 <= size <= MOST_RESAMPLED:
        samples = np.stack([column(measured.episodes, "episode_return") for measured in whole])
        means = intervals_of_each(samples, view.confidence, ["mean"])["mean"]
        for measured, interval in zip(whole, means, strict=True):
            measured.remember("mean", interval)
    return [
        (int(view.rows[rows[0]]), int(view.rows[rows[-1]]), measured)
        for rows, measured in zip(rows_of, found, strict=True)
    ]


def _cells(name: str, measured: Measured) -> dict[str, Line]:
    """What a table may say of these episodes, by column."""
    n, interval = measured.n("mean"), measured.interval("mean")
    value = {of: number(measured.value(of)) if n else "" for of in ("mean", "median", "iqm")}
    return {
        "return of": [Span(name)],
        "n": [Span(f"{n:,}", "value")],
        "mean": [Span(value["mean"], "value")],
        "interval": [Span(between(interval))],
        "mean [ ]": estimated(value["mean"], interval),
        "median": [Span(value["median"])],
        "iqm": [Span(value["iqm"])],
    }
