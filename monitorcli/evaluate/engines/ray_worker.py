"""What an actor of Ray does: it is given a few jobs at a time, and streams back what became of them."""

from __future__ import annotations

import contextlib
import os
import platform
import signal
from collections import deque
from collections.abc import Iterator, Sequence

from monitorcli.errors import BadRequest, MonitorError
from monitorcli.evaluate.engines.process import Done, Ready, Refused, Remark
from monitorcli.evaluate.job import Job
from monitorcli.evaluate.plan import Plan
from monitorcli.evaluate.shipping import Shipped, unpacked
from monitorcli.evaluate.worker import Loaded, Task, Worker, load
from monitorcli.evaluate.workers import worker_for
from monitorcli.monitor.environment import describe
from monitorcli.video.ffmpeg import find_ffmpeg

Message = Ready | Refused | Remark | Done


class RayWorker:
    """Runs the jobs of a task in a process that need not share our disk."""

    def __init__(self) -> None:
        self._closing = contextlib.ExitStack()
        self._remarks: list[str] = []
        self._worker: Worker

    def begin(self, task: Task, shipped: Shipped) -> Iterator[Message]:
        """Load the policy; gives Ready, or Refused if that cannot be."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who sends the jobs
        try:
            task = self._closing.enter_context(unpacked(task, shipped))
            if task.ffmpeg and not os.path.isfile(task.ffmpeg):
                task = task._replace(ffmpeg=find_ffmpeg())
            loaded = load(task.environment, task.policy, film=task.ffmpeg is not None)
            _check_versions(task.plan, loaded)
        except MonitorError as error:
            yield Refused(str(error), error.hint)
            return
        self._worker = worker_for(task, loaded, _never_stopped, self._remarks.append)
        self._closing.callback(self._worker.close)
        yield Ready()

    def run(self, jobs: Sequence[Job]) -> Iterator[Message]:
        """Run these jobs; gives Done for each as it ends."""
        waiting = deque(jobs)
        try:
            for outcome in self._worker.run_jobs(lambda _: waiting.popleft() if waiting else None):
                done = Done(outcome, self._worker.take(outcome.seed))
                yield from map(Remark, self._remarks)
                self._remarks.clear()
                yield done
        except MonitorError as error:
            yield Refused(str(error), error.hint)

    def end(self) -> None:
        """Close the environment, and delete what was temporary."""
        self._closing.close()


def _check_versions(plan: Plan, loaded: Loaded) -> None:
    """Raise BadRequest if this machine has another version of something: its numbers may differ."""
    about, here = plan.about, describe(loaded.env)
    known = {"gymnasium": about.gym_version, **about.versions}
    mine = {"gymnasium": here.gym_version, **here.versions}
    for name, version in known.items():
        if mine.get(name, version) != version:
            raise BadRequest(
                f"{platform.node()} has {name} {mine[name]}, where {version} is wanted.",
                "Let all nodes have the same versions, else they may give other numbers.",
            )


def _never_stopped() -> None:
    pass
