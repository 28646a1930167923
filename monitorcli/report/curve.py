"""A learning curve drawn with characters: braille dots, or ASCII where there is nothing better."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from monitorcli import summary
from monitorcli.report import axis
from monitorcli.report.layout import Line, Span
from monitorcli.report.model import View
from monitorcli.report.text import number

# Bits of a braille cell, by column and by height from its bottom (Unicode 15, "Braille Patterns").
_DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
# Three heights within a character of ASCII.
_MARKS = "_-'"

_WIDTH = 72  # a wider curve tells no more, and takes its end out of sight
_HEIGHT = 4

Points = npt.NDArray[np.float64]


def lines(view: View, width: int, in_ascii: bool, by: str = "episodes") -> list[Line]:
    """The returns of the completed episodes, first to last, on an axis that says what it shows."""
    episodes = view.recording.episodes
    rows, at = view.rows[episodes.completed], axis.places(view, by)[episodes.completed]
    returns = episodes.episode_return[episodes.completed]
    dated = np.isfinite(at)
    if np.isfinite(returns[dated]).sum() < 2:
        return []
    columns = room(width)
    if by == "episodes":
        share = -(-len(rows) // columns)  # one point a column: with two, noise is all one sees
        points = summary.curve(returns, len(rows) // share)
        below = _foot(rows, len(points), columns)
    else:
        low, high = float(at[dated].min()), float(at[dated].max())
        points = along(at, returns, low, high, columns)
        below = foot(axis.said(low, by), axis.said(high, by), axis.share(high - low, columns, by), columns)
    finite = points[np.isfinite(points)]
    top, bottom = float(finite.max()), float(finite.min())
    return with_axis(draw(points, columns, _HEIGHT, in_ascii), top, bottom, below)


def room(width: int) -> int:
    """How many columns a curve has on a terminal of this width."""
    return max(8, min(_WIDTH, width - 14))


def along(at: Points, returns: Points, low: float, high: float, columns: int) -> Points:
    """The mean return of each column of an axis from `low` to `high`; NaN outside of the episodes.

    A column without an episode lies on the line between its neighbours.
    """
    known = np.isfinite(at) & np.isfinite(returns)
    scale = columns / (high - low) if high > low else 0.0
    column = np.clip((at[known] - low) * scale, 0, columns - 1).astype(np.intp)
    counts = np.bincount(column, minlength=columns)
    sums = np.bincount(column, returns[known], minlength=columns)
    filled = np.flatnonzero(counts)
    means = sums[filled] / counts[filled]
    points: Points = np.interp(np.arange(columns), filled, means, left=np.nan, right=np.nan)
    return points


def with_axis(drawn: Sequence[str], top: float, bottom: float, below: str) -> list[Line]:
    """The drawn lines, highest first, with the largest and the smallest value beside them."""
    ends = number(top), number(bottom)
    labels = [ends[0], *[""] * (len(drawn) - 2), ends[1]][: len(drawn)]
    column = max(map(len, ends))
    graph: list[Line] = [
        [Span(f" {label:>{column}} {'┤' if label else '│'}", "dim"), Span(line, "curve")]
        for label, line in zip(labels, drawn, strict=True)
    ]
    return [*graph, [Span(" " * (column + 2) + below, "dim")]]


def foot(first: str, last: str, what: str, columns: int) -> str:
    """The line under a curve of so many columns: both ends of its axis, and what is drawn."""
    left, right = f"└ {first} ", f" {last}"
    between = columns + 1 - len(left) - len(right)
    return left + (what.center(between, "─") if len(what) < between else "─" * between) + right


def _foot(rows: npt.NDArray[np.intp], points: int, columns: int) -> str:
    """The line under a curve by episodes: the first and last episode's number, and what is drawn."""
    fewest, most = len(rows) // points, -(-len(rows) // points)
    share = f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"
    what = " return " if most == 1 else f" return, mean of {share} episodes a point "
    return foot(f"episode {rows[0]:,}", f"{rows[-1]:,}", what, columns)


def draw(points: Points, width: int, height: int, ascii_only: bool = False) -> list[str]:
    """`height` strings of `width` characters, highest first, with the points spread from edge to edge.

    The smallest point lies at the bottom and the largest at the top; points that are not finite leave
    a gap. When all are equal, one string is enough and the line runs through its middle.
    """
    finite = points[np.isfinite(points)]
    if not len(finite):
        return [" " * width] * height
    low, high = float(finite.min()), float(finite.max())
    height = height if high > low else 1
    steps = height * (len(_MARKS) if ascii_only else 4)
    columns = width if ascii_only else 2 * width
    heights = levels(stretched(points, columns), low, high, steps)
    return _in_ascii(heights, width, height) if ascii_only else _in_braille(heights, width, height)


def stretched(points: Points, columns: int) -> Points:
    """One value for each column, by linear interpolation; beside a gap, the nearest point."""
    at = np.linspace(0, len(points) - 1, columns)
    before, after = np.floor(at).astype(int), np.ceil(at).astype(int)
    share = at - before
    with np.errstate(invalid="ignore"):
        between: Points = points[before] * (1 - share) + points[after] * share
    return np.where(np.isfinite(between), between, points[np.rint(at).astype(int)])


def levels(values: Points, low: float, high: float, count: int) -> list[int | None]:
    """Each value as a height from 0 to count - 1, None for a gap."""
    if high == low:
        return [count // 2 if np.isfinite(value) else None for value in values]
    # Made small first: the distance between two large floats may itself be no float.
    unit = max(abs(low), abs(high))
    scaled = (values / unit - low / unit) / (high / unit - low / unit) * (count - 1)
    # What lies between two neighbouring floats may be rounded to beyond them.
    scaled = np.clip(scaled, 0, count - 1)
    return [round(value) if np.isfinite(value) else None for value in scaled.tolist()]


def _in_braille(heights: list[int | None], width: int, height: int) -> list[str]:
    """The heights, two a cell, each joined to the one before so that a steep line stays a line."""
    cells = [[0x2800] * width for _ in range(height)]
    previous: int | None = None
    for column, level in enumerate(heights):
        if level is not None:
            start = level if previous is None else previous + (level > previous) - (level < previous)
            for dot in range(min(start, level), max(start, level) + 1):
                cells[height - 1 - dot // 4][column // 2] |= _DOTS[column % 2][dot % 4]
        previous = level
    return ["".join(map(chr, row)).replace("\u2800", " ") for row in cells]


def _in_ascii(heights: list[int | None], width: int, height: int) -> list[str]:
    rows = [[" "] * width for _ in range(height)]
    for column, level in enumerate(heights):
        if level is not None:
            rows[height - 1 - level // len(_MARKS)][column] = _MARKS[level % len(_MARKS)]
    return ["".join(row) for row in rows]
