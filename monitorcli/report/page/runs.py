"""How the runs of a recording were started, in what, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from monitorcli.recording.model import Run
from monitorcli.report import provenance, runs
from monitorcli.report.model import RecordingView, View
from monitorcli.report.page.markup import NOTHING, Markup, described, joined, remark, table, tag
from monitorcli.report.text import lasting, printable, shortened, when

_MOST = 200  # runs, or series, in a table
_LONGEST = 1000  # characters of a value
_ELSEWHERE = (
    "kind", "command", "lease", "signal", "provenance", "plan", "errors", "first_observations", "repeats",
    "failed",
)  # fmt: skip

Pairs = list[tuple[object, object]]


def section(of: RecordingView) -> Markup:
    """One run in full; of several a table, the last in full under it. Then how its series differ."""
    shown = of.recording.runs[-_MOST:]
    alike, apart = _made_with(of.views)
    if not shown:
        said = tag("p", "No file says how it was started.")
        return joined([said, described(alike, "pairs") if alike else NOTHING, apart])
    last = described([*_one(shown[-1], of), *alike], "pairs")
    if len(shown) == 1:
        return joined([last, apart])
    left_out = len(of.recording.runs) - len(shown)
    said = remark(f"{left_out:,} earlier runs are left out." if left_out else "")
    header = ("Run", "State", "Episodes", "When", "Host", "Commit", "Command")
    rows = ((f"{run.number:,}", _state(run), f"{run.episodes:,}", _when(run), provenance.host(run),
             _commit(run), _command(run)) for run in shown)  # fmt: skip
    return joined([table(header, rows, "Runs"), said, tag("p", f"Run {shown[-1].number:,}:"), last, apart])


def _one(run: Run, of: RecordingView) -> Pairs:
    lasted = ""
    if run.started_at is not None and run.ended_at is not None and run.ended_at >= run.started_at:
        lasted = lasting(run.ended_at - run.started_at)
    gym = "" if any(map(_versions, of.views)) else ", ".join(sorted(_gym_versions(of)))
    return [
        ("command", tag("code", _command(run)) if _command(run) else ""),
        ("state", _state(run)),
        ("when", _when(run)),
        ("lasted", lasted),
        ("directory", provenance.directory(run)),
        ("commit", _commit(run)),
        ("host", provenance.host(run)),
        ("recorded by", provenance.recorder(run)),
        ("Gymnasium" if run.recorder == "monitorcli" else "Gym", gym),
        *((key, provenance.value(value)) for key, value in run.how.items() if key not in _ELSEWHERE),
    ]


def _made_with(views: Sequence[View]) -> tuple[Pairs, Markup]:
    """What the environments were made with: what all have alike, and a table of what tells them apart."""
    alike: Pairs = []
    columns = []
    for term, say in _ENVIRONMENT.items():
        said = [say(view) for view in views]
        if len(set(said)) == 1:
            alike.append((term, said[0]))
        else:
            columns.append((term.capitalize(), said))
    if not columns:
        return alike, NOTHING
    head = ["Series", *(term for term, _ in columns)]
    rows = zip((view.title for view in views), *(said for _, said in columns), strict=True)
    return alike, table(head, list(rows)[:_MOST], "What the series were made with")


def _versions(view: View) -> str:
    return provenance.versions(view.series.environment.versions)


def _gym_versions(of: RecordingView) -> set[str]:
    return {writer.version for writer in of.recording.writers if writer.version}


# What is known of a series' environment.
_ENVIRONMENT: dict[str, Callable[[View], str]] = {
    "made at": lambda view: view.place,
    "arguments": lambda view: provenance.arguments(view.series.environment),
    "policy": lambda view: provenance.policy(view.series.environment),
    "versions": _versions,
}


def _commit(run: Run) -> str:
    return provenance.commit(run).removeprefix("commit ")


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
