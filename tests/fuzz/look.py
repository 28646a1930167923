"""Look at a directory in every way that monitorcli has, and say what is wrong with the answers."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from monitorcli import summary
from monitorcli.cli import style
from monitorcli.errors import MonitorError
from monitorcli.monitor import directory as monitor_directory
from monitorcli.monitor.history import read_history
from monitorcli.recording import Recording, load_results, read
from monitorcli.recording.verify import verify
from monitorcli.report import FORMATS, ReportOptions, as_table, make_report, render
from monitorcli.summary import gates

# Every format has something to say; intervals are the same arithmetic for every directory, and dear.
EVERYTHING = ReportOptions(confidence=0)
GATED = ReportOptions(confidence=0, gates=(gates.enough_episodes(1),))

# What rich itself writes: colours, and links to files.
_STYLING = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^;\x1b]*;[ -~]*\x1b\\")


def look(directory: Path) -> Iterator[str]:
    """Sentences on what is wrong with what monitorcli says; anything but a MonitorError comes through."""
    recording = None
    said: list[str] = []
    ways = (load_results, read_history, monitor_directory.files, verify, read)
    for way in ways:
        try:
            recording = way(directory)
        except MonitorError as error:
            said.append(str(error))
            recording = None
    if "CANARY" in "".join(said):
        yield "an error holds a file from outside"
    if isinstance(recording, Recording):
        summary.summarise(recording.episodes)
        yield from _answers(recording)


def _answers(recording: Recording) -> Iterator[str]:
    one = len(recording.series) == 1  # a gate judges one series
    found = make_report([recording], GATED if one else EVERYTHING, recording)
    left_out = ("npz", "parquet") if one else ("npz", "parquet", "junit")
    answers = {name: b"".join(render(name, found)).decode() for name in FORMATS if name not in left_out}
    several = make_report([recording, recording], EVERYTHING, recording)
    answers["page of several"] = b"".join(render("html", several)).decode()
    answers["narrow"] = as_table.plain(as_table.lines(found, 30, in_ascii=True))
    answers["terminal"] = _on_a_terminal(recording)
    answers["interpreter"], answers["notebook"] = repr(recording), recording._repr_html_()
    for name, text in answers.items():
        if not text.replace("\n", "").isprintable():
            yield f"{name} has an unprintable character"
        if "CANARY" in text:
            yield f"{name} holds a file from outside"
        text.encode()
    document = json.loads(answers["json"], parse_constant=_not_json)
    rows = list(csv.reader(io.StringIO(answers["csv"]), strict=True))
    if not sum(of["episodes"] for of in document["series"]) == len(rows) - 1 == len(recording.episodes):
        yield "json, csv and recording differ in the number of episodes"
    if len(set(map(len, rows))) != 1:
        yield "csv has rows of different length"
    if any(cell[:1] in set("=+@\t\r") for row in rows for cell in row):
        yield "csv has a cell that a spreadsheet runs"


def _on_a_terminal(recording: Recording) -> str:
    file = io.StringIO()
    to = Console(
        file=file,
        force_terminal=True,
        color_system="truecolor",
        width=100,
        highlight=False,
        markup=False,
        emoji=False,
    )
    style.show(as_table.lines(make_report([recording], EVERYTHING), 100), to)
    return _STYLING.sub("", file.getvalue())


def _not_json(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
