"""One environment instance's episodes, on their way to a writer: clock, seed, mode, film, record."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Mapping
from typing import Any, Callable

import numpy as np
import numpy.typing as npt

from monitorcli.format import log, modes
from monitorcli.monitor.notices import once, trouble
from monitorcli.monitor.step_result import NOT_FROM_HERE, kind_of
from monitorcli.monitor.tracer import Tracer
from monitorcli.monitor.writer import EpisodeWriter
from monitorcli.video.filming import Filming, Films
from monitorcli.video.keep import Outcome

_SEED_BITS = 128
_LOW = (1 << 64) - 1


class EpisodeRecorder:
    """Writes down one environment's episodes. Trouble here is said once and never reaches the caller."""

    def __init__(
        self,
        env: Any,
        index: int,
        open_writer: Callable[[], EpisodeWriter],
        filming: Filming,
        notify: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`open_writer` is called at the first reset, and again in a child process after a fork."""
        self.mode = modes.TRAINING
        self.env: Callable[[], Any] = weakref.ref(env)
        self.index = index
        self._open_writer = open_writer
        self._notify = once(notify)
        self._clock = clock
        self.writer: EpisodeWriter | None = None
        self.number: int | None = None  # of the episode that began last
        self.films = Films(filming, self._notify)
        self.tracer: Tracer | None = None
        self._odd_said = False
        self.steps: Callable[[], int] = lambda: 0  # how many the running episode has; its step recorder knows
        self._inherited = -1  # how many of them another process made, from which this one was forked
        _recorders.add(self)

    def open(self) -> EpisodeWriter:
        """The writer, opened if there is none yet; raises OSError when its files cannot be made."""
        if self.writer is None or self.writer.closed:
            self.writer = self._open_writer()
            self._inherited = -1
        return self.writer

    def close(self) -> None:
        """Close the writer; for the owner of a writer of its own."""
        if self.writer:
            self.writer.close()

    def records(self) -> npt.NDArray[np.void]:
        """What this environment's writer has recorded so far, dtype `log.RECORD`."""
        return self.open().records()

    def begin(self, seed: Any) -> bool:
        """The environment was reset with `seed`; True when `films` are to begin at the first step."""
        try:
            writer = self.writer
            if writer is None or writer.closed:
                writer = self.open()
            self._began = began = self._clock()
            self.number = writer.begin(began) if writer.wants_resets else next(writer.numbers)
            self._mode = self.mode
            self._seed = seed
        except Exception as error:
            self.number = None
            self.trouble(error)
            return False
        return self.films.wanted

    def begin_film(self) -> bool:
        """Begin a film before the episode's first step, if it is chosen. Returns whether it was."""
        try:
            writer = self.writer
            if writer is None or writer.closed:
                writer = self._adopt()
            if self.number is not None:
                self.films.begin(writer, self.number, self.env())
        except Exception as error:
            self.trouble(error)
        return self.films.running is not None

    def renumber(self, number: int) -> None:
        """Give the episode that has just begun this number, in the recording and for the schedule."""
        if self.number is not None:
            self.number = self.films.next_turn = number

    def end(self, total: float, length: int, code: int, info: Any = None) -> None:
        """The episode of so many steps is over, as `code` says: a sum of `log.END_`, or a `log.CUT_`."""
        try:
            writer, films = self.writer, self.films
            if writer is None or self.number is None:  # there was trouble at the reset
                return
            if writer.closed:  # there was a fork since
                if length == self._inherited:
                    return
                writer = self._adopt()
            began, success = self._began, success_in(info) if info else -1
            low, high, seeded = (0, 0, 0) if self._seed is None else split_seed(self._seed)
            # fmt: off
            record = log.pack(
                self.number, total, length, writer.epoch + began, self._clock() - began,
                low, high, self.index, code, self._mode, success, seeded,
            )
            # fmt: on
            trace = None if self.tracer is None else self.tracer.packed(self.number, length)
            if trace is None:
                writer.append(record)
            else:
                writer.append_traced(record, trace)
            if films.running or not length:
                outcome = Outcome(0, total, code < log.CUT_RESET, success, self._mode)
                films.end(writer, length, self.number, outcome)
        except Exception as error:
            self.trouble(error)

    def give_up(self, total: float, length: int, reason: str) -> None:
        """Nothing more of this environment can be recorded; what runs has `length` steps that can."""
        name = self.writer.env_id if self.writer else "this environment"
        if length:
            self.end(total, length, log.CUT_UNKNOWN)
        elif self.writer:
            self.films.end(self.writer, length, self.number)
        self._notify(f"{name} {NOT_FROM_HERE}: {reason}.")

    def odd_reward(self, reward: Any) -> None:
        """A step gave this reward, which is no number."""
        name = self.writer.env_id if self.writer else "this environment"
        if not self._odd_said:
            self._odd_said = True
            self._notify(f"returns of {name} are NaN: step gave {kind_of(reward)} as reward, not one number.")

    def _adopt(self) -> EpisodeWriter:
        """The episode was begun by the process from which this one was forked; record it as ours, too."""
        writer = self.open()
        self.number = writer.begin(self._began)
        return writer

    def _inherit(self) -> None:
        """This process was forked; the film that may be running is its parent's."""
        self._inherited = self.steps()
        self.films.disown()

    def trouble(self, error: Exception) -> None:
        """Say once that something could not be recorded."""
        self._notify(trouble(error))


# A forked child goes on with its parent's environments, but not with their recording.
_recorders: weakref.WeakSet[EpisodeRecorder] = weakref.WeakSet()


def _inherit() -> None:
    for recorder in list(_recorders):
        recorder._inherit()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_inherit)


def split_seed(seed: Any) -> tuple[int, int, int]:
    """The record's three columns of a seed that was given: `seed`, `seed_high` and `seeded`."""
    try:
        number = int(seed)
    except Exception:  # whatever this environment takes for a seed
        return 0, 0, log.SEED_NOT_KEPT
    if 0 <= number < 1 << _SEED_BITS:
        return number & _LOW, number >> 64, log.SEED_GIVEN
    return 0, 0, log.SEED_NOT_KEPT


def success_in(info: Any) -> int:
    """What the environment says of success, in the keys that are usual for it; -1 when nothing."""
    try:
        if not isinstance(info, Mapping):
            return -1
        final = info.get("final_info")  # of an environment that has reset itself within the step
        info = final if isinstance(final, dict) else info
        for key in ("is_success", "success"):
            if key in info:
                return int(bool(info[key]))
    except Exception:  # of what is no single truth value
        pass
    return -1
