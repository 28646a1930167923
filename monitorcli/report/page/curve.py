"""The learning curve: single episodes, a running mean, and the interval of that mean."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from monitorcli.recording.model import Episodes
from monitorcli.report.intervals import percent
from monitorcli.report.page import plot, running_mean
from monitorcli.report.page.axis import Axis, Values, fitting, padded
from monitorcli.report.page.markup import Markup, joined, table, tag, text
from monitorcli.report.page.plot import PLANE
from monitorcli.report.page.running_mean import RunningMean
from monitorcli.report.text import number, plural
from monitorcli.summary.selection import Rows

_DOTS = 3000  # episodes that are drawn one by one; more are counted in cells
_CELLS = (250, 75)
_LEVELS = 4
_FEW = 300  # dots that may be large
_ROWS = 12  # of the table


class Seen(NamedTuple):
    """What the curve shows: completed episodes with a finite return, and its axes.

    `rows` are the episodes' numbers in the whole recording, as those on the axis `x`.
    """

    rows: Rows
    returns: Values
    x: Axis
    y: Axis


def seen(episodes: Episodes, numbers: Rows) -> Seen | None:
    """What there is to draw of the episodes with these numbers; None for fewer than two."""
    drawn = episodes.completed & np.isfinite(episodes.episode_return)
    if np.count_nonzero(drawn) < 2:
        return None
    returns = episodes.episode_return[drawn]
    return Seen(
        numbers[drawn], returns, Axis(float(numbers[0]), float(numbers[-1])), padded(fitting(returns))
    )


def section(shown: Seen, confidence: float, films: Rows, name: str, level: int) -> Markup:
    """The chart, with marks at these episodes' films and the slider that walks along its episodes."""
    line = running_mean.of_returns(shown.rows, shown.returns, confidence)
    within = percent(confidence)
    outside = int(np.count_nonzero((shown.returns < shown.y.low) | (shown.returns > shown.y.high)))
    chart = plot.Chart(
        name=name,
        title="Return by episode",
        caption=text(_caption(line.window, within, len(shown.rows), outside, len(films) > 0)),
        summary=_summary(shown, line),
        numbers=_numbers(line, within),
        below=_slider(name, shown.x),
        tall=True,
    )
    shapes = joined([_episodes(shown), _band(shown, line), _line(shown, line), _marks(shown, films)])
    x, y = plot.scale(shown.x, "episode", whole=True), plot.scale(shown.y, "return", 5)
    return plot.figure(chart, x, y, shapes, level)


def scales(shown: Seen) -> dict[str, float]:
    """The axes, for the script that finds the episode under the pointer."""
    return {"low": shown.y.low, "high": shown.y.high, "first": shown.x.low, "last": shown.x.high}


def _caption(window: int, within: str, n: int, outside: int, filmed: bool) -> str:
    means = [
        f"Line: mean of {window:,} consecutive episodes.",
        f"Band: its {within} interval (episodes taken as independent; none where all are equal).",
    ]
    parts = [
        *(means if window > 1 else ()),
        "Dots: single episodes." if n <= _DOTS else f"Shade: {n:,} episodes, stronger where there are more.",
    ]
    if filmed:
        parts.append("Marks at the foot: filmed episodes.")
    if outside:
        parts.append(f"{plural(outside, 'episode')} beyond the scale, drawn at its edge.")
    return " ".join(parts)


def _summary(shown: Seen, line: RunningMean) -> str:
    first, last, low, high = (
        number(float(value)) for value in (line.mean[0], line.mean[-1], line.mean.min(), line.mean.max())
    )
    worst, best = number(float(shown.returns.min())), number(float(shown.returns.max()))
    return (
        f"{len(shown.rows):,} completed episodes with returns from {worst} to {best}. The mean of "
        f"{plural(line.window, 'episode')} begins at {first}, ends at {last}, is between {low} and {high}."
    )


