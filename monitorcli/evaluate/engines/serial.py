"""The engine of one worker, which is this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from monitorcli.evaluate.engines.interface import Job, Result
from monitorcli.evaluate.worker import Worker


class SerialEngine:
    """Runs the jobs one after another, in their order."""

    alive = 1

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def run(self, jobs: Iterable[Job]) -> Iterator[Result]:
        """Run the jobs, and yield each result."""
        for job in jobs:
            outcome = self._worker.run(job.seed, job.recorded, job.traced)
            yield Result(outcome, 0, self._worker.take(job.seed))

    def close(self) -> None:
        """Close the worker's files."""
        self._worker.close()
