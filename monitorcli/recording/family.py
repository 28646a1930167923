"""One writer's files taken together, whoever wrote them: where its episodes are and what it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from monitorcli.format.environment import Environment
from monitorcli.recording.manifest import UNKNOWN
from monitorcli.recording.records import Records


def _nothing() -> Iterable[Records]:
    return ()


@dataclass(frozen=True, slots=True)
class Family:
    """A writer's files; `most` bounds how many records `chunks` gives.

    `run` is the number of its run's file, None when it has none (Gym) or that was lost. A film's
    number is the `number` of a record, or up to `surplus` more (Gym counted resets); with `surplus` None
    it says nothing. `state` is how it ended, "" when run file and lease tell. Times are seconds since
    the epoch, or None. `environment` is what our own manifests say beyond Gym's.
    """

    stem: str
    recorder: str
    run: int | None = None
    env_id: str = UNKNOWN
    version: str = ""
    environment: Environment | None = None
    closed: bool = False
    lease: dict[str, Any] | None = None
    state: str = ""
    started_at: float | None = None
    ended_at: float | None = None
    most: int = 0
    chunks: Callable[[], Iterable[Records]] = field(default=_nothing)
    surplus: int | None = 0
