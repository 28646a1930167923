"""What workers died of, and which episode is given up because it ends every worker that runs it."""

from __future__ import annotations

from collections import Counter

from monitorcli.errors import BadRequest
from monitorcli.evaluate.engines.interface import Job
from monitorcli.evaluate.outcome import Failed

# Workers that one episode may end, and workers in a row that may die before they can begin.
_MOST = 3


class Deaths:
    """The deaths of an engine's workers; `how` one died is in words."""

    def __init__(self) -> None:
        self._of_jobs: Counter[Job] = Counter()
        self._beginners = 0

    def began(self) -> None:
        """A worker is ready."""
        self._beginners = 0

    def of_beginner(self, how: str) -> None:
        """A worker died before it was ready. Raises BadRequest if no worker can begin."""
        self._beginners += 1
        if self._beginners >= _MOST:
            raise BadRequest(f"no worker can begin: {_MOST} in a row ended with {how}.")

    def of_job(self, job: Job, how: str) -> Failed | None:
        """A worker died while it ran this job; gives None if another is to try it."""
        self._of_jobs[job] += 1
        if self._of_jobs[job] < _MOST:
            return None
        return Failed(job.seed, f"given up: it ended {_MOST} workers, the last with {how}.")

    def has_ended_one(self, job: Job) -> bool:
        """Whether a worker died while it ran this job."""
        return job in self._of_jobs
