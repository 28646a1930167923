"""Episodes as CSV, a row each, for spreadsheets and data frames: columns are made whole, then joined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from monitorcli.recording import columns
from monitorcli.recording.columns import Text
from monitorcli.report.model import RecordingView, Report

# Rows made at a time, so that a hundred million episodes need no more memory than a hundred thousand.
_ROWS = 1 << 16
_SUCCESS = np.array(["", "false", "true"], object)
# What a spreadsheet takes for a formula, at the start of a cell.
_FORMULA = ("=", "+", "-", "@")


def render(report: Report) -> Iterator[str]:
    """The header, then the episodes in start order, recording after recording, in pieces that end a line.

    The last column of several recordings is `directory`. Nothing known is an empty field. `return` and
    `duration` round-trip through Python's float; `end` is "terminated" for an episode that was truncated
    at the same step. Names from files are escaped as everywhere, and cells as `cell` says.
    """
    several = len(report.recordings) > 1
    yield ",".join([*columns.NAMES, *(["directory"] if several else [])]) + "\n"
    for one in report.recordings:
        yield from _lines(one, f",{cell(one.name)}" if several else "")


def cell(text: str) -> str:
    """A printable text as a cell: in quotes where CSV wants them, behind a ' where it would be a formula."""
    if text.startswith(_FORMULA):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text


def _lines(one: RecordingView, last: str) -> Iterator[str]:
    """The recording's rows, each with `last` behind it."""
    made, numbers = one.recording.columns(cell), one.rows
    for first in range(0, len(numbers), _ROWS):
        found = made.of(numbers[first : first + _ROWS])
        lines = map(",".join, zip(*(_texts(name, of) for name, of in found.items()), strict=True))
        yield f"{last}\n".join(lines) + f"{last}\n"


def _texts(name: str, of: Any) -> Iterable[str]:
    """The column as CSV has it."""
    if isinstance(of, Text):
        return of.values().tolist()  # type: ignore[no-any-return]
    if name == "success":
        return _SUCCESS.take(of + 1).tolist()  # type: ignore[no-any-return]
    if name == "started_at":
        # To a fixed-width string: three times quicker than datetime_as_string.
        words = np.char.add(of.astype("U26"), "Z")
        return np.where(np.isnat(of), "", words).tolist()  # type: ignore[no-any-return]
    if name == "duration":
        texts = map(repr, of.tolist())
        return texts if not np.isnan(of).any() else ("" if text == "nan" else text for text in texts)
    if name == "seed":
        return ("" if seed is None else str(seed) for seed in of.values())
    return map(repr, of.tolist())
