"""The recording of one process: a writer per environment id, a recorder per environment."""

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
from monitorcli.format import log
from monitorcli.format.modes import MODES
from monitorcli.format.open_file import FollowedDirectory
from monitorcli.monitor.autoreset import autoreset_mode, reset_mode, several
from monitorcli.monitor.episode_recorder import EpisodeRecorder
from monitorcli.monitor.pool_step_recorder import PoolStepRecorder
from monitorcli.monitor.recorder_factory import RecordingOptions, shared_recorder
from monitorcli.monitor.step_recorder import RecordedCalls
from monitorcli.monitor.vector_episode_recorder import VectorEpisodeRecorder
from monitorcli.monitor.vector_step_recorder import record_vector_steps
from monitorcli.monitor.writer import EpisodeWriter, Target
from monitorcli.video.filming import Filming
from monitorcli.video.schedule import Schedule, never

_remark = functools.partial(report_status, "remark")
_FILMABLE = '; make_vec(..., vectorization_mode="sync") can be filmed.'


class Recorder:
    """Attaches recorders to environments. Failures are reported, and never stop the script."""

    def __init__(self, settings: Settings, schedule: Schedule) -> None:
        self._settings = settings
        self._directory = FollowedDirectory(Path(settings.directory))
        self._filming = Filming(schedule, settings.fps, settings.ffmpeg)
        self._mode = MODES[settings.mode]
        self._writers: dict[str, EpisodeWriter] = {}
        self._lock = threading.Lock()  # several threads may meet at their first reset
        self._used: dict[str, int] = {}  # slots of the writer for an environment id
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

    def record_made(self, env: Any) -> None:
        """Record what `make` returned, unless the script takes the wrappers off before the first reset."""
        if self.record(env):
            try:
                if env.unwrapped is not env:
                    self._recorded_around[env.unwrapped] = weakref.ref(env)
                    self._known.discard(env.unwrapped)
            except Exception:  # see mark_known
                pass

    @failures_reported()
    def record(self, env: Any, env_id: str | None = None) -> RecordedCalls | None:
        """Record this environment. Give `env_id` if it has no spec."""
        if several(env):
            return self.record_vector(env, env_id)
        self.mark_known(env)
        info = _about(env, env_id)
        options = RecordingOptions(self._filming, self._mode, _remark)
        recorded = shared_recorder(env, lambda slot: self._open(info, slot), options).steps
        graft(env, recorded)
        self._attached(env, info, recorded.stop)
        return recorded

    @failures_reported()
    def record_vector(self, env: Any, env_id: str | None = None) -> RecordedCalls | None:
        """Record all slots of a vector environment that is one object."""
        info, recorder = self._of_slots(env, env_id, several(env) or env.num_envs)
        recorded = record_vector_steps(env, recorder, _mode_of(env, info["gym_version"]))
        graft(env, recorded)
        self._attached(env, info, recorded.stop)
        hint = _FILMABLE if _is_vector(env) else "."
        self._remark_unfilmed(info, type(env.unwrapped).__name__, hint)
        return recorded

    @failures_reported()
    def record_pool(self, env: Any, env_id: str, seed: Any) -> None:
        """Record all slots of an EnvPool, made with `seed`: a number, a list for all slots, or None."""
        info, recorder = self._of_slots(env, env_id, env.num_envs)
        pool = PoolStepRecorder(recorder, seed)
        graft_pool(env, pool, env_id)
        self._attached(env, info, pool.stop, "recv")
        self._remark_unfilmed(info, "EnvPool")

    def _of_slots(
        self, env: Any, env_id: str | None, count: int
    ) -> tuple[dict[str, str], VectorEpisodeRecorder]:
        self.mark_known(env)
        info = _about(env, env_id)
        return info, VectorEpisodeRecorder(count, lambda: self._open(info, None), self._mode, _remark)

    def _attached(
        self, env: Any, info: dict[str, str], stop: Callable[[int], None], through: str = "step"
    ) -> None:
        weakref.finalize(env, stop, log.CUT_CLOSED)
        if self._settings.rehearsal:
            rehearse(env, self._filming.schedule is not never, through)
        report_status("made", info["env_id"])

    def _remark_unfilmed(self, info: dict[str, str], name: str, hint: str = ".") -> None:
        if self._filming.schedule is not never:
            _remark(f"no video of {info['env_id']}: {name} steps all its environments as one{hint}")

    def _open(self, info: dict[str, str], recorder: EpisodeRecorder | None) -> EpisodeWriter:
        """The writer for this environment id, a new one after a fork. Gives `recorder` its slot."""
        env_id = info["env_id"]
        with self._lock:
            writer = self._writers.get(env_id)
            if writer is None or writer.closed:
                asked = self._settings
                target = Target(self._directory, asked.run, asked.first_number, first_turn=asked.first_turn)
                writer = self._writers[env_id] = EpisodeWriter(target, info, _remark)
                self._used[env_id] = _worker()
                report_status("reset", env_id)
            if recorder is not None:
                recorder.index = self._used[env_id]
                self._used[env_id] += 1
            return writer


def _mode_of(env: Any, version: str) -> str:
    if not _is_vector(env):
        return reset_mode(env)
    # Before 1.0 Gymnasium had no modes: an environment reset itself within the step.
    return autoreset_mode(env, "SAME_STEP" if version.startswith("0.") else "NEXT_STEP")


def _is_vector(env: Any) -> bool:
    """Whether this is Gymnasium's VectorEnv, as `make_vec` returns it."""
    return any(base.__name__ == "VectorEnv" for base in type(env.unwrapped).__mro__)


def _about(env: Any, env_id: str | None) -> dict[str, str]:
    """Gym's `env_info`."""
    spec = getattr(env, "spec", None)
    return {
        "gym_version": getattr(_library(env), "__version__", ""),
        "env_id": env_id or getattr(spec, "id", None) or type(env).__name__,
    }


def _library(env: Any) -> Any:
    """The module that the environment's class comes from: gymnasium, or the older gym."""
    for base in type(env).__mro__:
        package = base.__module__.partition(".")[0]
        if package in ("gymnasium", "gym") and package in sys.modules:
            return sys.modules[package]
    return None


def _worker() -> int:
    """This process's number among the workers of Gymnasium's AsyncVectorEnv; 0 elsewhere."""
    multiprocessing: Any = sys.modules.get("multiprocessing.process")
    name = multiprocessing.current_process().name if multiprocessing else ""
    found = re.fullmatch(r"Worker<.*>-([0-9]+)", name)
    return int(found[1]) if found else 0


def _close(writers: dict[str, EpisodeWriter]) -> None:
    for writer in writers.values():
        writer.close()
