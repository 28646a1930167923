"""What a report says of runs: how they ended, and a table of them when one line cannot tell."""

from __future__ import annotations

import shlex
import signal
from collections import Counter
from collections.abc import Sequence

from monitorcli.recording.model import Run
from monitorcli.report.layout import Line, Role, Span, TextTable, fitting, labelled
from monitorcli.report.text import plural, printable, when

# Somebody who resumed a hundred times wants the last few, and how many of the others went wrong.
_MOST = 12
_OURS = "monitorcli"
ROLES: dict[str, Role] = {"complete": "good", "crashed": "bad", "failed": "bad"}


def summary_line(runs: Sequence[Run]) -> Line:
    """`1 run, complete`, `3 runs, 1 crashed`, `2 runs by gym 0.21.0`."""
    recorders = {run.recorder for run in runs}
    # Several are told apart in the table, and ours goes without saying.
    by = (
        f" by {printable(runs[0].recorder, limit=40)}" if len(recorders) == 1 and recorders != {_OURS} else ""
    )
    line = [Span(plural(len(runs), "run") + by)]
    states = Counter(run.state for run in runs)
    if set(states) == {"complete"}:
        return [*line, Span(", "), Span("complete", "good")]
    for word in ("running", "stale", "interrupted", "failed", "crashed"):
        if states[word]:
            count = "" if len(runs) == 1 else f"{states[word]:,} "
            line += [Span(", "), Span(count + word, ROLES.get(word, "value"))]
    return line


def table(runs: Sequence[Run], column: int, width: int) -> list[Line]:
    """A line a run, when there are several or one did not end well; [] when the summary line said it all."""
    if len(runs) < 2 and all(map(_ended_well, runs)):
        return []
    # The fullest rows that fit: with the command, without it, without the end.
    fuller = ((True, True), (False, True), (False, False))
    lines = fitting((TextTable((), _rows(runs[-_MOST:], *of)) for of in fuller), width - column)
    earlier = runs[:-_MOST]
    if earlier:
        bad = sum(not _ended_well(run) for run in earlier)
        lines.insert(0, [Span(f"… {plural(len(earlier), 'earlier run')}, {bad:,} of them not complete")])
    return labelled(" runs", lines, column)


def _rows(runs: Sequence[Run], commands: bool, end: bool) -> list[list[Line]]:
    rows: list[list[Line]] = []
    before = ""
    several = len({run.recorder for run in runs}) > 1
    ended = any(run.state != "unknown" for run in runs)  # Gym's all say nothing
    for run in runs:
        started_by = command(run) if commands else ""
        texts = (
            printable(run.recorder, limit=40) if several else "",
            plural(run.episodes, "episode"),
            when(run.started_at, run.ended_at if end else run.started_at),
            started_by if started_by != before else "",  # a resumed run repeats it, its reader need not
        )
        ending = _ending(run) if ended else []
        rows.append([[Span(f"{run.number:,}", "value")], ending, *([Span(text)] for text in texts)])
        before = started_by
    return rows


def _ended_well(run: Run) -> bool:
    # Gym wrote no state: nothing says that such a run went wrong.
    return run.state in ("complete", "unknown")


def _ending(run: Run) -> Line:
    if run.state == "unknown":
        return [Span("end not known", "dim")]
    return [Span(state(run), ROLES.get(run.state, "value"))]


def state(run: Run) -> str:
    """`complete`, `failed (exit status 1)`, `crashed (SIGKILL)`."""
    reason = _why(run)
    return printable(run.state, limit=20) + (f" ({reason})" if reason else "")


def _why(run: Run) -> str:
    """`exit status 1`, `SIGKILL` or ""; 128 + n and -n mean signal n too, as shells and Python write it."""
    if run.state == "interrupted":
        return ""
    status, killer = run.exit_status or 0, run.how.get("signal")
    if not isinstance(killer, int):
        killer = -status if status < 0 else status - 128
    try:
        return signal.Signals(killer).name
    except ValueError:
        return f"exit status {status}" if status else ""


def command(run: Run, limit: int = 40) -> str:
    """What was typed, at most `limit` characters of it; "" when nobody knows."""
    typed = run.how.get("command")
    return printable(shlex.join(map(str, typed)), limit=limit) if isinstance(typed, list) else ""
