"""One writer's files: an episode log, the batches sealed from it, and their manifests.

openaigym.episode_log.<monitor>.<uid>.npy                 appended, one record an episode
openaigym.episode_batch.<monitor>.<uid>.stats.json        the first batch; later ones are called
openaigym.manifest.<monitor>.<uid>.manifest.json          <uid>.batch000001 and so on
openaigym.trace.<monitor>.<uid>.bin                       made with the first trace
openaigym.video.<monitor>.<uid>.video000008.mp4           or .cast, with a .meta.json each
"""

from __future__ import annotations

import functools
import itertools
import os
import threading
import time
import weakref
from pathlib import Path
from typing import Callable, Iterator, NamedTuple

import numpy as np
import numpy.typing as npt

from monitorcli.format import lease, log, names
from monitorcli.format.environment import Environment
from monitorcli.format.manifest import WriterFiles
from monitorcli.format.open_file import FollowedDirectory
from monitorcli.monitor.notices import once
from monitorcli.monitor.open_batch import OpenBatch
from monitorcli.monitor.open_log import claim
from monitorcli.monitor.open_trace import TraceFile
from monitorcli.video.film import Film, FinishedFilm
from monitorcli.video.keep import Kept, Outcome, Rule, as_typed

BATCH = 10_000  # episodes; sealing one blocks the script for some 2 ms
# With write_upon_reset the open batch is rewritten at every reset, so it is kept small.
BATCH_UPON_RESET = 100
# Encoders of this process that may still be finishing their file while the next episode runs. Each has
# a descriptor, and is a process.
_FINISHING = 2


class Target(NamedTuple):
    """Where a writer writes, and how.

    `first_number` is its first episode's number in the whole recording, `first_turn` how many episodes
    before that had a step; `uid` is a part of its file names, None for a random one; with
    `write_upon_reset` the batch is current after every reset.
    """

    directory: FollowedDirectory
    run: int
    first_number: int = 0
    uid: str | None = None
    write_upon_reset: bool = False
    first_turn: int = 0


