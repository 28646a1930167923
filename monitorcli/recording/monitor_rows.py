"""The rows of a monitor.csv: which are sound, and what they are as columns."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from monitorcli.format.log import MOST_STEPS

Columns = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]

_SUCCESS = {"True": 1, "False": 0, "1": 1, "0": 0, "1.0": 1, "0.0": 0}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a row of `width` fields has what; `success` is None when no column says so."""

    width: int
    places: tuple[int, int, int]
    success: int | None


def columns(rows: Sequence[Sequence[str]], layout: Layout) -> Columns:
    """Return, length, end and success of rows that are all sound; ValueError when one is not."""
    found = list(zip(*rows, strict=True)) or [()] * layout.width
    if len(found) != layout.width:
        raise ValueError(f"{len(found)} fields instead of {layout.width}")
    returns, lengths, ended = (
        np.array(list(map(float, found[place])), np.float64) for place in layout.places
    )
    sound = (lengths >= 0) & (lengths <= MOST_STEPS) & (lengths == np.floor(lengths)) & np.isfinite(ended)
    if not sound.all():
        raise ValueError("a length or a time that cannot be")
    if layout.success is None:
        success = np.full(len(rows), -1, np.int8)
    else:
        success = np.array([_SUCCESS.get(word, -1) for word in found[layout.success]], np.int8)
    return returns, lengths.astype(np.int64), ended, success


def sifted(lines: Sequence[str], layout: Layout) -> tuple[list[list[str]], list[int]]:
    """The sound rows among the lines, and the numbers (from 1) of the lines that are none.

    Lines that a stray quotation mark made one row are looked at again, each by itself.
    """
    rows: list[list[str]] = []
    bad: list[int] = []
    reader = csv.reader(lines)
    first = 0
    while first < len(lines):
        try:
            row = next(reader)
        except csv.Error:
            row = [""]
        last = max(reader.line_num, first + 1)
        alone = [row] if last == first + 1 or is_row(row, layout) else map(fields, lines[first:last])
        for line, one in enumerate(alone, first + 1):
            if is_row(one, layout):
                rows.append(one)
            elif one:  # an empty line is nothing
                bad.append(line)
        first = last
    return rows, bad


def fields(line: str) -> list[str]:
    """The fields of a line by itself; one empty field when it cannot be taken apart."""
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return [""]


def is_row(row: Sequence[str], layout: Layout) -> bool:
    """Whether the row has as many fields as its file has columns, and numbers that can be."""
    if len(row) != layout.width:
        return False
    try:
        _, length, ended = (float(row[place]) for place in layout.places)
    except (ValueError, IndexError):
        return False
    return 0 <= length <= MOST_STEPS and length == int(length) and math.isfinite(ended)
