"""The engine of workers that are actors in a cluster of Ray's, on this machine or on others.

They share no disk with us: records and films come back with the results.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from monitorcli.errors import BadRequest
from monitorcli.evaluate.engines.interface import Result
from monitorcli.evaluate.engines.process import Done, Ready, Refused, Remark
from monitorcli.evaluate.engines.queue import JobQueue
from monitorcli.evaluate.engines.ray_cluster import connected
from monitorcli.evaluate.engines.ray_worker import RayWorker
from monitorcli.evaluate.job import Job
from monitorcli.evaluate.shipping import Shipped
from monitorcli.evaluate.stop import Check
from monitorcli.evaluate.threads import cores
from monitorcli.evaluate.worker import Task

# Jobs that a worker is given at a time, so that it need not wait for us between two.
_MOST_JOBS = 16
# Seconds between two looks at signals, and those that workers have to end.
_PATIENCE, _LONG = 0.1, 10.0


class _Actor:
    """A worker, what it is streaming, and the jobs that it still has."""

    def __init__(self, number: int, handle: Any, stream: Any) -> None:
        self.number = number
        self.handle = handle
        self.stream = stream  # None if nothing was asked of it
        self.ready = False
        self.jobs: dict[int, Job] = {}  # by their seeds

    def send(self, jobs: Sequence[Job]) -> None:
        self.jobs = {job.seed: job for job in jobs}
        self.stream = self.handle.run.options(num_returns="streaming").remote(jobs)


class RayEngine:
    """Runs jobs in actors of one CPU each; one that dies is replaced, and its jobs go to others."""

    def __init__(
        self,
        task: Task,
        shipped: Shipped,
        count: int | None,
        check: Check,
        notify: Callable[[str], None],
    ) -> None:
        """`count` workers, None for one on each CPU of the cluster. `check` may raise Stopped.

        Raises BadRequest if no cluster can be reached.
        """
        import ray

        self._ray = ray
        self._check = check
        self._notify = notify
        self._actors: list[_Actor] = []
        self._begun = 0
        self._queue = JobQueue()
        self._at_once = task.plan.num_envs
        self._closing = contextlib.ExitStack()
        try:
            runtime_env = self._closing.enter_context(connected(count or cores()))
            cpus = int(ray.cluster_resources().get("CPU", 0))
            if cpus < (count or 1):
                notify(f"the cluster has fewer CPUs than {count} workers need: {cpus}.")
            self._count = max(1, min(count or cpus, cpus))
            self._make = ray.remote(RayWorker).options(num_cpus=1, max_restarts=0, runtime_env=runtime_env)
            self._given = ray.put(task), ray.put(shipped)
        except BaseException:
            self._closing.close()
            raise

    @property
    def alive(self) -> int:
        """How many workers can run jobs."""
        return sum(actor.ready for actor in self._actors)

    def run(self, jobs: Iterable[Job]) -> Iterator[Result]:
        """Run the jobs, and yield each result when it is there."""
        self._queue.add(jobs)
        while self._queue or any(actor.jobs for actor in self._actors):
            self._begin_missing()
            self._hand_out()
            for actor in self._that_told():
                message = self._next(actor)
                if isinstance(message, Done):
                    del actor.jobs[message.outcome.seed]
                    yield Result(message.outcome, actor.number, message.sent)
                elif isinstance(message, Exception):
                    yield from self._bury(actor, message)
            self._check()

    def close(self) -> None:
        """End the workers, and the cluster if it is ours."""
        try:
            ends = [end for end in map(self._end, self._actors) if end is not None]
            if ends:
                self._ray.wait(ends, num_returns=len(ends), timeout=_LONG)
        finally:
            self._actors.clear()
            self._closing.close()

    def _begin_missing(self) -> None:
        """Begin workers, but none that would have nothing to do."""
        busy = sum(len(actor.jobs) for actor in self._actors)
        wanted = self._count if self._queue.avoids_a_worker else min(self._count, len(self._queue) + busy)
        while len(self._actors) < wanted:
            handle = self._make.remote()
            stream = handle.begin.options(num_returns="streaming").remote(*self._given)
            self._actors.append(_Actor(self._begun, handle, stream))
            self._begun += 1

    def _hand_out(self) -> None:
        """Give each idle worker a few jobs, fewer towards the end.

        If nobody takes one, all of them avoid the workers that there are: one makes room for a fresh one.
        """
        idle = [actor for actor in self._actors if actor.ready and actor.stream is None]
        for actor in idle:
            fair = len(self._queue) // (4 * self._count)
            most = max(self._at_once, min(_MOST_JOBS, fair))
            jobs: list[Job] = []
            while (job := self._queue.take(actor.number, jobs, most)) is not None:
                jobs.append(job)
            if jobs:
                actor.send(jobs)
        if idle and self._queue and all(actor.stream is None for actor in self._actors if actor.ready):
            self._actors.remove(idle[0])
            self._ray.wait([self._end(idle[0])], timeout=_LONG)
            self._ray.kill(idle[0].handle)  # else it has its CPU for as long as anybody knows it

    def _that_told(self) -> list[_Actor]:
        """The workers that have told something, or died; waits for the first a little."""
        streams = {actor.stream: actor for actor in self._actors if actor.stream is not None}
        if streams and self._ray.wait(list(streams), timeout=_PATIENCE)[0]:
            ready, _ = self._ray.wait(list(streams), num_returns=len(streams), timeout=0)
            return [streams[stream] for stream in ready]
        return []

    def _next(self, actor: _Actor) -> Done | Exception | None:
        """What a worker did: a job, or its death. Raises BadRequest if it cannot begin."""
        try:
            message = self._ray.get(next(actor.stream))
        except StopIteration:
            actor.stream = None
            return RuntimeError("it left a job out") if actor.jobs else None
        except Exception as error:  # noqa: BLE001 - Ray's own, or whatever the worker raised
            return error
        if isinstance(message, Refused):
            raise BadRequest(message.message, message.hint)
        if isinstance(message, Remark):
            self._notify(message.text)
        if isinstance(message, Ready):
            actor.ready = True
            self._queue.worker_began()
        return message if isinstance(message, Done) else None

    def _bury(self, actor: _Actor, error: Exception) -> Iterator[Result]:
        """Take a dead worker's jobs back, or give up the one that it had."""
        self._actors.remove(actor)
        self._ray.kill(actor.handle)
        how = _in_words(error)
        if not actor.ready:
            self._queue.worker_never_began(how)
        given_up = self._queue.worker_died(list(actor.jobs.values()), how)
        if given_up:
            yield Result(given_up, actor.number)

    def _end(self, actor: _Actor) -> Any:
        """Have an idle worker close what it opened, and kill one that is busy; gives what to wait for."""
        if actor.ready and not actor.jobs:
            return actor.handle.end.remote()
        self._ray.kill(actor.handle)
        return None


def _in_words(error: Exception) -> str:
    """How a worker died: what Ray says of its process, or what it raised."""
    text = str(error)
    found = re.search(r"Worker exit detail: (.+?)\.( |$)", text)
    if found:
        return f"a crash (Ray: {found[1]})"
    return (text.splitlines() or [type(error).__name__])[-1].strip()
