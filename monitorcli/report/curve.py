"""A learning curve drawn with characters: braille dots, or ASCII where there is nothing better."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Bits of a braille cell, by column and by height from its bottom (Unicode 15, "Braille Patterns").
_DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
# Three heights within a character of ASCII.
_MARKS = "_-'"

Points = npt.NDArray[np.float64]


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
