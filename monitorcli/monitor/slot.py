"""One environment instance's episodes, on their way to a writer: clock, seed, mode, film, record."""

from __future__ import annotations

import functools
import time
import weakref
from typing import Any, Callable, NamedTuple

import numpy as np
import numpy.typing as npt

from monitorcli.errors import EncoderFailed
from monitorcli.monitor import log
from monitorcli.monitor.asciicast import Asciicast
from monitorcli.monitor.ffmpeg import find_ffmpeg
from monitorcli.monitor.mp4 import Mp4
from monitorcli.monitor.remarks import once, trouble
from monitorcli.monitor.rendering import FILMED, Camera, camera, is_hopeless
from monitorcli.monitor.schedule import Schedule, never
from monitorcli.monitor.video import Encoder, Film, frames_per_second
from monitorcli.monitor.writer import Writer

MODES = {"training": b"t", "evaluation": b"e"}

_SEED_BITS = 128
_LOW = (1 << 64) - 1


class Filming(NamedTuple):
    """What to film and how; `fps` and `ffmpeg` are None for the environment's and imageio-ffmpeg's."""

    schedule: Schedule
    fps: float | None = None
    ffmpeg: str | None = None


class Slot:
    """Writes down one environment's episodes. Trouble here is said once and never reaches the caller."""

    def __init__(
        self,
        env: Any,
        index: int,
        open_writer: Callable[[], Writer],
        filming: Filming,
        notify: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`open_writer` is called at the first reset, and again in a child process after a fork."""
        self.mode = b"t"
        self._env = weakref.ref(env)
        self.index = index
        self._open_writer = open_writer
        self._filming = filming
        self._notify = once(notify)
        self._clock = clock
        self._writer: Writer | None = None
        self._film: Film | None = None
        self._camera: Camera | None = None
        self._broken_said = False
        self._can_film = filming.schedule is not never

    def open(self) -> Writer:
        """The writer, opened if there is none yet; raises OSError when its files cannot be made."""
        if self._writer is None or self._writer.closed:
            self._writer = self._open_writer()
        return self._writer

    def close(self) -> None:
        """Close the writer; for the owner of a writer of its own."""
        if self._writer:
            self._writer.close()

    def records(self) -> npt.NDArray[np.void]:
        """What this slot's writer has recorded so far, dtype `log.RECORD`."""
        return self.open().records()

    def begin(self, seed: Any, film: bool = True) -> bool:
        """The environment was reset with `seed`; True when this episode is filmed, as it can be if `film`."""
        self._film = None
        try:
            writer = self._writer
            if writer is None or writer.closed:
                writer = self.open()
            self._began = began = self._clock()
            self._number = writer.begin(began)
            self._mode = self.mode
            self._seed = seed
            if film and self._can_film and self._is_filmed():
                self._film = self._open_film(writer)
                self.capture()
        except Exception as error:
            self._trouble(error)
        return self._film is not None

    def capture(self) -> None:
        """Take the environment's picture for the film that is running."""
        if self._film and self._writer and not self._writer.closed:  # a forked child leaves it to its parent
            self._film.capture()

    def end(self, total: float, length: int, result: tuple[Any, ...]) -> None:
        """The step that gave `result` ended the episode, of return `total` and `length` steps."""
        code = (log.END_TERMINATED if result[2] else 0) | (log.END_TRUNCATED if result[3] else 0)
        self.cut(total, length, code, result[4])

    def cut(self, total: float, length: int, code: int, info: Any = None) -> None:
        """The episode is over: incomplete, for the reason `code`, one of `log.CUT_RESET` and so on."""
        writer = self._writer
        if writer is None or writer.closed:  # trouble at the reset, or a fork since
            return
        try:
            began = self._began
            low, high, seeded = (0, 0, 0) if self._seed is None else split_seed(self._seed)
            # fmt: off
            writer.append(log.pack(
                self._number, total, length, writer.epoch + began, self._clock() - began,
                low, high, self.index, code, self._mode, success_in(info) if info else -1, seeded,
            ))
            # fmt: on
            if self._film:
                self._film.finish()
                writer.keep(self._film)
                self._film = None
        except Exception as error:
            self._trouble(error)

    def _is_filmed(self) -> bool:
        try:
            return bool(self._filming.schedule(self._number))
        except Exception as error:
            self._notify(f"the video schedule failed ({type(error).__name__}: {error}); the run goes on.")
            return False

    def _open_film(self, writer: Writer) -> Film | None:
        env = self._env()
        assert env is not None  # it was reset just now
        mode, render = self._camera = self._camera or camera(env)
        if mode not in FILMED:
            self._can_film = False
            self._notify(
                f"no video of {writer.env_id}: its render_mode is {mode!r}; films need 'rgb_array' or 'ansi'."
            )
            return None
        if is_hopeless(env):  # which was said when it raised
            self._can_film = False
            return None
        place = functools.partial(writer.film_path, self._number)
        path = place()
        fps = frames_per_second(self._filming.fps, env.metadata)
        try:
            encoder: Encoder
            if mode == "ansi":
                encoder = Asciicast(path, fps)
            else:
                encoder = Mp4(path, fps, self._filming.ffmpeg or find_ffmpeg())
            return Film(place, self._number, render, encoder, self._say_broken)
        except (EncoderFailed, OSError) as error:
            self._can_film = False
            self._notify(f"no video of {writer.env_id}: {error}.")
            return None

    def _say_broken(self, remark: str) -> None:
        if not self._broken_said:
            self._broken_said = True
            self._notify(remark)

    def _trouble(self, error: Exception) -> None:
        self._notify(trouble(error))


def split_seed(seed: Any) -> tuple[int, int, int]:
    """The record's three columns of a seed that was given: `seed`, `seed_high` and `seeded`."""
    number = int(seed)
    if 0 <= number < 1 << _SEED_BITS:
        return number & _LOW, number >> 64, 1
    return 0, 0, 2


def success_in(info: Any) -> int:
    """What the environment says of success, in the keys that are usual for it; -1 when nothing."""
    final = info.get("final_info")  # of an environment that has reset itself within the step
    info = final if isinstance(final, dict) else info
    for key in ("is_success", "success"):
        if key in info:
            try:
                return int(bool(info[key]))
            except (TypeError, ValueError):
                return -1
    return -1
