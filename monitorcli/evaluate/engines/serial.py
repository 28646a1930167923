"""The engine of one worker, which is this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from monitorcli.evaluate.engines.interface import Result
from monitorcli.evaluate.job import Job
from monitorcli.evaluate.worker import Worker


class SerialEngine:
    """Gives the worker the jobs in their order."""

    alive = 1

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def run(self, jobs: Iterable[Job]) -> Iterator[Result]:
        """Run the jobs, and yield each result."""
        waiting = iter(jobs)
        for outcome in self._worker.run_jobs(lambda _: next(waiting, None)):
            yield Result(outcome, 0, self._worker.take(outcome.seed))

    def close(self) -> None:
        """Close the worker's files."""
        self._worker.close()
