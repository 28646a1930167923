"""What to type instead of a request that is of several series: a line for each."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from monitorcli.recording.model import Series
from monitorcli.report.text import printable
from monitorcli.summary.gates import Gate
from monitorcli.summary.selection import Selection

_MOST = 10


def choices(directory: Path, series: Sequence[Series], asked: Sequence[str]) -> str:
    """A line to paste for each of these series of the directory; `asked` are its further options."""
    lines = [
        shlex.join(["monitorcli", "inspect", str(directory), "--series", one.name, *asked])
        for one in series[:_MOST]
    ]
    left = len(series) - len(lines)
    return "\n".join([*map(printable, lines), *([f"and {left:,} more"] if left else [])])


def typed(
    selection: Selection,
    gates: Sequence[Gate] = (),
    baseline: Path | None = None,
    any_baseline: bool = False,
) -> list[str]:
    """The options, as one would type them, but those that choose a series by environment or name."""
    words: list[str] = []
    for name in ("mode", "run", "slot", "last"):
        value = getattr(selection, name)
        words += [] if value is None else [f"--{name}", str(value)]
    words += [] if baseline is None else ["--baseline", str(baseline)]
    words += ["--force-baseline"] if any_baseline else []
    for gate in gates:
        words += gate.option.split(" ", 1)
    return words
