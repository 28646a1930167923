"""The engine of several workers, each a process of this machine with a pipe of its own.

A pipe a worker, because then the death of one is seen at once (its pipe ends) and costs one episode. What
the standard library has for this loses every pending job when one process dies, or waits for ever.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import wait
from typing import Any

from monitorcli.errors import BadRequest
from monitorcli.evaluate.engines.interface import Result
from monitorcli.evaluate.engines.process import Done, Ready, Refused, Remark, work
from monitorcli.evaluate.engines.queue import JobQueue
from monitorcli.evaluate.job import Job
from monitorcli.evaluate.stop import Check
from monitorcli.evaluate.worker import Task

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
    """Runs jobs in `count` processes; one that dies is replaced, and its jobs go to others."""

    def __init__(self, task: Task, count: int, check: Check, notify: Callable[[str], None]) -> None:
        """`check` is called often while there is nothing to do, and may raise Stopped."""
        self._task = task
        self._count = count
        self._check = check
        self._notify = notify
        self._workers: dict[Any, _Process] = {}
        self._room = task.plan.num_envs  # jobs that a worker has at once
        self._begun = 0
        self._queue = JobQueue()

    @property
    def alive(self) -> int:
        """How many processes there are."""
        return len(self._workers)

    def run(self, jobs: Iterable[Job]) -> Iterator[Result]:
        """Run the jobs, and yield each result when it is there."""
        queue = self._queue
        queue.add(jobs)
        busy = 0
        while queue or busy:
            while len(self._workers) < self._wanted(busy):
                self._begin()
            self._hand_out()
            for pipe in wait(list(self._workers), _PATIENCE):
                worker = self._workers[pipe]
                message = self._received(worker)
                if message is None:
                    yield from self._bury(worker)
                elif isinstance(message, Done):
                    del worker.jobs[message.outcome.seed]
                    yield Result(message.outcome, worker.number, message.sent)
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

    def _wanted(self, busy: int) -> int:
        """How many workers there should be: none that would have nothing to do."""
        waiting = len(self._queue)
        return self._count if self._queue.avoids_a_worker else min(self._count, waiting + busy)

    def _begin(self) -> None:
        worker = _Process(self._begun, self._task)
        self._begun += 1
        self._workers[worker.pipe] = worker

    def _hand_out(self) -> None:
        """Give the workers jobs, one each in turn, until none may have another."""
        given = True
        while given:
            given = False
            for worker in self._workers.values():
                most = self._room if worker.ready else 0
                job = self._queue.take(worker.number, worker.jobs.values(), most)
                if job is not None:
                    worker.send(job)
                    given = True

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
            worker.ready = True
            self._queue.worker_began()
        return message

    def _bury(self, worker: _Process) -> Iterator[Result]:
        """Take a dead worker's jobs back, or give up the one that it had."""
        del self._workers[worker.pipe]
        worker.pipe.close()
        how = worker.how_it_died()
        if not worker.ready:
            self._queue.worker_never_began(how)
        given_up = self._queue.worker_died(list(worker.jobs.values()), how)
        if given_up:
            yield Result(given_up, worker.number)
