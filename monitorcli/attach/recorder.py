"""The recording of one process: a writer for each series, a recorder for each environment."""

from __future__ import annotations

import functools
import re
import sys
import threading
import weakref
from pathlib import Path
from typing import Any, Callable

from monitorcli.attach.graft import graft, graft_pool
from monitorcli.attach.rehearsal import rehearse
from monitorcli.attach.settings import Settings
from monitorcli.attach.status_log import failures_reported, report_status
from monitorcli.attach.turns import turns_of
from monitorcli.format import log
from monitorcli.format.environment import Environment
from monitorcli.format.modes import MODES
from monitorcli.format.open_file import FollowedDirectory
from monitorcli.monitor.autoreset import autoreset_mode, reset_mode, several
from monitorcli.monitor.call_site import CallSite, called_from
from monitorcli.monitor.environment import describe, is_named
from monitorcli.monitor.episode_recorder import EpisodeRecorder
from monitorcli.monitor.pool_step_recorder import PoolStepRecorder
from monitorcli.monitor.recorder_factory import RecordingOptions, shared_recorder
from monitorcli.monitor.step_recorder import RecordedCalls
from monitorcli.monitor.vector_episode_recorder import VectorEpisodeRecorder
from monitorcli.monitor.vector_films import VectorFilms
from monitorcli.monitor.vector_step_recorder import record_vector_steps
from monitorcli.monitor.writer import EpisodeWriter, Target
from monitorcli.video.filming import Filming
from monitorcli.video.schedule import never, parse

_remark = functools.partial(report_status, "remark")
# Places and arguments of one environment id that are told apart in a process: each has three files.
_MOST_KINDS = 64


