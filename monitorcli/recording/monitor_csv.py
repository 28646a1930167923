"""One `monitor.csv` of Stable-Baselines3, read without trusting it: sound rows as columns.

The format, `stable_baselines3/common/monitor.py` (ResultsWriter): a line `#{"t_start": ..., "env_id": ...}`,
a line of column names (r, l, t, then keywords), a row for each episode that ended. What is appended later
has neither line, and counts its t from a start of its own.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from monitorcli.errors import BadFile
from monitorcli.recording.folder import Folder, number, text
from monitorcli.recording.manifest import UNKNOWN
from monitorcli.recording.monitor_rows import Columns, Layout, columns, fields, is_row, sifted

ENDING = "monitor.csv"

# Characters of a line that are read at once; a longer one is no row, and comes in pieces.
_LONGEST = 1 << 20
# Rows that become arrays at a time.
_ROWS = 1 << 14
# Batches without one sound row after which the rest is given up: a sparse file can seem endless.
_PATIENCE = 64
_MOST_NAMED = 5  # malformed lines that get a problem each

_REQUIRED = ("r", "l", "t")


@dataclass(frozen=True, slots=True)
class MonitorCsv:
    """The sound rows of one file, in its order; arrays of shape (n,).

    `ended` is in seconds since the run's own start, which for the first run is `t_start` (seconds since
    the epoch, None when not written). `keywords` are the columns beside r, l and t.
    """

    name: str
    env_id: str
    t_start: float | None
    keywords: tuple[str, ...]
    episode_return: npt.NDArray[np.float64]
    length: npt.NDArray[np.int64]
    ended: npt.NDArray[np.float64]
    success: npt.NDArray[np.int8]


class _Lines:
    """The whole lines of a file, and those handed out since `kept` was last emptied.

    A last line without an end is being written, or was cut off: it is not handed out.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.count = 0
        self.kept: list[str] = []
        self.torn = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(_LONGEST)
        ends = line.endswith(("\n", "\r"))
        if not ends and len(line) < _LONGEST:
            self.torn = self.torn or bool(line)
            raise StopIteration
        self.count += ends
        self.kept.append(line)
        return line


def read_monitor_csv(folder: Folder, name: str) -> MonitorCsv:
    """Read one file; malformed lines become problems of the folder. Raises BadFile when it is none."""
    try:
        with folder.open(name) as raw:
            lines = _Lines(io.TextIOWrapper(raw, "utf-8", "replace", newline=""))
            header, names = _header(lines, name, folder)
            found = list(_batches(lines, _layout(names), name, folder))
    except OSError as error:
        raise BadFile(f"{name}: cannot be read to its end: {error.strerror}") from None
    if lines.torn:
        folder.notes.append(f"{name}: its last line has no end (being written, or cut off); it is left out.")
    merged = [np.concatenate(column) for column in zip(*found, strict=True)]
    env_id = text(header.get("env_id"), UNKNOWN)
    return MonitorCsv(
        name=name,
        env_id=UNKNOWN if env_id == "None" else env_id,
        t_start=number(header.get("t_start")),
        keywords=tuple(word for word in names if word not in _REQUIRED),
        episode_return=merged[0],
        length=merged[1],
        ended=merged[2],
        success=merged[3],
    )


def _header(lines: _Lines, name: str, folder: Folder) -> tuple[dict[str, Any], list[str]]:
    """What the first line says, and the names of the columns; leaves `lines` before the first row."""
    header: dict[str, Any] = {}
    first = next(lines, "")
    if first.startswith("#"):
        try:
            document = json.loads(first[1:])
        except (ValueError, RecursionError):
            document = None
        if isinstance(document, dict):
            header = document
        else:
            folder.problems.append(f"{name}: its first line is not a JSON object; when it began is not known")
        first = next(lines, "")
    names = fields(first) if first else list(_REQUIRED)
    if set(_REQUIRED) <= set(names):
        lines.kept.clear()
        return header, names
    if not is_row(names, Layout(len(names), (0, 1, 2), None)):
        raise BadFile(f"{name}: not a monitor file of Stable-Baselines3: it has no columns r, l and t")
    # Monitor(override_existing=False) writes no header, not even into a new file.
    folder.notes.append(f"{name}: has no header, so when and what was recorded is not known.")
    lines.kept[:-1] = []
    return header, [*_REQUIRED, *[""] * (len(names) - 3)]


def _layout(names: Sequence[str]) -> Layout:
    says = next((names.index(word) for word in ("is_success", "success") if word in names), None)
    return Layout(len(names), (names.index("r"), names.index("l"), names.index("t")), says)


def _batches(lines: _Lines, layout: Layout, name: str, folder: Folder) -> Iterator[Columns]:
    """The sound rows, as columns of some thousand; at least one batch, which may be empty."""
    malformed = nonsense = 0
    named: list[int] = []
    yield columns([], layout)
    if lines.kept:  # a row stood where the header should
        yield columns(list(csv.reader(lines.kept)), layout)
    reader = csv.reader(lines)
    while nonsense < _PATIENCE:
        lines.kept.clear()
        before = lines.count
        try:
            rows = list(islice(reader, _ROWS))
            if not rows:
                break
            yield columns(rows, layout)
            nonsense = 0
        except (csv.Error, ValueError, OverflowError):
            rows, bad = sifted(lines.kept, layout)
            named += [before + line for line in bad[: _MOST_NAMED - len(named)]]
            malformed += len(bad)
            yield columns(rows, layout)
            nonsense = 0 if rows else nonsense + 1
    else:
        folder.problems.append(f"{name}: what follows line {lines.count} is not read: no row in a long while")
    # A line so long that it came in pieces has one number.
    folder.problems += [f"{name}: line {line} is malformed, and is left out" for line in dict.fromkeys(named)]
    if malformed > len(named):
        folder.problems.append(f"{name}: {malformed - len(named):,} more malformed lines are left out")
