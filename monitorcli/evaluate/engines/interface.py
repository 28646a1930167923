"""What an engine is given, what it yields, and what it can do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from monitorcli.evaluate.job import Job
from monitorcli.evaluate.outcome import Outcome
from monitorcli.evaluate.sent import Sent


class Result(NamedTuple):
    """What became of a job, the number of the worker that did it, and what it recorded and sent back."""

    outcome: Outcome
    worker: int
    sent: Sent | None = None


class Engine(Protocol):
    """Runs episodes. Raises Stopped after a signal, and BadRequest when no worker can begin."""

    def run(self, jobs: Iterable[Job]) -> Iterator[Result]:
        """Run the jobs, and yield each result when it is there; each job has one result."""

    @property
    def alive(self) -> int:
        """How many workers there are at this moment."""

    def close(self) -> None:
        """End the workers, each when its files are closed; an episode that runs is stopped."""
