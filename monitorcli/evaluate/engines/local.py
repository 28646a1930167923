"""The engine of several workers, each a process of this machine with a pipe of its own.

A pipe a worker, because then the death of one is seen at once (its pipe ends) and costs one episode. What
the standard library has for this loses every pending job when one process dies, or waits for ever.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import wait
from typing import Any

from monitorcli.errors import BadRequest
from monitorcli.evaluate.engines.interface import Result
from monitorcli.evaluate.engines.process import Ready, Refused, Remark, work
from monitorcli.evaluate.job import Job
from monitorcli.evaluate.outcome import Failed
from monitorcli.evaluate.stop import Check
from monitorcli.evaluate.worker import Task

# Workers that one episode may kill before it is given up.
_DEATHS = 3
# Seconds between two looks at signals.
_PATIENCE = 0.1


class _Process:
    """A worker's process, and the jobs that it has."""

    def __init__(self, number: int, task: Task) -> None:
        # Not forked: a fork after torch has used two threads hangs.
        context = multiprocessing.get_context("spawn")
        self.number = number
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, task), name=f"monitorcli worker {number}")
        self.process.start()
        theirs.close()  # else the pipe would not end when the process does
        self.ready = False
        self.jobs: dict[int, Job] = {}  # by their seeds

    def send(self, job: Job | None) -> None:
        if job is not None:
            self.jobs[job.seed] = job
        with contextlib.suppress(ConnectionError):  # it died, which its pipe will say
            self.pipe.send(job)

    def how_it_died(self) -> str:
        """As words, once its pipe has ended."""
        self.process.join()
        code = self.process.exitcode or 0
        return signal.Signals(-code).name if code < 0 else f"exit status {code}"


class LocalEngine:
    """Runs jobs in `count` processes; one that dies is replaced, and its jobs go to others.

    Of a batch nobody knows which episode ended the worker. So those that were in it are run alone from
    then on, one a worker, and only a worker's death with one job counts against this job.
    """

    def __init__(self, task: Task, count: int, check: Check, notify: Callable[[str], None]) -> None:
        """`check` is called often while there is nothing to do, and may raise Stopped."""
        self._task = task
        self._count = count
        self._check = check
        self._notify = notify
        self._workers: dict[Any, _Process] = {}
        self._room = task.plan.num_envs  # jobs that a worker has at once
        self._alone: set[Job] = set()
        self._deaths: Counter[Job] = Counter()
        self._begun = 0
        self._stillborn = 0  # workers in a row that died before they could begin

    @property
    def alive(self) -> int:
        """How many processes there are."""
        return len(self._workers)

    def run(self, jobs: Iterable[Job]) -> Iterator[Result]:
        """Run the jobs, and yield each result when it is there."""
        queue = deque(jobs)
        busy = 0
        while queue or busy:
            while len(self._workers) < self._wanted(queue, busy):
                self._begin()
            self._hand_out(queue)
            for pipe in wait(list(self._workers), _PATIENCE):
                worker = self._workers[pipe]
                message = self._received(worker)
                if message is None:
                    yield from self._bury(worker, queue)
                elif not isinstance(message, (Ready, Remark)):
                    del worker.jobs[message.seed]
                    yield Result(message, worker.number)
            busy = sum(len(worker.jobs) for worker in self._workers.values())
            self._check()

    def close(self) -> None:
        """End the workers; one that has a job is asked to stop, and is waited for."""
        try:
            for worker in self._workers.values():
                if worker.jobs or not worker.ready:
                    worker.process.terminate()
                worker.send(None)
            for worker in self._workers.values():
                while self._received(worker) is not None:
                    pass
                worker.process.join()
        finally:
            for worker in self._workers.values():
                worker.process.kill()  # only those that a second signal did not wait for
                worker.pipe.close()
            self._workers.clear()

    def _wanted(self, queue: deque[Job], busy: int) -> int:
        """How many workers there should be: none that would have nothing to do."""
        choosy = bool(queue) and queue[0].avoid is not None
        return self._count if choosy else min(self._count, len(queue) + busy)

    def _begin(self) -> None:
        worker = _Process(self._begun, self._task)
        self._begun += 1
        self._workers[worker.pipe] = worker

    def _hand_out(self, queue: deque[Job]) -> None:
        """Give the workers jobs, one each in turn, until none may have another."""
        given = True
        while given:
            given = False
            for worker in self._workers.values():
                job = self._next(worker, queue)
                if job is not None:
                    queue.remove(job)
                    worker.send(job)
                    given = True

    def _next(self, worker: _Process, queue: deque[Job]) -> Job | None:
        """The first job that the worker may have now."""
        full = len(worker.jobs) == self._room or not self._alone.isdisjoint(worker.jobs.values())
        if full or not worker.ready:
            return None
        suited = (job for job in queue if job.avoid != worker.number)
        return next((job for job in suited if not (worker.jobs and job in self._alone)), None)

    def _received(self, worker: _Process) -> Any:
        """The next message of a worker, None when its pipe has ended. Raises BadRequest if it gives up."""
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            return None
        if isinstance(message, Refused):
            raise BadRequest(message.message, message.hint)
        if isinstance(message, Remark):
            self._notify(message.text)
        if isinstance(message, Ready):
            worker.ready, self._stillborn = True, 0
        return message

    def _bury(self, worker: _Process, queue: deque[Job]) -> Iterator[Result]:
        """Take a dead worker's jobs back, or give up the one that it had."""
        del self._workers[worker.pipe]
        worker.pipe.close()
        how = worker.how_it_died()
        if not worker.ready:
            self._stillborn += 1
            if self._stillborn >= _DEATHS:
                raise BadRequest(f"no worker can begin: {_DEATHS} in a row ended with {how}.")
        jobs = list(worker.jobs.values())
        if len(jobs) == 1:
            self._deaths[jobs[0]] += 1
            if self._deaths[jobs[0]] == _DEATHS:
                error = f"given up: it ended {_DEATHS} workers, the last with {how}."
                yield Result(Failed(jobs[0].seed, error), worker.number)
                return
        self._alone.update(jobs)
        queue.extendleft(reversed(jobs))
