"""Run an evaluation: its episodes on an engine, then the proof, until all is done or a signal ends it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from typing import Any, NamedTuple

from monitorcli.errors import MonitorError
from monitorcli.evaluate import proof
from monitorcli.evaluate.engines.interface import Engine, Job, Result
from monitorcli.evaluate.engines.local import LocalEngine
from monitorcli.evaluate.engines.serial import SerialEngine
from monitorcli.evaluate.outcome import Ended, Failed
from monitorcli.evaluate.proof import Repeat
from monitorcli.evaluate.stop import Check, Stopped, stoppable
from monitorcli.evaluate.worker import Loaded, Task, Worker
from monitorcli.monitor.notices import once

# Errors whose tracebacks are kept in the run's file.
_MOST_ERRORS = 100

# Is called with each result, and with the number of workers that are alive.
Advance = Callable[[Result, int], None]


class Evaluation(NamedTuple):
    """What to run: an episode for each seed. `repeat` of them are run twice; None is the usual number."""

    task: Task
    seeds: Sequence[int]
    workers: int
    repeat: int | None


class Evaluated(NamedTuple):
    """What came of it, as far as it got.

    `stopped_by` is the signal that ended it early, `unproved` why no episode could be run again.
    """

    results: list[Result]
    repeats: list[Repeat]
    stopped_by: int | None
    unproved: str = ""

    @property
    def proved(self) -> bool:
        """Whether what was run again was the same."""
        return not self.unproved and all(repeat.equal() for repeat in self.repeats)

    @property
    def failures(self) -> list[Failed]:
        """The episodes that raised or killed their workers, in the order of their seeds."""
        found = [result.outcome for result in self.results if isinstance(result.outcome, Failed)]
        return sorted(found, key=lambda failed: failed.seed)

    @property
    def starts(self) -> tuple[int, int]:
        """How many episodes ended, and how many different first observations they had."""
        known = [result.outcome.start for result in self.results if isinstance(result.outcome, Ended)]
        return len(known), len(set(known))

    def document(self) -> dict[str, Any]:
        """What of it goes into the run's file."""
        episodes, different = self.starts
        return {
            "interrupted": self.stopped_by == signal.SIGINT,
            "repeats": proof.document(self.repeats, self.unproved),
            "first_observations": {"episodes": episodes, "different": different},
            "failed": len(self.failures),
            "errors": [failed._asdict() for failed in self.failures[:_MOST_ERRORS]],
        }


def run_evaluation(
    evaluation: Evaluation,
    loaded: Loaded,
    notify: Callable[[str], None],
    progress: AbstractContextManager[Advance],
) -> Evaluated:
    """Run and record the episodes, then repeat some; ends `loaded`, which this process's worker uses.

    `progress` is entered while episodes run. Raises BadRequest if no worker can begin, and
    DirectoryUnusable.
    """
    notify = once(notify)  # of every worker, and of every environment
    results: list[Result] = []
    repeats: list[Repeat] = []
    count = proof.how_many(evaluation.repeat, len(evaluation.seeds))
    twice = proof.chosen(evaluation.seeds, count)
    stopped_by, unproved = None, ""
    try:
        with stoppable() as check, closing(_engine(evaluation, loaded, check, notify)) as engine:
            with progress as advance:
                for result in engine.run([Job(seed, traced=seed in twice) for seed in evaluation.seeds]):
                    results.append(result)
                    advance(result, engine.alive)
            again = [result for result in results if result.outcome.seed in twice]
            try:
                repeats += _proved(evaluation, engine, again, check, notify)
            except MonitorError as error:  # no worker could begin: the episodes are recorded all the same
                unproved = str(error)
    except Stopped as stopped:
        stopped_by = stopped.number
    except KeyboardInterrupt:
        stopped_by = signal.SIGINT
    return Evaluated(results, repeats, stopped_by, unproved)


def _engine(evaluation: Evaluation, loaded: Loaded, check: Check, notify: Callable[[str], None]) -> Engine:
    if evaluation.workers > 1:
        loaded.env.close()
        return LocalEngine(evaluation.task, evaluation.workers, check, notify)
    worker = Worker(evaluation.task, loaded, check, notify)
    try:
        worker.open()
    except BaseException:
        worker.close()
        raise
    return SerialEngine(worker)


def _proved(
    evaluation: Evaluation,
    engine: Engine,
    again: Sequence[Result],
    check: Check,
    notify: Callable[[str], None],
) -> list[Repeat]:
    """The repeats: by other workers, or, of an engine that has only one, by a fresh process."""
    if not again:
        return []
    if evaluation.workers > 1:
        return proof.prove(engine, again, elsewhere=True)
    with closing(LocalEngine(evaluation.task, 1, check, notify)) as fresh:
        return proof.prove(fresh, again, elsewhere=False)
