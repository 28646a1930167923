"""`Monitor`: Gym's wrapper, for scripts that record themselves."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
import weakref
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

from monitorcli.errors import BadRequest, EncoderFailed
from monitorcli.format import log, modes
from monitorcli.format.environment import Environment
from monitorcli.format.names import check_uid
from monitorcli.monitor.call_site import CallSite, call_site
from monitorcli.monitor.directory import Existing
from monitorcli.monitor.environment import UNKNOWN, describe
from monitorcli.monitor.history import read_history
from monitorcli.monitor.recorder_factory import EnvironmentRecorder, RecordingOptions, own_recorder
from monitorcli.monitor.run import RunFile
from monitorcli.monitor.system import check_system
from monitorcli.monitor.writer import Target
from monitorcli.video import schedule as schedules
from monitorcli.video.ffmpeg import ffmpeg_version, find_ffmpeg
from monitorcli.video.filming import Filming
from monitorcli.video.keep import parse


class Monitor(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Records every episode of one environment into a directory. Signature and meaning are Gym's.

    The environment's results pass through untouched. Close it, use it in a `with` block, or leave
    that to garbage collection or the end of the interpreter.
    """

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        directory: str | os.PathLike[str],
        video_callable: Any = None,
        force: bool = False,
        resume: bool = False,
        write_upon_reset: bool = False,
        uid: str | None = None,
        mode: str | None = None,
        keep: str | None = None,
        trace: str | None = None,
    ) -> None:
        """Begin a run in `directory`, which is made when it is missing.

        video_callable: None films perfect cubes below 1000 and every 1000th episode, False none; or a
            function of the episode number, in which episodes without a step are not counted. Films need
            an environment made with render_mode "rgb_array" or "ansi".
        force: first remove every file of the directory that begins with "openaigym.".
        resume: keep what is there; numbering, schedule and totals go on.
        write_upon_reset: keep batch and manifest current after every reset.
        uid: part of the file names, in place of a random one.
        mode: "training" (default) or "evaluation".
        keep: film every episode, and keep the films of these: "best:3,worst:3,failed:5,last". Then None for
            video_callable films no others.
        trace: of which episodes it is kept what makes them again, a schedule as of `start --trace`: "all",
            "every:10"; none without it.

        Raises BadRequest, DirectoryInUse (neither force nor resume, and manifests are there) or
        DirectoryUnusable.
        """
        check_system()
        super().__init__(env)
        schedule = schedules.from_argument(False if keep and video_callable is None else video_callable)
        filming = Filming(schedule, parse(keep) if keep else ())
        if filming.wanted and env.render_mode == "rgb_array":
            with contextlib.suppress(EncoderFailed):  # which the first film says
                ffmpeg_version(find_ffmpeg())  # now, and remembered, because a step would wait 50 ms
        traced = schedules.parse(trace or "none", "trace")
        if uid is not None:
            check_uid(uid)
        code = _mode_code(mode or "training")
        existing = Existing.CLEAR if force else Existing.KEEP if resume else Existing.REFUSE
        self.directory = Path(directory).absolute()
        run = RunFile(self.directory, existing, {"kind": "monitor"})
        self._history = read_history(self.directory)
        started, played = self._history.started, self._history.played
        target = Target(run.directory, run.number, started, uid, write_upon_reset, played)
        options = RecordingOptions(filming, code, _warn, strict=True, traced=traced)
        about = _described(env, call_site(sys._getframe(1)))
        recorder = own_recorder(env, about, run, target, options)
        self._recorder = recorder.episodes
        self.step = recorder.steps.step  # type: ignore[method-assign,assignment]
        self.reset = recorder.steps.reset  # type: ignore[method-assign]
        # Holds no reference to self, so that an abandoned Monitor is collected, and then closed.
        self._finish = weakref.finalize(self, _finish, recorder, run)

    @property
    def mode(self) -> str:
        """ "training" or "evaluation"; what is set here holds from the next reset on."""
        return modes.WORDS[self._recorder.mode]

    @mode.setter
    def mode(self, mode: str) -> None:
        self._recorder.mode = _mode_code(mode)

    def set_monitor_mode(self, mode: str) -> None:
        """Gym's name for setting `mode`."""
        self.mode = mode

    def close(self) -> None:
        """Finish the recording, then close the environment. Calling it again does nothing."""
        if not self._finish.alive:
            return
        self._finish()
        del self.step, self.reset  # what is stepped from now on is not recorded
        super().close()

    def __reduce_ex__(self, protocol: Any) -> Any:
        """A copy or a pickle is of the environment alone: two writers cannot share a recording."""
        return _unrecorded, (self.env,)

    @property
    def episode_id(self) -> int:
        """As in Gym: the number that the next episode will have, so 0 before the first reset, 1 after it."""
        return self._history.started if self._recorder.number is None else self._recorder.number + 1

    def get_total_steps(self) -> int:
        """Steps of all complete episodes of the recording, those before a resume included."""
        return sum(self.get_episode_lengths())

    def get_episode_rewards(self) -> list[float]:
        """The return of each complete episode of the recording, in Gym's order: by end."""
        return [*self._history.returns, *self._ended()["return"].tolist()]

    def get_episode_lengths(self) -> list[int]:
        """The length of each complete episode of the recording, in steps, by end."""
        return [*self._history.lengths, *self._ended()["length"].tolist()]

    def _ended(self) -> npt.NDArray[np.void]:
        records = self._recorder.records()
        return records[records["end"] < log.CUT_RESET]


def _described(env: Any, made_at: CallSite) -> Environment:
    """The environment; says so when it has no spec and so no id."""
    if env.spec is not None:
        return describe(env, None, made_at)
    _warn("the environment has no spec (gymnasium.make gives one); recorded as (unknown).")
    return describe(env, UNKNOWN, made_at)


def _finish(recorder: EnvironmentRecorder, run: RunFile) -> None:
    recorder.close()
    try:
        run.end()
    except OSError as error:
        _warn(f"{run.path} could not be written: {error.strerror}.")


def _unrecorded(env: Any) -> Any:
    return env


def _mode_code(mode: str) -> bytes:
    if mode not in modes.MODES:
        words = " or ".join(map(repr, modes.MODES))
        raise BadRequest(f"mode must be {words}, not {mode!r}.")
    return modes.MODES[mode]


def _warn(remark: str) -> None:
    warnings.warn(f"monitorcli: {remark}", RuntimeWarning, stacklevel=2)
