"""One `monitor.csv` of Stable-Baselines3, read without trusting it: sound rows as columns.

The format, `stable_baselines3/common/monitor.py` (ResultsWriter): a line `#{"t_start": ..., "env_id": ...}`,
a line of column names (r, l, t, then keywords), a row for each episode that ended. What is appended later
has neither line, and counts its t from a start of its own.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from operator import itemgetter
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from monitorcli.errors import BadFile
from monitorcli.format.log import MOST_STEPS
from monitorcli.recording.folder import Folder, number, text
from monitorcli.recording.manifest import UNKNOWN

ENDING = "monitor.csv"

# Characters that a line may have: what has more is no row, and a sparse file can seem endless.
_LONGEST = 1 << 20
_MOST_NAMED = 5  # malformed rows that get a problem each

_REQUIRED = ["r", "l", "t"]
_SUCCESS = {"True": 1, "False": 0, "1": 1, "0": 0, "1.0": 1, "0.0": 0}
Rows = npt.NDArray[np.void]
ROW = np.dtype([("return", "f8"), ("length", "i8"), ("ended", "f8"), ("success", "i1")])

# What the fields of a row say, as ROW has it; None of a row that is malformed.
_Read = Callable[[Sequence[str]], "tuple[float, int, float, int] | None"]


@dataclass(frozen=True, slots=True)
class MonitorCsv:
    """One file; `rows` are its sound ones, in its order, of dtype ROW and shape (n,).

    `ended` is in seconds since the run's own start, which for the first run is `t_start` (seconds since
    the epoch, None when not written). `keywords` are the columns beside r, l and t.
    """

    name: str
    env_id: str
    t_start: float | None
    keywords: tuple[str, ...]
    rows: Rows


def read_monitor_csv(folder: Folder, name: str) -> MonitorCsv:
    """Read one file; malformed rows become problems of the folder. Raises BadFile when it is none."""
    try:
        with folder.open(name) as raw, io.TextIOWrapper(raw, "utf-8", "replace", newline="") as file:
            lines = _lines(file, name, folder)
            header, names, rest, before = _header(lines, name, folder)
            rows = np.fromiter(_episodes(rest, before, names, name, folder), ROW)
    except OSError as error:
        raise BadFile(f"{name}: cannot be read to its end: {error.strerror}") from None
    env_id = text(header.get("env_id"), UNKNOWN)
    return MonitorCsv(
        name=name,
        env_id=UNKNOWN if env_id == "None" else env_id,
        t_start=number(header.get("t_start")),
        keywords=tuple(word for word in names if word not in _REQUIRED),
        rows=rows,
    )


def _lines(file: TextIO, name: str, folder: Folder) -> Iterator[str]:
    """The whole lines of a file: a last one without an end is being written, or was cut off."""
    for place in count(1):
        line = file.readline(_LONGEST)
        if line.endswith(("\n", "\r")):
            yield line
            continue
        if len(line) == _LONGEST:
            folder.problems.append(f"{name}: line {place} is too long for a row; from there it is not read")
        elif line:
            folder.notes.append(
                f"{name}: its last line has no end (being written, or cut off); it is left out."
            )
        return


def _header(
    lines: Iterator[str], name: str, folder: Folder
) -> tuple[dict[str, Any], list[str], Iterator[str], int]:
    """What the first line says, the names of the columns, the lines of rows, and how many stand before."""
    header: dict[str, Any] = {}
    first, before = next(lines, ""), 0
    if first.startswith("#"):
        try:
            document = json.loads(first[1:])
        except (ValueError, RecursionError):
            document = None
        if isinstance(document, dict):
            header = document
        else:
            folder.problems.append(f"{name}: its first line is not a JSON object; when it began is not known")
        first, before = next(lines, ""), 1
    try:
        names = next(csv.reader([first])) if first else _REQUIRED
    except csv.Error:
        names = []
    if {*_REQUIRED} <= {*names}:
        return header, names, lines, before + 1
    unnamed = [*_REQUIRED, *[""] * (len(names) - 3)]
    if _reader(unnamed)(names) is None:
        raise BadFile(f"{name}: not a monitor file of Stable-Baselines3: it has no columns r, l and t")
    # Monitor(override_existing=False) writes no header, not even into a new file.
    folder.notes.append(f"{name}: has no header, so when and what was recorded is not known.")
    return header, unnamed, chain([first], lines), before


def _episodes(
    lines: Iterator[str], before: int, names: Sequence[str], name: str, folder: Folder
) -> Iterator[tuple[float, int, float, int]]:
    """What the sound rows say; of the malformed the first are named and the others counted.

    `before` is how many lines were read already.
    """
    rows, read = csv.reader(lines), _reader(names)
    last, named, others = before, 0, 0
    while True:
        try:
            row = next(rows, None)
        except csv.Error:
            row = [""]
        if row is None:
            break
        first, last = last + 1, before + rows.line_num
        if (episode := read(row)) is not None:
            yield episode
        elif named < _MOST_NAMED and row:  # an empty line is nothing
            named += 1
            which = f"line {first}" if first == last else f"the row in lines {first} to {last}"
            folder.problems.append(f"{name}: {which} is malformed, and is left out")
        elif row:
            others += last + 1 - first
    if others:
        folder.problems.append(f"{name}: {others:,} more malformed lines are left out")


def _reader(names: Sequence[str]) -> _Read:
    """How to read the rows of a file with these columns."""
    width = len(names)
    required = itemgetter(*map(names.index, _REQUIRED))
    success = next((names.index(word) for word in ("is_success", "success") if word in names), None)

    def read(row: Sequence[str]) -> tuple[float, int, float, int] | None:
        if len(row) != width:
            return None
        try:
            value, length, ended = map(float, required(row))
        except ValueError:
            return None
        if not (0 <= length <= MOST_STEPS and length == int(length) and math.isfinite(ended)):
            return None
        return value, int(length), ended, -1 if success is None else _SUCCESS.get(row[success], -1)

    return read
