"""Stable-Baselines3's monitor files: a slot a file, runs where the times of a file begin anew."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from monitorcli.errors import BadFile
from monitorcli.format import log
from monitorcli.recording.family import Family
from monitorcli.recording.folder import Folder
from monitorcli.recording.manifest import UNKNOWN
from monitorcli.recording.monitor_csv import ENDING, MonitorCsv, Rows, read_monitor_csv
from monitorcli.recording.runs import Draft

RECORDER = "stable-baselines3"

# Files of more columns than this have not all of them named.
_MOST_NAMED = 10


def of_sb3(name: str) -> bool:
    """Whether SB3's `load_results` takes a file of this name for a monitor's."""
    return name.endswith(ENDING)


def drafts(folder: Folder) -> list[Draft]:
    """The runs in order, each with a family for every file that has episodes of it."""
    files = _files(folder)
    slots = _slots([file.name for file in files])
    parts = [_runs_of(file.rows) for file in files]
    _explain(folder, files, parts)
    found = []
    for run, rows in enumerate(zip_longest(*parts)):
        of_run = [
            (file, slot, part)
            for file, slot, part in zip(files, slots, rows, strict=True)
            if part is not None
        ]
        found.append(Draft(families=_families(run, of_run)))
    return found


def _files(folder: Folder) -> list[MonitorCsv]:
    found = []
    for name in folder.names("", ENDING):
        try:
            found.append(read_monitor_csv(folder, name))
        except BadFile as error:
            folder.problems.append(str(error))
    return found


def _slots(names: Sequence[str]) -> list[int]:
    """`3.monitor.csv` is environment 3; where not every file has a number of its own, by their order."""
    matches = [re.fullmatch(r"([0-9]{1,9})\.monitor\.csv", name) for name in names]
    numbers = [int(match[1]) for match in matches if match]
    return numbers if len(set(numbers)) == len(names) else list(range(len(names)))


def _runs_of(rows: Rows) -> list[Rows]:
    """The rows of each run: times only grow within one. A file without a row has one run, without a row."""
    return np.split(rows, np.flatnonzero(np.diff(rows["ended"]) < 0) + 1)


def _families(run: int, of_run: Sequence[tuple[MonitorCsv, int, Rows]]) -> list[Family]:
    """A family a file; their episodes numbered by start, as far as the files' clocks began together."""
    began = np.concatenate([_began(rows["ended"]) for _, _, rows in of_run])
    rank = np.argsort(np.argsort(began, kind="stable"), kind="stable")
    ranks = np.split(rank, np.cumsum([len(rows) for _, _, rows in of_run])[:-1])
    return [_family(run, *one, numbers) for one, numbers in zip(of_run, ranks, strict=True)]


def _family(run: int, file: MonitorCsv, slot: int, rows: Rows, numbers: Any) -> Family:
    ended, began = rows["ended"], _began(rows["ended"])
    # Only of the first run it is written when it began.
    start = file.t_start if run == 0 else None
    found = np.zeros(len(ended), log.RECORD)
    found["number"], found["slot"] = numbers, slot
    found["return"], found["length"] = rows["return"], rows["length"]
    found["started_at"] = np.nan if start is None else start + began
    with np.errstate(over="ignore"):
        found["duration"] = ended - began
    found["end"], found["success"] = log.END_UNKNOWN, rows["success"]
    return Family(
        stem=file.name,
        recorder=RECORDER,
        env_id=file.env_id,
        state="unknown",
        started_at=start,
        ended_at=start + float(ended[-1]) if start is not None and len(ended) else None,
        most=len(ended),
        chunks=lambda: (found,),
        surplus=None,
    )


def _began(ended: Any) -> Any:
    """An episode begins when the one before it in its file has ended, the first with the clock."""
    return np.concatenate([[0.0], ended[:-1]])[: len(ended)]


def _explain(folder: Folder, files: Sequence[MonitorCsv], parts: Sequence[Sequence[Rows]]) -> None:
    """Say what the files leave open."""
    appended = {file.name: part for file, part in zip(files, parts, strict=True) if len(part) > 1}
    for name, part in appended.items():
        starts = np.cumsum([len(rows) for rows in part[:-1]]).tolist()
        episodes = ", ".join(map(str, starts[:5])) + (", …" if len(starts) > 5 else "")
        folder.notes.append(
            f"{name}: its times begin anew at its episode {episodes} (from 0): a run was appended, "
            "and when it began is not written."
        )
    for file in files:
        if file.env_id == UNKNOWN and len(file.rows):
            folder.notes.append(
                f"{file.name}: names no environment, like the files of VecMonitor. If that wrote it, its "
                "episodes overlapped: they ended when it says, but began earlier than it seems."
            )
    if len({len(part) for part in parts}) > 1:
        folder.notes.append("Not every file has every run, so which of them belong together is a guess.")
    keywords = dict.fromkeys(word for file in files for word in file.keywords if word)
    kept = "is_success" if "is_success" in keywords else "success"
    other = [word for word in keywords if word != kept]
    if other:
        more = ", …" if len(other) > _MOST_NAMED else ""
        folder.notes.append(f"Columns that are not shown: {', '.join(other[:_MOST_NAMED])}{more}.")
