"""Run an evaluation and record it, one episode after another, until it is complete or a signal ends it."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from monitorcli.evaluate.episodes import run_episodes
from monitorcli.evaluate.policies import Policy
from monitorcli.evaluate.stop import Stopped, stoppable
from monitorcli.format.environment import Environment
from monitorcli.format.modes import MODES
from monitorcli.monitor.history import History
from monitorcli.monitor.recorder_factory import RecordingOptions, own_recorder
from monitorcli.monitor.run import RunFile
from monitorcli.monitor.step_recorder import RecordedCalls
from monitorcli.monitor.writer import Target
from monitorcli.video import schedule
from monitorcli.video.filming import Filming


class Evaluation(NamedTuple):
    """What to run: one episode per seed. `ffmpeg` is None if nothing is to be filmed."""

    env: Any
    about: Environment
    policy: Policy
    seeds: Iterable[int]
    video: str
    fps: float | None
    ffmpeg: str | None
    mode: str


def run_evaluation(
    evaluation: Evaluation,
    run: RunFile,
    before: History,
    notify: Callable[[str], None],
    progress: AbstractContextManager[Callable[[float], None]],
) -> int | None:
    """Record the episodes as `run`, after those of `before`; then close the environment.

    `progress` is entered while episodes run, and is called with each episode's return. Returns the signal
    that ended the evaluation early, or None. Raises BadRequest if the policy or the environment fails,
    and DirectoryUnusable.
    """
    policy, seeds = evaluation.policy, evaluation.seeds
    try:
        with (
            stoppable(evaluation.policy.act) as act,
            _recorded(evaluation, run, before, notify) as steps,
            progress as advance,
        ):
            for episode_return in run_episodes(steps, policy, act, seeds):
                advance(episode_return)
    except Stopped as stopped:
        return stopped.number
    except KeyboardInterrupt:
        return signal.SIGINT
    return None


@contextlib.contextmanager
def _recorded(
    evaluation: Evaluation, run: RunFile, before: History, notify: Callable[[str], None]
) -> Iterator[RecordedCalls]:
    """Context manager that gives a `step` and a `reset` which record what they do."""
    chosen = schedule.parse(evaluation.video) if evaluation.ffmpeg else schedule.never
    filming = Filming(chosen, evaluation.fps, evaluation.ffmpeg)
    target = Target(run.directory, run.number, before.started, first_turn=before.played)
    options = RecordingOptions(filming, MODES[evaluation.mode], notify)
    recorder = own_recorder(evaluation.env, evaluation.about, run, target, options)
    try:
        yield recorder.steps
    finally:
        recorder.close()
        evaluation.env.close()