def _numbers(line: RunningMean, within: str) -> Markup:
    picked = np.unique(np.rint(np.linspace(0, len(line.at) - 1, _ROWS)).astype(int)).tolist()
    rows = (
        (f"{line.at[i]:,.0f}", *(number(float(column[i])) for column in (line.mean, line.low, line.high)))
        for i in picked
    )
    header = ("Around episode", f"Mean of {line.window:,}", f"{within} from", "to")
    return table(header, rows, "Running mean of the return")


def _slider(name: str, x: Axis) -> Markup:
    """Native, so that arrows, Page Up, Home and a screen reader work without being taught."""
    first, last = f"{x.low:.0f}", f"{x.high:.0f}"
    box = tag("input", type="range", min=first, max=last, value=first, id=f"{name}-walk",
              aria_label="Walk along the episodes")  # fmt: skip
    return tag("div", box, tag("output", "", for_=f"{name}-walk"), class_="walk", hidden=True)


def _points(shown: Seen, at: Values, values: Values, size: int = PLANE) -> list[tuple[float, float]]:
    x, y = shown.x.at(at) * size, (1 - shown.y.at(values)) * size
    return list(zip(np.round(x, 1).tolist(), np.round(y, 1).tolist(), strict=True))


def _path(points: list[tuple[float, float]]) -> str:
    return "L".join(f"{x:g} {y:g}" for x, y in points)


def _line(shown: Seen, line: RunningMean) -> Markup:
    return tag("path", d=f"M{_path(_points(shown, line.at, line.mean))}", class_="line")


def _band(shown: Seen, line: RunningMean) -> Markup:
    """The interval, in a piece wherever it is known."""
    known = np.flatnonzero(np.isfinite(line.low) & np.isfinite(line.high))
    if not len(known):
        return Markup("")
    pieces = []
    for piece in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
        upper, lower = (_points(shown, line.at[piece], end[piece]) for end in (line.high, line.low))
        pieces.append(f"M{_path(upper + lower[::-1])}Z")
    return tag("path", d="".join(pieces), class_="band")


def _marks(shown: Seen, films: Rows) -> Markup:
    places = (PLANE * shown.x.at(films.astype(np.float64))).round().astype(int)
    return tag("path", d="".join(f"M{x} {PLANE}v-28" for x in np.unique(places).tolist()), class_="films")


def _episodes(shown: Seen) -> Markup:
    if len(shown.rows) > _DOTS:
        return _cells(shown)
    points = _points(shown, shown.rows.astype(np.float64), shown.returns)
    drawn = "".join(f"M{x:.0f} {y:.0f}h0" for x, y in dict.fromkeys(points))
    return tag("path", d=drawn, class_="dots few" if len(points) <= _FEW else "dots")


def _cells(shown: Seen) -> Markup:
    """How many episodes there are where: a path for each shade, cells beside each other in one stroke."""
    wide, high = _CELLS
    column = np.minimum((shown.x.at(shown.rows.astype(np.float64)) * wide).astype(int), wide - 1)
    row = np.minimum(((1 - shown.y.at(shown.returns)) * high).astype(int), high - 1)
    counts = np.bincount(row * wide + column, minlength=wide * high)
    levels = np.ceil(_LEVELS * np.log1p(counts) / np.log1p(counts.max())).astype(int)
    paths = []
    for level in range(1, _LEVELS + 1):
        cells = np.flatnonzero(levels == level)
        # A cell begins a stroke unless it follows the one before it in the same row.
        begins = np.flatnonzero((np.diff(cells, prepend=-2) != 1) | (cells % wide == 0))
        lasts = np.diff(np.append(begins, len(cells)))
        strokes = zip(cells[begins].tolist(), lasts.tolist(), strict=True)
        drawn = "".join(f"M{cell % wide} {cell // wide}h{size}" for cell, size in strokes)
        paths.append(tag("path", d=drawn, class_=f"cells s{level}"))
    return tag("svg", tag("g", *paths, transform="translate(0 .5)"), viewBox=f"0 0 {wide} {high}",
               width=str(PLANE), height=str(PLANE), preserveAspectRatio="none")  # fmt: skip
