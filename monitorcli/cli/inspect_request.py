"""What `inspect` was asked for, as values: the report's options, and the recordings themselves."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monitorcli.cli import judge
from monitorcli.errors import BadRequest
from monitorcli.recording import discover_all, read
from monitorcli.recording.model import Recording
from monitorcli.report import ReportOptions
from monitorcli.report.choices import typed
from monitorcli.summary.selection import Selection


def wanted(params: dict[str, Any]) -> ReportOptions:
    """Build the report's options from the command line. Raises BadRequest before anything is read."""
    return ReportOptions(
        confidence=params["confidence"],
        selection=selection(params),
        window=params["window"],
        gates=judge.asked(params),
        any_baseline=params["force_baseline"],
        sort=params["sort"],
        x=params["x"],
    )


def selection(params: dict[str, Any]) -> Selection:
    """Which episodes count."""
    return Selection(**{name: params[name] for name in ("env", "mode", "series", "run", "slot", "last")})


def recordings(
    directories: Sequence[Path], params: dict[str, Any], format_name: str
) -> tuple[list[Recording], Recording | None]:
    """Read each recording at or below the directories once, and the baseline."""
    kind = params["kind"]
    places = discover_all(directories, kind)
    if format_name == "npz":
        refuse_several(places, "npz holds the episodes of one recording", params, "--format", "npz")
    window = params["window"]
    if format_name == "markdown" and window is not None:
        asked = ("--format", "markdown", "--window", str(window))
        refuse_several(places, "markdown shows windows of one recording", params, *asked)
    baseline = None
    if params["baseline"] is not None:
        baseline = judge.read_baseline(params["baseline"], kind)
    return [read(place, kind) for place in places], baseline


def refuse_several(places: Sequence[Path], what: str, params: dict[str, Any], *options: str) -> None:
    """Raise BadRequest if there are several recordings, with a line to paste for each."""
    if len(places) > 1:
        raise BadRequest(f"{what}, and there are {len(places)}.", one_each(places, params, *options))


def one_each(places: Sequence[Path], params: dict[str, Any], *options: str) -> str:
    """A line to paste for each of the recordings, with what selects episodes and these options."""
    chosen = selection(params)
    by_name = [("--env", chosen.env), ("--series", chosen.series)]
    words = [word for option, value in by_name if value is not None for word in (option, value)]
    words += [*typed(chosen), *options]
    return judge.listed(shlex.join(["monitorcli", "inspect", str(place), *words]) for place in places)