class Recorder:
    """Attaches recorders to environments. Failures are reported, and never stop the script."""

    def __init__(self, settings: Settings, filming: Filming) -> None:
        self._settings = settings
        self._directory = FollowedDirectory(Path(settings.directory))
        self._filming = filming
        self._traced = parse(settings.trace)
        self._mode = MODES[settings.mode]
        self._writers: dict[str, EpisodeWriter] = {}  # by what their series have alike
        self._lock = threading.Lock()  # several threads may meet at their first reset
        self._used: dict[str, int] = {}  # slots of these writers
        self.seen: set[str] = set()  # names of classes of which there was an environment
        self._known: weakref.WeakSet[Any] = weakref.WeakSet()
        # What is inside of what `make` gave out, until it is reset for the first time.
        self._recorded_around: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
        # Finalizers run in the reverse order of their making: this one, the first, closes the
        # writers after every environment has ended what still ran.
        weakref.finalize(self, _close, self._writers)

    def knows(self, env: Any) -> bool:
        """Whether this unwrapped environment is recorded already, or left out on purpose."""
        try:
            return env in self._known
        except TypeError:  # not hashable, so it cannot be remembered either
            return True

    def mark_known(self, env: Any) -> None:
        """Remember this environment, so that it is not recorded, or not a second time."""
        try:
            self.seen.add(type(env.unwrapped).__name__)
            self._known.add(env.unwrapped)
            self._recorded_around.pop(env.unwrapped, None)
        except Exception:  # what cannot be remembered is not watched for either
            pass

    def recorded_around(self, env: Any) -> Any:
        """A weak reference to the recorded wrapper around this unwrapped environment, or None."""
        return self._recorded_around.get(env)

    def record_made(self, env: Any, made_at: CallSite) -> None:
        """Record what `make` gave out, unless the script throws its wrappers away before the first reset."""
        if self.record(env, made_at=made_at):
            try:
                if env.unwrapped is not env:
                    self._recorded_around[env.unwrapped] = weakref.ref(env)
                    self._known.discard(env.unwrapped)
            except Exception:  # see mark_known
                pass

    @failures_reported()
    def record(self, env: Any, env_id: str | None = None, made_at: CallSite = ()) -> RecordedCalls | None:
        """Record this environment. Give `env_id` if it has no spec."""
        if several(env):
            return self.record_vector(env, env_id, made_at)
        self.mark_known(env)
        about = describe(env, env_id, made_at)
        options = RecordingOptions(self._filming, self._mode_of(about), _remark, traced=self._traced)
        recorded = shared_recorder(env, lambda slot: self._open(about, slot), options).steps
        graft(env, recorded)
        self._attached(env, about, recorded.stop)
        return recorded

    @failures_reported()
    def record_vector(
        self, env: Any, env_id: str | None = None, made_at: CallSite = ()
    ) -> RecordedCalls | None:
        """Record all slots of a vector environment that is one object."""
        about = describe(env, env_id, made_at)
        count = several(env) or env.num_envs
        recorder = self._of_slots(env, about, count)
        if self._filming.wanted:
            recorder.films = VectorFilms(env, count, self._filming, _remark)
        recorded = record_vector_steps(env, recorder, _reset_mode(env, about.gym_version))
        graft(env, recorded)
        self._attached(env, about, recorded.stop)
        self._remark_untraced(about, type(env.unwrapped).__name__)
        return recorded

    @failures_reported()
    def record_pool(self, env: Any, env_id: str, seed: Any, made_at: CallSite = ()) -> None:
        """Record all slots of an EnvPool, made with `seed`: a number, a list for all slots, or None."""
        about = describe(env, env_id, made_at)
        pool = PoolStepRecorder(self._of_slots(env, about, env.num_envs), seed)
        graft_pool(env, pool, env_id)
        self._attached(env, about, pool.stop, "recv")
        self._remark_untraced(about, "EnvPool")
        if self._filming.wanted:
            _remark(f"no video of {about.env_id}: EnvPool steps all its environments as one.")

    def _report_filming(self) -> None:
        report_status("filming", f"{self._filming.meter.spent:.2f}")

    def _of_slots(self, env: Any, about: Environment, count: int) -> VectorEpisodeRecorder:
        self.mark_known(env)
        return VectorEpisodeRecorder(count, lambda: self._open(about, None), self._mode_of(about), _remark)

    def _attached(
        self, env: Any, about: Environment, stop: Callable[[int], None], through: str = "step"
    ) -> None:
        weakref.finalize(env, stop, log.CUT_CLOSED)
        if self._settings.rehearsal:
            rehearse(env, self._filming, through)
        report_status("made", about.env_id)
        if self._settings.rehearsal or self._settings.evaluation:
            report_status("place", f"{about.env_id} was made{called_from(about.made_at)}")

    def _remark_untraced(self, about: Environment, name: str) -> None:
        if self._traced is not never:
            _remark(f"no traces of {about.env_id}: {name} steps all its environments as one.")

    def _mode_of(self, about: Environment) -> bytes:
        """The mode's code: evaluation for what `--evaluation` names."""
        named = [pattern for pattern in self._settings.evaluation if is_named(about, pattern)]
        for pattern in named:
            report_status("evaluation", pattern)
        return MODES["evaluation"] if named else self._mode

    def _kinds(self, env_id: str) -> int:
        return sum(writer.env_id == env_id for writer in self._writers.values())

    def _open(self, about: Environment, recorder: EpisodeRecorder | None) -> EpisodeWriter:
        """The writer for such environments, another one after a fork; gives `recorder` its slot."""
        key = about.series()
        with self._lock:
            if key not in self._writers and self._kinds(about.env_id) >= _MOST_KINDS:
                about = Environment(about.env_id, about.gym_version, command=about.command)
                key = about.series()
            writer = self._writers.get(key)
            if writer is None or writer.closed:
                asked = self._settings
                target = Target(self._directory, asked.run, asked.first_number, first_turn=asked.first_turn)
                writer = self._writers[key] = EpisodeWriter(target, about, _remark)
                if self._filming.wanted:
                    writer.turns = turns_of(key, asked.first_turn)
                    writer.on_film = self._report_filming
                self._used[key] = _worker()
                report_status("reset", about.env_id)
            if recorder is not None:
                recorder.index = self._used[key]
                self._used[key] += 1
            return writer


def _reset_mode(env: Any, version: str) -> str:
    if not _is_vector(env):
        return reset_mode(env)
    # Before 1.0 Gymnasium had no modes: an environment reset itself within the step.
    return autoreset_mode(env, "SAME_STEP" if version.startswith("0.") else "NEXT_STEP")


def _is_vector(env: Any) -> bool:
    """Whether this is Gymnasium's VectorEnv, as `make_vec` returns it."""
    return any(base.__name__ == "VectorEnv" for base in type(env.unwrapped).__mro__)


def _worker() -> int:
    """This process's number among the workers of Gymnasium's AsyncVectorEnv; 0 elsewhere."""
    multiprocessing: Any = sys.modules.get("multiprocessing.process")
    name = multiprocessing.current_process().name if multiprocessing else ""
    found = re.fullmatch(r"Worker<.*>-([0-9]+)", name)
    return int(found[1]) if found else 0


def _close(writers: dict[str, EpisodeWriter]) -> None:
    for writer in writers.values():
        writer.close()
