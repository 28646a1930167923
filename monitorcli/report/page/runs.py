"""How the runs of a recording were started, in what, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence

from monitorcli.recording.model import Run
from monitorcli.report import provenance, runs
from monitorcli.report.model import RecordingView, View
from monitorcli.report.page.markup import NOTHING, Markup, described, joined, remark, table, tag
from monitorcli.report.text import lasting, printable, shortened, when

_MOST = 200  # runs, or series, in a table
_LONGEST = 1000  # characters of a value
_ELSEWHERE = ("kind", "command", "lease", "signal", "provenance")

Pairs = list[tuple[object, object]]


def section(of: RecordingView) -> Markup:
    """One run in full; of several a table, the last in full under it. Then what the series were made with."""
    recording = of.recording
    shown = recording.runs[-_MOST:]
    known = _environments(of)
    if not shown:
        return joined([tag("p", "No file says how it was started."), known])
    versions = ", ".join(sorted({writer.version for writer in recording.writers if writer.version}))
    last = _one(shown[-1], "" if any(map(_versions, of.views)) else versions)
    if len(of.views) == 1:
        last += _made_with(of.views[0])
    if len(shown) == 1:
        return joined([described(last, "pairs"), known])
    left_out = len(recording.runs) - len(shown)
    said = remark(f"{left_out:,} earlier runs are left out." if left_out else "")
    header = ("Run", "State", "Episodes", "When", "Host", "Commit", "Command")
    rows = ((f"{run.number:,}", _state(run), f"{run.episodes:,}", _when(run), provenance.host(run),
             provenance.commit(run).removeprefix("commit "), _command(run)) for run in shown)  # fmt: skip
    number = tag("p", f"Run {shown[-1].number:,}:")
    return joined([table(header, rows, "Runs"), said, number, described(last, "pairs"), known])


def _one(run: Run, gym: str) -> Pairs:
    lasted = ""
    if run.started_at is not None and run.ended_at is not None and run.ended_at >= run.started_at:
        lasted = lasting(run.ended_at - run.started_at)
    return [
        ("command", tag("code", _command(run)) if _command(run) else ""),
        ("state", _state(run)),
        ("when", _when(run)),
        ("lasted", lasted),
        ("in", provenance.directory(run)),
        ("commit", provenance.commit(run).removeprefix("commit ")),
        ("host", provenance.host(run)),
        ("recorded by", provenance.recorder(run)),
        ("Gymnasium" if run.recorder == "monitorcli" else "Gym", gym),
        *((key, provenance.value(value)) for key, value in run.how.items() if key not in _ELSEWHERE),
    ]


def _made_with(view: View) -> Pairs:
    """What is known of the only series' environment."""
    return [
        ("made at", view.place),
        ("arguments", provenance.arguments(view.series.environment)),
        ("policy", provenance.policy(view.series.environment)),
        ("versions", _versions(view)),
    ]


def _environments(of: RecordingView) -> Markup:
    """A row for each of several series: what its environment was made with; columns that say nothing left out."""
    if len(of.views) == 1:
        return NOTHING
    rows = [(view.title, *(said for _, said in _made_with(view))) for view in of.views[:_MOST]]
    header = ("Series", *(term for term, _ in _made_with(of.views[0])))
    filled = [place for place in range(len(header)) if any(row[place] for row in rows)]
    if len(filled) < 2:
        return NOTHING
    cells = ([row[place] for place in filled] for row in rows)
    return table([header[place].capitalize() for place in filled], cells, "What the series were made with")


def _versions(view: View) -> str:
    return provenance.versions(view.series.environment.versions)


def _state(run: Run) -> Markup:
    return tag("strong", runs.state(run), class_=runs.ROLES.get(run.state))


def _when(run: Run) -> str:
    return when(run.started_at, run.ended_at) or "not known"


def _command(run: Run) -> str:
    return runs.command(run, _LONGEST)


def remarks(texts: Sequence[str], most: int = 100) -> Markup:
    """Problems or notes as a list, the first hundred; nothing when there are none."""
    items = [tag("li", printable(one, limit=_LONGEST)) for one in shortened(texts, most)]
    return tag("ul", *items, class_="remarks") if items else NOTHING
