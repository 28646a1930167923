"""Run an evaluation: its episodes on an engine, then the proof, until all is done or a signal ends it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from typing import Any, NamedTuple

from monitorcli.errors import MonitorError
from monitorcli.evaluate import proof
from monitorcli.evaluate.engines.interface import Engine, Result
from monitorcli.evaluate.engines.local import LocalEngine
from monitorcli.evaluate.engines.ray_engine import RayEngine
from monitorcli.evaluate.engines.serial import SerialEngine
from monitorcli.evaluate.job import Job
from monitorcli.evaluate.outcome import Ended, Failed
from monitorcli.evaluate.proof import Repeat
from monitorcli.evaluate.sent import SentRecorder
from monitorcli.evaluate.shipping import pack
from monitorcli.evaluate.stop import Check, Stopped, stoppable
from monitorcli.evaluate.worker import Loaded, Task
from monitorcli.evaluate.workers import worker_for
from monitorcli.monitor.notices import once

# What runs the episodes: this process and others of this machine, or a cluster of Ray's.
ENGINES = LOCAL, RAY = "local", "ray"

# Errors whose tracebacks are kept in the run's file.
_MOST_ERRORS = 100

# Is called with each result, and with the number of workers that are alive.
Advance = Callable[[Result, int], None]


class Evaluation(NamedTuple):
    """What to run: an episode for each seed. `repeat` of them are run twice; None is the usual number.

    `workers` is None for as many as the cluster has CPUs; that is for Ray's engine only. `decide` is given
    the results in the order of the seeds, whatever ends first, and no more episodes are needed once it says
    True. What was run beyond that is not recorded; so records must be sent back.
    """

    task: Task
    seeds: Sequence[int]
    workers: int | None
    repeat: int | None
    engine: str = LOCAL
    decide: Callable[[Result], bool] | None = None


class Evaluated(NamedTuple):
    """What came of it, as far as it got.

    `stopped_by` is the signal that ended it early, `unproved` why no episode could be run again.
    `decided`: it ended before the last episode, because no more were needed.
    """

    results: list[Result]
    repeats: list[Repeat]
    stopped_by: int | None
    unproved: str = ""
    decided: bool = False

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
    stopped_by, unproved, decided = None, "", False
    try:
        with stoppable() as check, closing(_engine(evaluation, loaded, check, notify)) as engine:
            with progress as advance, closing(_recorder(evaluation.task, notify)) as recorder:
                for result in _results(evaluation, engine):
                    if result.sent:
                        recorder.record(result.sent)
                    results.append(result._replace(sent=None))
                    advance(result, engine.alive)
                    decided = bool(evaluation.decide and evaluation.decide(result))
                    if decided:
                        break
            twice = _twice(evaluation, len(results))
            again = [result for result in results if result.outcome.seed in twice]
            alone = isinstance(engine, SerialEngine)
            if decided and not alone:
                engine.close()  # and drop what else is being run
            elsewhere = None if decided or alone else engine
            try:
                repeats += _proved(evaluation, elsewhere, again, check, notify)
            except MonitorError as error:  # no worker could begin: the episodes are recorded all the same
                unproved = str(error)
    except Stopped as stopped:
        stopped_by = stopped.number
    except KeyboardInterrupt:
        stopped_by = signal.SIGINT
    return Evaluated(results, repeats, stopped_by, unproved, decided)


def _twice(evaluation: Evaluation, count: int) -> set[int]:
    """Which of the first `count` seeds are run twice."""
    return proof.chosen(evaluation.seeds[:count], proof.how_many(evaluation.repeat, count))


def _results(evaluation: Evaluation, engine: Engine) -> Iterator[Result]:
    """The results when they are there; where somebody decides, in the order of the seeds."""
    if evaluation.decide is None:
        twice = _twice(evaluation, len(evaluation.seeds))
        yield from engine.run([Job(seed, traced=seed in twice) for seed in evaluation.seeds])
        return
    # How many will be needed is not known, so that any of them may be run twice.
    jobs = [Job(seed, traced=evaluation.repeat != 0) for seed in evaluation.seeds]
    early: dict[int, Result] = {}
    seeds = iter(evaluation.seeds)
    awaited = next(seeds, None)
    for result in engine.run(jobs):
        early[result.outcome.seed] = result
        while awaited in early:
            yield early.pop(awaited)
            awaited = next(seeds, None)


def _recorder(task: Task, notify: Callable[[str], None]) -> SentRecorder:
    """What records that are sent back are given to."""
    return SentRecorder(task.directory, task.run, task.plan.about, notify)


def _engine(evaluation: Evaluation, loaded: Loaded, check: Check, notify: Callable[[str], None]) -> Engine:
    if evaluation.engine == RAY:
        task, shipped = pack(evaluation.task._replace(sent_back=True), loaded.policy)
        loaded.env.close()
        return RayEngine(task, shipped, evaluation.workers, check, notify)
    if evaluation.workers and evaluation.workers > 1:
        loaded.env.close()
        return LocalEngine(evaluation.task, evaluation.workers, check, notify)
    worker = worker_for(evaluation.task, loaded, check, notify)
    try:
        worker.open()
    except BaseException:
        worker.close()
        raise
    return SerialEngine(worker)


def _proved(
    evaluation: Evaluation,
    engine: Engine | None,
    again: Sequence[Result],
    check: Check,
    notify: Callable[[str], None],
) -> list[Repeat]:
    """The repeats: by the engine's other workers, or, where it has none to spare, by fresh processes."""
    if not again:
        return []
    if engine is not None:
        return proof.prove(engine, again, elsewhere=True)
    count = min(evaluation.workers or 1, len(again))
    with closing(LocalEngine(evaluation.task, count, check, notify)) as fresh:
        return proof.prove(fresh, again, elsewhere=False)
