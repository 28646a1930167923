"""The jobs that wait for a worker, and what becomes of those that a worker had when it died."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterable, Sequence

from monitorcli.errors import BadRequest
from monitorcli.evaluate.job import Job
from monitorcli.evaluate.outcome import Failed

# Workers that one episode may end, and workers in a row that may die before they can begin.
_MOST = 3


class JobQueue:
    """The jobs that wait. How a worker died is told in words.

    Of several that a dead worker had, nobody knows which one ended it. So they are run alone from then on,
    one a worker, and only a worker's death with one job counts against this job.
    """

    def __init__(self) -> None:
        self._waiting: deque[Job] = deque()
        self._alone: set[Job] = set()
        self._deaths: Counter[Job] = Counter()
        self._beginners = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, jobs: Iterable[Job]) -> None:
        """More jobs, in the order in which they are to begin."""
        self._waiting.extend(jobs)

    @property
    def avoids_a_worker(self) -> bool:
        """Whether the first job is not for every worker."""
        return bool(self._waiting) and self._waiting[0].avoid is not None

    def take(self, worker: int, has: Collection[Job], most: int) -> Job | None:
        """The first job that this worker may have now; `has` are those it has, of `most` at once."""
        if len(has) >= most or not self._alone.isdisjoint(has):
            return None
        suited = (job for job in self._waiting if job.avoid != worker)
        job = next((job for job in suited if not (has and job in self._alone)), None)
        if job is not None:
            self._waiting.remove(job)
        return job

    def worker_began(self) -> None:
        """A worker can run jobs."""
        self._beginners = 0

    def worker_never_began(self, how: str) -> None:
        """A worker died before it could run jobs. Raises BadRequest if no worker can begin."""
        self._beginners += 1
        if self._beginners >= _MOST:
            raise BadRequest(f"no worker can begin: {_MOST} in a row ended with {how}.")

    def worker_died(self, jobs: Sequence[Job], how: str) -> Failed | None:
        """A worker died with these jobs, which will be tried again; but one that is given up comes back."""
        if len(jobs) == 1:
            self._deaths[jobs[0]] += 1
            if self._deaths[jobs[0]] == _MOST:
                return Failed(jobs[0].seed, f"given up: it ended {_MOST} workers, the last with {how}.")
        self._alone.update(jobs)
        self._waiting.extendleft(reversed(jobs))
        return None
