"""Judge recordings by the gates that were asked for: for `inspect`, and for `start` and `resume`."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from monitorcli.errors import BadRequest, GateNotMet
from monitorcli.recording import discover_all, read
from monitorcli.recording.model import Recording
from monitorcli.report.model import Report
from monitorcli.report.text import printable, shortened
from monitorcli.report.verdicts import unmet
from monitorcli.summary import gates
from monitorcli.summary.gates import Gate

_MOST_LINES = 5  # to paste, where there are too many recordings


def asked(params: Mapping[str, Any]) -> tuple[Gate, ...]:
    """The gates of `--min-episodes`, `--fail-under` and `--fail-regression`. Raises BadRequest."""
    if params["fail_regression"] and params["baseline"] is None:
        raise BadRequest("--fail-regression needs --baseline: the recording to compare with.")
    least = params["min_episodes"]
    return (
        *([gates.enough_episodes(least)] if least is not None else []),
        *map(gates.at_least, params["fail_under"]),
        *map(gates.no_regression, params["fail_regression"]),
    )


def read_baseline(place: Path, kind: str | None = None) -> Recording:
    """The one recording at or below `place`. Raises BadRequest if there are several, NoRecording if none."""
    found = discover_all([place], kind)
    if len(found) > 1:
        raise BadRequest(
            f"a baseline is one recording, and {place} holds {len(found)}.",
            listed(f"--baseline {shlex.quote(str(one))}" for one in found),
        )
    return read(found[0], kind)


def refuse_unmet(answer: Report) -> None:
    """Raise GateNotMet, with one sentence for each gate that is not met."""
    refuse(unmet(answer), len(answer.verdicts))


def refuse(sentences: Sequence[str], gates: int) -> None:
    """Raise GateNotMet if there are sentences, of gates that are not met; there are so many gates in all."""
    if len(sentences) == 1:
        raise GateNotMet(f"gate not met: {sentences[0]}.")
    if sentences:
        several = f"{len(sentences)} of {gates} gates not met:"
        raise GateNotMet(several, "".join(f"{sentence}.\n" for sentence in sentences))


def listed(lines: Iterable[str]) -> str:
    """Lines to paste, not too many."""
    return "\n".join(shortened([printable(line) for line in lines], _MOST_LINES))
