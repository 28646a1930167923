"""The runs of a directory, and what became of each: from its run file, its writers and their leases."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from monitorcli.errors import BadFile
from monitorcli.format import lease
from monitorcli.format.names import RUN_PREFIX
from monitorcli.recording.evaluation import planned_run
from monitorcli.recording.family import Family
from monitorcli.recording.folder import Entry, Folder, number
from monitorcli.recording.ours import RECORDER
from monitorcli.recording.parts import Run

# What Run says in fields of its own; the rest of a run's file is how it was started.
_TOLD = ("version", "started_at", "ended_at", "exit_status", "interrupted")
# What of a plan may be another when a run goes on with it, and the episodes are the same all the same.
_NOT_OF_ONE_RUN = ("episodes", "versions", "threads", "num_envs")
# When writers of one run differ, the first of these that one of them is.
_WORST = ("running", "stale", "crashed", "unknown", "complete")
# What became of a run whose file says when it ended: the first of these that holds.
_ENDED: tuple[tuple[str, Callable[[dict[str, Any]], bool]], ...] = (
    ("interrupted", lambda file: file.get("interrupted") is True or file.get("signal") == signal.SIGINT),
    ("crashed", lambda file: file.get("signal") is not None),
    ("failed", lambda file: file.get("exit_status") not in (None, 0)),
    ("complete", lambda file: True),
)


@dataclass(slots=True)
class Draft:
    """A run being put together: its file, None when it has none, and its families."""

    file: dict[str, Any] | None = None
    name: str = ""
    families: list[Family] = field(default_factory=list)


def drafts(folder: Folder, ancestors: Sequence[Family], ours: Sequence[Family]) -> list[Draft]:
    """The runs in order: Gym's one by one, then ours by number, then those of lost manifests."""
    files = _files(folder)
    strays = [family for family in ours if family.run is None]
    numbered = {**files}
    for family in ours:
        if family.run is not None:
            numbered.setdefault(family.run, Draft()).families.append(family)
    if strays and len(numbered) == 1:
        next(iter(numbered.values())).families += strays
        strays = []
    return [
        *(Draft(families=[family]) for family in ancestors),
        *(numbered[key] for key in sorted(numbered)),
        *(Draft(families=[family]) for family in strays),
    ]


def plan_of(draft: Draft) -> str | None:
    """The plan of an evaluation as text, alike for runs that go on with one another; None without one."""
    plan = (draft.file or {}).get("plan")
    if not isinstance(plan, dict):
        return None
    return json.dumps({name: value for name, value in plan.items() if name not in _NOT_OF_ONE_RUN})


def as_run(folder: Folder, index: int, draft: Draft, episodes: int) -> Run:
    """The run as a recording has it; `index` is its number there."""
    state = _state(folder, draft)
    document = draft.file or {}
    started = [family.started_at for family in draft.families if family.started_at is not None]
    ended = [family.ended_at for family in draft.families if family.ended_at is not None]
    status = document.get("exit_status")
    return Run(
        number=index,
        recorder=RECORDER if draft.file is not None else draft.families[0].recorder,
        state=state,
        started_at=number(document.get("started_at")) or min(started, default=None),
        ended_at=number(document.get("ended_at")) or max(ended, default=None),
        episodes=episodes,
        exit_status=status if type(status) is int else None,
        file=draft.name,
        how={key: value for key, value in document.items() if key not in _TOLD},
        planned=planned_run(document),
    )


def _files(folder: Folder) -> dict[int, Draft]:
    found = {}
    for name in folder.names(RUN_PREFIX, ".json"):
        match = re.fullmatch(r"openaigym\.run\.([0-9]{6,18})\.json", name)
        if match is None:
            continue
        try:
            found[int(match[1])] = Draft(_document(folder, name), name)
        except BadFile as error:
            # Its writers' manifests still say that there was a run of this number.
            folder.problems.append(str(error))
            found[int(match[1])] = Draft({}, name)
    return found


def _document(folder: Folder, name: str) -> dict[str, Any]:
    """What the file says; {} while it has no byte: it was claimed a moment ago, or its process died then."""
    if not folder.entries[name].size:
        folder.look_again(name)
    return folder.json(name) if folder.entries[name].size else {}


def _state(folder: Folder, draft: Draft) -> str:
    """How the run stands; reads its file again when it seems to have died."""
    state = _state_by(folder, draft)
    if state == "crashed" and draft.file and number(draft.file.get("ended_at")) is None:
        # Its process writes down how it ended and then is gone: that may have been since we read.
        try:
            folder.look_again(draft.name)
            draft.file = folder.json(draft.name)
        except BadFile:
            return state
        state = _state_by(folder, draft)
    return state


def _state_by(folder: Folder, draft: Draft) -> str:
    file = draft.file or {}
    if number(file.get("ended_at")) is not None:
        return next(state for state, holds in _ENDED if holds(file))
    sign = max((entry.modified for entry in _files_of(folder, draft)), default=0.0)
    if draft.name and not folder.entries[draft.name].size:
        return _by_lease({}, sign)
    states = {_state_of(family, sign) for family in draft.families}
    if isinstance(file.get("lease"), dict):
        starter = _by_lease(file["lease"], sign)
        # Whoever started the run may die before those who record it, and they end it well.
        if (starter, states) != ("crashed", {"complete"}):
            states.add(starter)
    return next((state for state in _WORST if state in states), "unknown")


def _state_of(family: Family, sign: float) -> str:
    if family.state:
        return family.state
    if family.closed:
        return "complete"
    return "unknown" if family.lease is None else _by_lease(family.lease, sign)


def _by_lease(held: dict[str, Any], sign: float) -> str:
    return {True: "running", False: "crashed", None: "stale"}[lease.alive(held, sign)]


def _files_of(folder: Folder, draft: Draft) -> Iterator[Entry]:
    """The files of the run: when the newest was written is its last sign of life."""
    marks = [f".{family.stem}." for family in draft.families]
    for name, entry in folder.entries.items():
        if name == draft.name or any(mark in name for mark in marks):
            yield entry