class EpisodeWriter:
    """Appends episodes to its own files. A disk that fails costs records, never the run."""

    def __init__(self, target: Target, environment: Environment, notify: Callable[[str], None]) -> None:
        """Create the files exclusively; raises BadRequest for a bad uid, OSError when the disk refuses."""
        self._directory = target.directory
        self.env_id = environment.env_id
        self.epoch = _epoch()
        self.closed = False
        self._notify = once(notify)
        self._write_upon_reset = target.write_upon_reset
        self.wants_resets = True  # of the first reset, or of all
        self._limit = BATCH_UPON_RESET if target.write_upon_reset else BATCH
        self.stem, self._log = claim(self._directory, target.uid)
        env_info, document = environment.env_info(), environment.document()
        files = WriterFiles(
            self.directory, self.stem, env_info, document, target.run, time.time(), lease.mine()
        )
        self._batch = OpenBatch(self._directory, self._log, files, self._notify)
        # Counted without a lock: several threads may run environments of one writer.
        self.numbers = itertools.count(target.first_number)
        self.turns: Iterator[int] = itertools.count(target.first_turn)  # what the schedule is asked for
        self._log.full_at = log.end_of(self._limit)  # the end of the open batch
        self._log.on_full, self._log.on_loss = self._seal_full_batch, self._lose
        self._traces = TraceFile(self._directory, self.stem, self._say_untraced)
        self.append = self._log.append  # hands records, whole ones, to the operating system
        try:
            self._batch.write(durable=False)
        except OSError:
            self._log.discard()
            raise
        self._kept: Kept[Film] = Kept()
        self.on_film: Callable[[], None] = lambda: None  # is called when a film was handed over
        _open.add(self)

    @property
    def directory(self) -> Path:
        """Where the files were when last looked for."""
        return self._directory.name

    def begin(self, when: float) -> int:
        """An environment was reset at `when`, in seconds of `time.monotonic`; gives the episode's number.

        Where no reset is wanted any more (`wants_resets`), the next of `numbers` will do, and costs less.
        """
        if self.wants_resets:
            self._reset(when)
        return next(self.numbers)

    def begin_many(self, when: float, count: int) -> npt.NDArray[np.uint64]:
        """As `begin`, for `count` episodes at once; gives their numbers, shape (count,)."""
        if self.wants_resets:
            self._reset(when)
        return np.fromiter(self.numbers, np.uint64, count)  # takes no more than `count`

    def append_traced(self, record: bytes, trace: bytes) -> None:
        """As `append`, of one record, but first the trace of its episode, as `format.trace.pack` gives it."""
        self._traces.append(trace)
        self.append(record)

    def film_path(self, episode: int, decided: bool = True) -> Path:
        """Where the video of this episode goes, without its ending. Raises FileNotFoundError."""
        name = names.video_name if decided else names.undecided_name
        return self._directory.path() / name(self.stem, episode)

    def keep(self, film: FinishedFilm) -> None:
        """Take over a film that has all its frames; its encoder finishes beside the next episode."""
        with _lock:
            _finishing.append((self, film))
            _collect(leave=_FINISHING)
        self.on_film()

    def offer(self, rules: tuple[Rule, ...], outcome: Outcome, film: Film | None, number: int) -> None:
        """Keep the film of episode `number`, or other films, or not, as the rules say; None is a kept one.

        What is not kept any more is removed at once. The manifest names those that are kept at the end.
        """
        with _lock:
            gone = self._kept.offer(rules, outcome, film)
            if film and film not in gone:
                film.decide(functools.partial(self.film_path, number), as_typed(rules))
                film.finish()
                _finishing.append((self, film))
            for other in gone:
                _finishing[:] = [(writer, left) for writer, left in _finishing if left is not other]
                other.discard()
            _collect(leave=_FINISHING)
        self.on_film()

    def seal_batch(self) -> None:
        """Write the open batch for the last time, and begin the next; a disk that refuses is tried again."""
        with _lock:
            self._batch.seal()
            self._log.full_at = self._log.end + self._limit * log.SIZE
            self.epoch = _epoch()

    def _seal_full_batch(self) -> None:
        with _lock:
            if self._log.end >= self._log.full_at:  # else another thread was here first
                self.seal_batch()

    def close(self) -> None:
        """Finish the videos, then the batch, then the manifest that names both.

        A broken video must not cost the episodes, so the batch is written either way.
        """
        with _lock:
            if self.closed:
                return
            self.closed = self._batch.closed = True
            _collect(leave=0)
            self._batch.videos += [film.names() for film in self._kept.films() if not film.broken]
            self._batch.try_to_write()
            self._log.close()
            self._traces.close()

    def records(self) -> npt.NDArray[np.void]:
        """Every record of this writer so far, dtype `log.RECORD`."""
        return self._log.read()

    def _reset(self, when: float) -> None:
        if self._batch.first_reset is None:
            self._batch.first_reset = self.epoch + when
            self.wants_resets = self._write_upon_reset
        if self._write_upon_reset:
            with _lock:
                _collect(leave=0)
                self._batch.try_to_write(durable=False)

    def _say_untraced(self, reason: str) -> None:
        self._notify(f"{self.directory}: traces are being lost ({reason}); the run goes on.")

    def _lose(self, count: int, reason: str) -> None:
        """Count records that the disk refused, and undo what it may have taken of them."""
        self._batch.lost += count
        self._notify(f"{self.directory}: episodes are being lost ({reason}); the run goes on.")
        try:
            self._log.cut_torn()
        except OSError:
            pass


def _epoch() -> float:
    """What to add to `time.monotonic` for seconds since the epoch; taken anew at every batch."""
    return time.time() - time.monotonic()


def _collect(leave: int) -> None:
    """Have films listed by their writers, waiting for encoders until at most `leave` are busy."""
    while _finishing and (len(_finishing) > leave or _finishing[0][1].is_done()):
        writer, film = _finishing.pop(0)
        pair = film.collect()
        if pair and film not in writer._kept.films():
            writer._batch.videos.append(pair)


_lock = threading.RLock()  # for what is done once a batch, or once a film
_finishing: list[tuple[EpisodeWriter, FinishedFilm]] = []

# A forked child shares its parent's files: it must leave them alone and open its own.
_open: weakref.WeakSet[EpisodeWriter] = weakref.WeakSet()


def _disown() -> None:
    global _lock
    _lock = threading.RLock()  # the thread that held the old one is not in this process
    _finishing.clear()
    for writer in list(_open):
        writer.closed = True
        writer._log.close()
        writer._traces.disown()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown)
