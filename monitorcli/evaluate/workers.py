"""Which worker runs an evaluation's episodes."""

from __future__ import annotations

from collections.abc import Callable

from monitorcli.evaluate.batch_worker import BatchWorker
from monitorcli.evaluate.stop import Check
from monitorcli.evaluate.worker import Loaded, Task, Worker


def worker_for(task: Task, loaded: Loaded, check: Check, notify: Callable[[str], None]) -> Worker:
    """The worker for the plan's number of environments; its `run_jobs` runs the episodes."""
    kind = Worker if task.plan.num_envs == 1 else BatchWorker
    return kind(task, loaded, check, notify)
