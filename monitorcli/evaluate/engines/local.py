"""The engine of several workers, each a process of this machine with a pipe of its own.

A pipe a worker, because then the death of one is seen at once (its pipe ends) and costs one episode. What
the standard library has for this loses every pending job when one process dies, or waits for ever.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import wait
from typing import Any

from monitorcli.errors import BadRequest
from monitorcli.evaluate.engines.deaths import Deaths
from monitorcli.evaluate.engines.interface import Job, Result
from monitorcli.evaluate.engines.process import Done, Ready, Refused, Remark, work
from monitorcli.evaluate.stop import Check
from monitorcli.evaluate.worker import Task

# Seconds between two looks at signals.
_PATIENCE = 0.1


class _Process:
    """A worker's process, and the job that it has."""

    def __init__(self, number: int, task: Task) -> None:
        # Not forked: a fork after torch has used two threads hangs.
        context = multiprocessing.get_context("spawn")
        self.number = number
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, task), name=f"monitorcli worker {number}")
        self.process.start()
        theirs.close()  # else the pipe would not end when the process does
        self.ready = False
        self.job: Job | None = None

    def send(self, job: Job | None) -> None:
        self.job = job
        with contextlib.suppress(ConnectionError):  # it died, which its pipe will say
            self.pipe.send(job)

    def how_it_died(self) -> str:
        """As words, once its pipe has ended."""
        self.process.join()
        code = self.process.exitcode or 0
        return signal.Signals(-code).name if code < 0 else f"exit status {code}"


class LocalEngine:
    """Runs jobs in `count` processes; one that dies is replaced, and its job goes to another."""

    def __init__(self, task: Task, count: int, check: Check, notify: Callable[[str], None]) -> None:
        """`check` is called often while there is nothing to do, and may raise Stopped."""
        self._task = task
        self._count = count
        self._check = check
        self._notify = notify
        self._workers: dict[Any, _Process] = {}
        self._begun = 0
        self._deaths = Deaths()

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
                elif worker.job and isinstance(message, Done):
                    worker.job = None
                    yield Result(message.outcome, worker.number, message.sent)
            busy = sum(worker.job is not None for worker in self._workers.values())
            self._check()

    def close(self) -> None:
        """End the workers; one that is in an episode is asked to stop, and is waited for."""
        try:
            for worker in self._workers.values():
                if worker.job is not None or not worker.ready:
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
        """Give each idle worker the first job that it may do."""
        for worker in self._workers.values():
            if worker.ready and worker.job is None:
                job = next((job for job in queue if job.avoid != worker.number), None)
                if job is not None:
                    queue.remove(job)
                    worker.send(job)

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
            self._deaths.began()
        return message

    def _bury(self, worker: _Process, queue: deque[Job]) -> Iterator[Result]:
        """Take a dead worker's job back, or give the job up."""
        del self._workers[worker.pipe]
        worker.pipe.close()
        how = worker.how_it_died()
        if not worker.ready:
            self._deaths.of_beginner(how)
        if worker.job is None:
            return
        given_up = self._deaths.of_job(worker.job, how)
        if given_up:
            yield Result(given_up, worker.number)
        else:
            queue.appendleft(worker.job)
