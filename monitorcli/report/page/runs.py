"""How the runs of a recording were started, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from monitorcli.recording.model import Recording, Run
from monitorcli.report import runs
from monitorcli.report.page.markup import NOTHING, Markup, described, joined, remark, table, tag
from monitorcli.report.text import lasting, printable, shortened, when

_MOST = 200  # runs in the table
_LONGEST = 1000  # characters of a value
_ELSEWHERE = ("kind", "command", "lease", "signal")


def section(recording: Recording) -> Markup:
    """One run in full; of several a table, the last in full under it."""
    shown = recording.runs[-_MOST:]
    if not shown:
        return tag("p", "No file says how it was started.")
    versions = ", ".join(sorted({writer.version for writer in recording.writers if writer.version}))
    last = _one(shown[-1], versions)
    if len(shown) == 1:
        return last
    left_out = len(recording.runs) - len(shown)
    said = remark(f"{left_out:,} earlier runs are left out." if left_out else "")
    header = ("Run", "State", "Episodes", "When", "Host", "Command")
    rows = ((f"{run.number:,}", _state(run), f"{run.episodes:,}", _when(run), _host(run), _command(run))
            for run in shown)  # fmt: skip
    return joined([table(header, rows, "Runs"), said, tag("p", f"Run {shown[-1].number:,}:"), last])


def _one(run: Run, versions: str) -> Markup:
    lasted = ""
    if run.started_at is not None and run.ended_at is not None and run.ended_at >= run.started_at:
        lasted = lasting(run.ended_at - run.started_at)
    asked = [(key, _value(value)) for key, value in run.how.items() if key not in _ELSEWHERE]
    pairs: list[tuple[object, object]] = [
        ("command", tag("code", _command(run)) if _command(run) else ""),
        ("state", _state(run)),
        ("when", _when(run)),
        ("lasted", lasted),
        ("host", _host(run)),
        ("recorded by", printable(run.recorder, limit=_LONGEST)),
        ("Gymnasium" if run.recorder == "monitorcli" else "Gym", versions),
        *asked,
    ]
    return described(pairs, "pairs")


def _state(run: Run) -> Markup:
    return tag("strong", runs.state(run), class_=runs.ROLES.get(run.state))


def _when(run: Run) -> str:
    return when(run.started_at, run.ended_at) or "not known"


def _host(run: Run) -> str:
    lease = run.how.get("lease")
    return printable(lease.get("host", ""), limit=100) if isinstance(lease, dict) else ""


def _command(run: Run) -> str:
    return runs.command(run, _LONGEST)


def _value(value: Any) -> str:
    if value is None:
        return ""
    return printable(value if isinstance(value, str) else json.dumps(value), limit=_LONGEST)


def remarks(texts: Sequence[str], most: int = 100) -> Markup:
    """Problems or notes as a list, the first hundred; nothing when there are none."""
    items = [tag("li", printable(one, limit=_LONGEST)) for one in shortened(texts, most)]
    return tag("ul", *items, class_="remarks") if items else NOTHING
