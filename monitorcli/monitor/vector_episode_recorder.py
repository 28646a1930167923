"""The episodes of a vector environment's slots, in columns, on their way to a writer.

A row for each slot is its running episode's record, filled in as far as it is known: until the episode
ends, `duration` lacks the monotonic clock and `length` the count of steps, to be added.
"""

from __future__ import annotations

import os
import time
import weakref
from typing import Any, Callable

import numpy as np
import numpy.typing as npt

from monitorcli.format import log
from monitorcli.monitor.episode_recorder import split_seed
from monitorcli.monitor.notices import once, trouble
from monitorcli.monitor.step_result import NOT_FROM_HERE, kind_of
from monitorcli.monitor.vector_films import VectorFilms
from monitorcli.monitor.writer import EpisodeWriter

Indices = Any  # of slots: an integer array of shape (k,), strictly increasing
Steps = Any  # an integer, or an array of one for each of these slots


class VectorEpisodeRecorder:
    """Writes down what ends in one call with one `write`. Trouble is said once, and goes no further."""

    def __init__(
        self,
        count: int,
        open_writer: Callable[[], EpisodeWriter],
        mode: bytes,
        notify: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`open_writer` is called at the first reset, and again in a child process after a fork."""
        self.totals = np.zeros(count)
        # 64 bytes as eight numbers: NumPy picks rows of these ten times as fast as whole records.
        self._cells = np.zeros((count, log.SIZE // 8))
        self._rows = self._cells.view(log.RECORD).reshape(count)
        self._rows["slot"] = np.arange(count)
        self._rows["mode"] = mode
        self._rows["success"] = -1
        self._rows["end"] = log.END_TERMINATED
        self._number = self._rows["number"].view(np.int64)  # as `arange` has it: no conversion
        self._started_at = self._rows["started_at"]
        self._duration = self._rows["duration"]
        self._length = self._rows["length"]
        self._seeded = 0  # rows with a seed in them
        self._open_writer = open_writer
        self._notify = once(notify)
        self._clock = clock
        self._writer: EpisodeWriter | None = None
        self.films: VectorFilms | None = None
        self.steps: Callable[[], Steps] = lambda: 0  # calls of `step` so far; its step recorder knows
        # After a fork: how far each slot was then, -1 for those with an episode of this process's own.
        self._inherited: npt.NDArray[np.int64] | None = None
        self._odd_said = False
        _recorders.add(self)

    def begin(self, which: Indices, step: Steps) -> bool:
        """Episodes began in these slots; `step` calls of `step` were before them.

        Returns whether `begin_films` is to be called before their first step.
        """
        writer = self._writer
        if writer is None or writer.closed:
            writer = self._open(which)
        if self._inherited is not None:
            self._inherited[which] = -1
        now = self._clock()
        self._number[which] = writer.begin_many(now, len(which))
        self._started_at[which] = writer.epoch + now
        self._duration[which] = -now
        self._length[which] = -step
        self.totals[which] = 0.0
        return self.films is not None and self.films.began(which)

    def begin_films(self) -> bool:
        """Begin the films of episodes that are to make their first step. Returns whether any film runs."""
        films = self.films
        if films is None:
            return False
        try:
            films.begin(self._opened, self._number)
        except Exception as error:
            self.trouble(error)
        return bool(films.running)

    def seed(self, which: Indices, seed: Any) -> None:
        """These episodes began with the seed that `reset` was given: one for all, or a list for all slots."""
        if seed is None:
            return
        count = len(self._rows)
        several = seed if isinstance(seed, (list, tuple, np.ndarray)) and len(seed) == count else None
        for slot in which.tolist() if several is not None else ():
            if several is not None and several[slot] is not None:
                self._put_seed(slot, several[slot])
        if several is None:
            self._put_seed(which, seed)
        self._seeded = int(np.count_nonzero(self._rows["seeded"]))

    def end(self, which: Indices, step: Steps, terminated: Any, truncated: Any, success: Any) -> None:
        """Episodes ended in these slots; the two arrays and `success` (or None) are of all slots."""
        out = self._ended(which, step)
        if np.count_nonzero(truncated):
            ends = out.view(log.RECORD)["end"][:, 0]
            ends[:] = (terminated.take(which) != 0) * log.END_TERMINATED
            ends += ((truncated.take(which) != 0) * log.END_TRUNCATED).astype(np.uint8)
        if success is not None:
            out.view(log.RECORD)["success"][:, 0] = success[which]
        self._write(out, which)

    def end_incomplete(self, which: Indices, step: Steps, code: int) -> None:
        """The episodes of these slots are incomplete, for the reason `code`, a `log.CUT_` constant."""
        if self._inherited is not None:  # what made no step in this process is not its own
            own = self._inherited[which] != step
            which, step = which[own], step if np.ndim(step) == 0 else step[own]
            if not which.size:
                return
        out = self._ended(which, step)
        out.view(log.RECORD)["end"] = code
        self._write(out, which)

    def trouble(self, error: Exception) -> None:
        """Say once that something could not be recorded."""
        self._notify(trouble(error))

    def give_up(self, which: Indices, step: Steps, reason: str) -> None:
        """Nothing more can be recorded; what runs in the slots `which` is, as far as it has steps."""
        stepped = which[self._length[which] + step > 0]
        if stepped.size:
            self.end_incomplete(stepped, step, log.CUT_UNKNOWN)
        if self.films is not None and self._writer is not None:
            self.films.stop(self._writer)
        self._notify(f"{self._name()} {NOT_FROM_HERE}: {reason}.")

    def odd_reward(self, rewards: Any) -> None:
        """A step gave these rewards, which are not one number a slot."""
        if not self._odd_said:
            self._odd_said = True
            told = f"step gave {kind_of(rewards)} as rewards, not a number for each of {len(self.totals)}"
            self._notify(f"returns of {self._name()} are NaN: {told}.")

    def _name(self) -> str:
        return self._writer.env_id if self._writer else "this environment"

    def _opened(self) -> EpisodeWriter:
        return self._open() if self._writer is None or self._writer.closed else self._writer

    def _open(self, fresh: Indices = ()) -> EpisodeWriter:
        """Open the writer; after a fork, what runs but for the slots `fresh` is numbered anew in it."""
        writer = self._writer = self._open_writer()
        if self._inherited is not None:
            goes_on = self._inherited >= 0
            goes_on[list(fresh)] = False
            which = goes_on.nonzero()[0]
            self._number[which] = writer.begin_many(self._clock(), len(which))
        return writer

    def _inherit(self) -> None:
        """This process was forked; films that run are its parent's."""
        if self.films is not None:
            self.films.disown()
        if self._writer is not None:
            self._inherited = np.array(np.broadcast_to(self.steps(), self.totals.shape), np.int64)

    def _ended(self, which: Indices, step: Steps) -> Any:
        """These slots' records, as numbers; columns 1, 2 and 4 are return, length and duration."""
        if self._writer is not None and self._writer.closed:  # there was a fork since
            self._open()
        out: Any = self._cells.take(which, 0)
        out[:, 1] = self.totals.take(which)
        out.view(np.int64)[:, 2] += step
        out[:, 4] += self._clock()
        return out

    def _write(self, out: npt.NDArray[np.float64], which: Indices) -> None:
        if self._writer is not None:  # else it could not be opened, which was said
            self._writer.append(out.tobytes())
            if self.films is not None and (self.films.wanted or self.films.running):
                self.films.end(self._writer, out.view(log.RECORD)[:, 0])
        if self._seeded:
            self._put_seed(which, None)
            self._seeded = int(np.count_nonzero(self._rows["seeded"]))

    def _put_seed(self, which: Any, seed: Any) -> None:
        low, high, seeded = (0, 0, log.SEED_NONE) if seed is None else split_seed(seed)
        self._rows["seed"][which] = low
        self._rows["seed_high"][which] = high
        self._rows["seeded"][which] = seeded


_recorders: weakref.WeakSet[VectorEpisodeRecorder] = weakref.WeakSet()


def _inherit() -> None:
    for recorder in list(_recorders):
        recorder._inherit()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_inherit)
