"""What a worker's process does: it receives jobs from a pipe and sends back what became of them."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from typing import NamedTuple

from monitorcli.errors import MonitorError
from monitorcli.evaluate.job import Job, Pull
from monitorcli.evaluate.outcome import Outcome
from monitorcli.evaluate.sent import Sent
from monitorcli.evaluate.stop import Stopped, stoppable
from monitorcli.evaluate.worker import Task, load
from monitorcli.evaluate.workers import worker_for


class Ready(NamedTuple):
    """The worker can run episodes."""


class Remark(NamedTuple):
    """Something the user is to be told."""

    text: str


class Done(NamedTuple):
    """What became of a job, and what was recorded of it if that is sent back."""

    outcome: Outcome
    sent: Sent | None


class Refused(NamedTuple):
    """The worker cannot begin, and why."""

    message: str
    hint: str


def work(pipe: Connection, task: Task) -> None:
    """Run jobs until None comes, or the process that sends them is gone."""
    # Ctrl-C reaches every process of a terminal. Who sends the jobs has it too, and stops us with SIGTERM.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError, ConnectionError), stoppable() as check:
        try:
            loaded = load(task.environment, task.policy, film=task.ffmpeg is not None)
            worker = worker_for(task, loaded, check, lambda text: pipe.send(Remark(text)))
            with contextlib.closing(worker), contextlib.suppress(Stopped):
                pipe.send(Ready())
                for outcome in worker.run_jobs(_jobs_from(pipe)):
                    pipe.send(Done(outcome, worker.take(outcome.seed)))
        except MonitorError as error:
            pipe.send(Refused(str(error), error.hint))


def _jobs_from(pipe: Connection) -> Pull:
    over = False

    def pull(wait: bool) -> Job | None:
        nonlocal over
        if over or not (wait or pipe.poll()):
            return None
        job: Job | None = pipe.recv()
        over = job is None
        return job

    return pull


def _die_with_parent() -> None:
    """Nobody hears of an episode that runs on, and `resume` would run it a second time beside it."""
    parent = parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
