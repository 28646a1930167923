"""Runs the episodes of a plan in one process, one at a time, and records them into files of its own."""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from monitorcli.errors import DirectoryUnusable
from monitorcli.evaluate.environment import EnvironmentRequest, make_environment
from monitorcli.evaluate.outcome import Ended, Outcome, failure
from monitorcli.evaluate.plan import Plan
from monitorcli.evaluate.policies import Policy, PolicyRequest, load_policy
from monitorcli.evaluate.stop import Check
from monitorcli.format import log
from monitorcli.format.modes import MODES
from monitorcli.format.open_file import FollowedDirectory
from monitorcli.monitor.recorder_factory import RecordingOptions, shared_recorder
from monitorcli.monitor.step_result import as_float, one_step
from monitorcli.monitor.writer import EpisodeWriter, Target
from monitorcli.video.filming import filming_of
from monitorcli.video.options import FOR_LESS, FilmOptions

_FLOATS, _FLAGS = frozenset({float, np.float64}), frozenset({bool, np.bool_})


class Task(NamedTuple):
    """What every worker is told, wherever it runs. `ffmpeg` is None if nothing is to be filmed."""

    environment: EnvironmentRequest
    policy: PolicyRequest
    plan: Plan
    directory: str
    run: int
    films: FilmOptions
    ffmpeg: str | None
    mode: str


class Loaded(NamedTuple):
    """The policy, and an environment that it was loaded for."""

    env: Any
    policy: Policy


def load(environment: EnvironmentRequest, policy: PolicyRequest, film: bool) -> Loaded:
    """Make the environment and load the policy. Raises BadRequest."""
    env = make_environment(environment, film)
    return Loaded(env, load_policy(policy, env))


class Worker:
    """Runs one episode for each seed that it is given. What an episode does depends on the seed alone."""

    def __init__(self, task: Task, loaded: Loaded, check: Check, notify: Callable[[str], None]) -> None:
        """`check` is called before each step, and may raise Stopped."""
        filming = filming_of(task.films, task.ffmpeg)
        self._task = task
        self._env, self._policy = loaded
        self._check = check
        self._notify = notify
        self._options = RecordingOptions(filming, MODES[task.mode], notify)
        self._writer: EpisodeWriter | None = None

    def open(self) -> None:
        """Open the files to record into. Raises DirectoryUnusable."""
        directory = FollowedDirectory(Path(self._task.directory))
        try:
            target = Target(directory, self._task.run)
            self._writer = EpisodeWriter(target, self._task.plan.about, self._notify)
        except OSError as error:
            raise DirectoryUnusable(
                f"{self._task.directory} cannot be written: {error.strerror}.",
                "Make room, or choose another directory.",
            ) from None

    def run(self, seed: int, recorded: bool, traced: bool = False) -> Outcome:
        """Run the episode with this seed to its end; an error in it is an outcome too.

        Raises Stopped, and DirectoryUnusable if it is to be recorded and that cannot begin.
        """
        if recorded and self._writer is None:
            self.open()
        try:
            env = self._env if self._task.plan.reuse_env else self._fresh(seed)
            try:
                trace = hashlib.sha256() if traced else None
                if recorded:
                    return self._recorded(env, seed, trace)
                return self._played(env, env.reset, env.step, seed, trace)
            finally:
                if env is not self._env:
                    env.close()
        except Exception as error:  # noqa: BLE001 - of the policy or the environment, whatever it is
            return failure(seed, error)

    def close(self) -> None:
        """Finish the files, and close the environment."""
        if self._writer:
            self._writer.close()
        if self._options.filming.meter.costly():
            self._notify(f"filming took more than a tenth of the time. {FOR_LESS}")
        self._env.close()

    def _fresh(self, seed: int) -> Any:
        seed_everything(seed)  # an environment may draw random numbers while it is made
        return make_environment(self._task.environment, film=self._task.ffmpeg is not None)

    def _recorded(self, env: Any, seed: int, trace: Any) -> Outcome:
        writer = self._writer
        assert writer is not None
        writer.number_from(seed - self._task.plan.seed)
        steps = shared_recorder(env, lambda _: writer, self._options).steps
        try:
            return self._played(env, steps.reset, steps.step, seed, trace)
        finally:
            steps.stop(log.CUT_CLOSED)

    def _played(
        self, env: Any, reset: Callable[..., Any], step: Callable[[Any], Any], seed: int, trace: Any
    ) -> Outcome:
        act, check = self._policy.act, self._check
        seed_everything(seed)
        env.action_space.seed(seed)
        env.observation_space.seed(seed)
        self._policy.env = env
        self._policy.begin(seed)
        observation, _ = reset(seed=seed)
        start = hashlib.sha256(_bytes(observation)).hexdigest()[:16]
        total, length = 0.0, 0
        while True:
            check()
            action = act(observation)
            result = step(action)
            observation, reward, terminated, truncated = _quickly(result) or _strictly(result)
            if trace is not None:
                trace.update(_bytes((action, observation, reward)))
            total += reward
            length += 1
            if terminated or truncated:
                end = (log.END_TERMINATED if terminated else 0) | (log.END_TRUNCATED if truncated else 0)
                return Ended(seed, total, length, end, start, trace.hexdigest()[:16] if trace else "")


def _quickly(result: Any) -> tuple[Any, float, bool, bool] | None:
    """Observation, reward and ends of a step that is as usual, which `_strictly` would give too."""
    if result.__class__ is tuple and len(result) == 5:
        observation, reward, terminated, truncated, info = result
        plain = terminated.__class__ in _FLAGS and truncated.__class__ in _FLAGS and info.__class__ is dict
        if plain and reward.__class__ in _FLOATS and "true_reward" not in info:
            return observation, float(reward), terminated, truncated
    return None


def _strictly(result: Any) -> tuple[Any, float, bool, bool]:
    """The same of any step, as the recorder reads it. Raises NotOneStep."""
    step = one_step(result)
    return result[0], as_float(step.reward), step.terminated, step.truncated


def seed_everything(seed: int) -> None:
    """Seed the global random generators of Python, NumPy and, if it is loaded, torch."""
    random.seed(seed)
    np.random.seed(seed % (1 << 32))
    torch: Any = sys.modules.get("torch")
    if hasattr(torch, "default_generator"):
        torch.default_generator.manual_seed(seed % (1 << 64))
        if torch.cuda.is_initialized():
            torch.cuda.manual_seed_all(seed % (1 << 64))


def _bytes(value: Any) -> bytes:
    """An observation or an action as bytes, the same for equal ones; b"" for a part that cannot be told."""
    if isinstance(value, Mapping):
        return b"".join(repr(name).encode() + _bytes(part) for name, part in value.items())
    if isinstance(value, (tuple, list)):
        return b"".join(map(_bytes, value))
    if isinstance(value, str):
        return value.encode(errors="replace")
    try:
        array = np.asarray(value)
        return b"" if array.dtype.hasobject else array.tobytes()
    except Exception:  # noqa: BLE001 - of whatever the environment takes for an observation
        return b""
