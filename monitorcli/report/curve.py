"""A learning curve drawn with characters: braille dots, or ASCII where there is nothing better."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from monitorcli import summary
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


def lines(view: View, width: int, in_ascii: bool) -> list[Line]:
    """The returns of the completed episodes, first to last, on an axis that says what it shows."""
    completed = view.recording.episodes.completed
    rows = view.rows[completed]
    returns = view.recording.episodes.episode_return[completed]
    if np.isfinite(returns).sum() < 2:
        return []
    room = max(8, min(_WIDTH, width - 14))
    share = -(-len(rows) // room)  # one point a column: with two, noise is all one sees
    points = summary.curve(returns, len(rows) // share)
    finite = points[np.isfinite(points)]
    top, bottom = number(float(finite.max())), number(float(finite.min()))
    drawn = draw(points, room, _HEIGHT, in_ascii)
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
    levels = height * (len(_MARKS) if ascii_only else 4)
    columns = width if ascii_only else 2 * width
    heights = _levels(_stretched(points, columns), low, high, levels)
    return _in_ascii(heights, width, height) if ascii_only else _in_braille(heights, width, height)


def _stretched(points: Points, columns: int) -> Points:
    """One value for each column, by linear interpolation; beside a gap, the nearest point."""
    at = np.linspace(0, len(points) - 1, columns)
    before, after = np.floor(at).astype(int), np.ceil(at).astype(int)
    share = at - before
    with np.errstate(invalid="ignore"):
        between: Points = points[before] * (1 - share) + points[after] * share
    return np.where(np.isfinite(between), between, points[np.rint(at).astype(int)])


def _levels(values: Points, low: float, high: float, levels: int) -> list[int | None]:
    """Each value as a height from 0 to levels - 1, None for a gap."""
    if high == low:
        return [levels // 2 if np.isfinite(value) else None for value in values]
    # Made small first: the distance between two large floats may itself be no float.
    unit = max(abs(low), abs(high))
    scaled = (values / unit - low / unit) / (high / unit - low / unit) * (levels - 1)
    # What lies between two neighbouring floats may be rounded to beyond them.
    scaled = np.clip(scaled, 0, levels - 1)
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
