"""Runs the episodes of a plan in one process, one at a time, and records them into files of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from typing import Any, NamedTuple

from monitorcli.evaluate.environment import EnvironmentRequest, make_environment
from monitorcli.evaluate.episode import play, seed_episode
from monitorcli.evaluate.generators import seed_everything
from monitorcli.evaluate.job import Job, Pull
from monitorcli.evaluate.outcome import Ended, Outcome, failure
from monitorcli.evaluate.plan import Plan
from monitorcli.evaluate.policies import Policy, PolicyRequest, load_policy
from monitorcli.evaluate.sent import SendingWriter, Sent, open_writer
from monitorcli.evaluate.stop import Check
from monitorcli.format.modes import MODES
from monitorcli.monitor.recorder_factory import EnvironmentRecorder, RecordingOptions, shared_recorder
from monitorcli.monitor.writer import EpisodeWriter
from monitorcli.video import schedule
from monitorcli.video.filming import filming_of
from monitorcli.video.options import FOR_LESS, FilmOptions


class Task(NamedTuple):
    """What every worker is told, wherever it runs. `ffmpeg` is None if nothing is to be filmed.

    `sent_back`: a worker gives its records away with its results, and writes nothing into `directory`.
    """

    environment: EnvironmentRequest
    policy: PolicyRequest
    plan: Plan
    directory: str
    run: int
    films: FilmOptions
    ffmpeg: str | None
    mode: str
    sent_back: bool = False
    trace: str = "none"


class Loaded(NamedTuple):
    """The policy, and an environment that it was loaded for."""

    env: Any
    policy: Policy


def load(environment: EnvironmentRequest, policy: PolicyRequest, film: bool) -> Loaded:
    """Make the environment and load the policy. Raises BadRequest."""
    env = make_environment(environment, film)
    return Loaded(env, load_policy(policy, env))


class Worker:
    """Runs one episode after another. What an episode does depends on its seed alone."""

    def __init__(self, task: Task, loaded: Loaded, check: Check, notify: Callable[[str], None]) -> None:
        """`check` is called before each step, and may raise Stopped."""
        filming = filming_of(task.films, task.ffmpeg)
        self._task = task
        self._env, self._policy = loaded
        self._check = check
        self._notify = notify
        traced = schedule.parse(task.trace)
        self._options = RecordingOptions(filming, MODES[task.mode], notify, traced=traced)
        self._recorders: dict[int, EnvironmentRecorder] = {}  # of environments that are kept
        self._writer: EpisodeWriter | None = None

    def open(self) -> None:
        """Open the files to record into. Raises DirectoryUnusable."""
        task, about = self._task, self._task.plan.about
        if task.sent_back:
            self._writer = SendingWriter(task.run, about, self._notify)
        else:
            self._writer = open_writer(task.directory, task.run, about, self._notify)

    def take(self, seed: int) -> Sent | None:
        """What was recorded of this seed's episode, if it is to be sent back and there is anything."""
        writer = self._writer
        return writer.take(seed - self._task.plan.seed) if isinstance(writer, SendingWriter) else None

    def run_jobs(self, pull: Pull) -> Iterator[Outcome]:
        """Run the jobs that `pull` gives, and yield what became of each.

        An error in an episode is an outcome too. Raises Stopped, and DirectoryUnusable if an episode is
        to be recorded and that cannot begin.
        """
        while (job := pull(True)) is not None:
            if job.recorded and self._writer is None:
                self.open()
            yield self._run(job)

    def close(self) -> None:
        """Finish the files, and close the environment."""
        if self._writer:
            self._writer.close()
        if self._options.filming.meter.costly() and not self._task.films.bounded:
            self._notify(f"filming took more than a tenth of the time. {FOR_LESS}")
        self._env.close()

    def _run(self, job: Job) -> Outcome:
        try:
            env = self._environment(job)
            try:
                return self._played(env, job)
            finally:
                if env is not self._env:
                    env.close()
        except Exception as error:  # noqa: BLE001 - of the policy or the environment, whatever it is
            return failure(job.seed, error)

    def _environment(self, job: Job) -> Any:
        return self._env if self._task.plan.reuse_env else self._fresh(job)

    def _fresh(self, job: Job) -> Any:
        seed_everything(job.seed)  # an environment may draw random numbers while it is made
        return make_environment(self._task.environment, film=self._task.ffmpeg is not None)

    def _played(self, env: Any, job: Job) -> Outcome:
        seed_episode(env, job.seed)
        self._policy.begin(env, job.seed)
        act, check = self._policy.act, self._check
        with contextlib.closing(self._episode(env, job)) as episode:
            send, given = episode.send, next(episode)
            while given.__class__ is not Ended:
                check()
                given = send(act(given))
        outcome: Ended = given
        return outcome

    def _episode(self, env: Any, job: Job) -> Generator[Any, Any, None]:
        """The job's episode, which is recorded if it is to be."""
        recorder = self._recorder(env) if job.recorded else None
        return play(env, job, job.seed - self._task.plan.seed, recorder)

    def _recorder(self, env: Any) -> EnvironmentRecorder:
        """One recorder for all episodes of an environment, because traces count those before."""
        found = self._recorders.get(id(env)) or shared_recorder(env, self._opened, self._options)
        if self._task.plan.reuse_env:
            self._recorders[id(env)] = found
        return found

    def _opened(self, _: object) -> EpisodeWriter:
        assert self._writer is not None
        return self._writer
