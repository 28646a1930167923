"""One writer's family of files: an episode log, the batches sealed from it, and their manifests.

openaigym.episode_log.<monitor>.<uid>.npy                 appended, one record an episode
openaigym.episode_batch.<monitor>.<uid>.stats.json        the first batch; later ones are called
openaigym.manifest.<monitor>.<uid>.manifest.json          <uid>.batch000001 and so on
openaigym.video.<monitor>.<uid>.video000008.mp4           with a .meta.json each
"""

from __future__ import annotations

import itertools
import os
import threading
import time
import weakref
from pathlib import Path
from typing import Callable, NamedTuple

import numpy as np
import numpy.typing as npt

from monitorcli.errors import BadFile
from monitorcli.monitor import lease, log
from monitorcli.monitor.document import write_json
from monitorcli.monitor.family import Batch, Family, Manifest, claim
from monitorcli.monitor.remarks import once
from monitorcli.monitor.video import Film

BATCH = 10_000  # episodes; sealing one blocks the script for some 2 ms
# With write_upon_reset the open batch is rewritten at every reset, so it is kept small.
BATCH_UPON_RESET = 100
# Encoders that may still be finishing their file while the next episode runs.
_FINISHING = 2


class Target(NamedTuple):
    """Where a writer writes, and how.

    `first_number` is its first episode's number in the whole recording, `first_turn` how many episodes
    before that had a step; `uid` is a part of its file names, None for a random one; with
    `write_upon_reset` the batch is current after every reset.
    """

    directory: Path
    run: int
    first_number: int = 0
    uid: str | None = None
    write_upon_reset: bool = False
    first_turn: int = 0


class Writer:
    """Appends episodes to its own files. A disk that fails costs records, never the run."""

    def __init__(self, target: Target, env_info: dict[str, str], notify: Callable[[str], None]) -> None:
        """Create the files exclusively; raises BadRequest for a bad uid, OSError when the disk refuses."""
        self.directory = target.directory
        self.env_id = env_info["env_id"]
        self.epoch = _epoch()
        self.closed = False
        self._notify = once(notify)
        self._write_upon_reset = target.write_upon_reset
        self._limit = BATCH_UPON_RESET if target.write_upon_reset else BATCH
        self.stem, self._log = claim(target.directory, target.uid)
        self._family = Family(target.directory, self.stem, env_info, target.run, time.time(), lease.mine())
        # Counted without a lock: several threads may run environments of one writer.
        self._numbers = itertools.count(target.first_number)
        self.turns = itertools.count(target.first_turn)  # what the schedule is asked for
        self._appended = itertools.count(1)
        self._together = 0  # appended by `append_many` since the last batch; threads may make it too few
        self._lock = threading.RLock()  # for what is done once a batch, or once a film
        self._batch = 0
        self._sealed = 0  # records in batches that will not change any more
        self._first_reset: float | None = None
        self._finishing: list[Film] = []
        self._videos: list[tuple[str, str]] = []
        self._lost = 0
        self._manifest: Manifest
        self._seal(durable=False)
        _open.add(self)

    def append(self, record: bytes) -> None:
        """Hand one record to the operating system; seals the batch when it is full."""
        try:
            written = os.write(self._log, record)
        except OSError as error:
            self._lose(error.strerror or str(error))
            return
        if written != log.SIZE:
            self._lose("the disk took only a part of a record")
        elif next(self._appended) % self._limit == 0:
            self.seal()

    def append_many(self, records: bytes, count: int) -> None:
        """Hand `count` records to the operating system with one write."""
        try:
            written = os.write(self._log, records) // log.SIZE
            reason = "the disk took only a part of them"
        except OSError as error:
            written, reason = 0, error.strerror or str(error)
        if written != count:
            self._lose(reason, count - written)
            return
        self._together += count
        if self._together >= self._limit:
            self._together = 0
            self.seal()

    def begin(self, when: float) -> int:
        """An environment was reset at `when`, in seconds of `time.monotonic`; gives the episode's number."""
        if self._first_reset is None or self._write_upon_reset:
            self._reset(when)
        return next(self._numbers)

    def begin_many(self, when: float, count: int) -> npt.NDArray[np.uint64]:
        """As `begin`, for `count` episodes at once; gives their numbers, shape (count,)."""
        if self._first_reset is None or self._write_upon_reset:
            self._reset(when)
        return np.fromiter(self._numbers, np.uint64, count)  # takes no more than `count`

    def film_path(self, episode: int) -> Path:
        """Where the video of this episode goes, without its ending."""
        return self.directory / f"openaigym.video.{self.stem}.video{episode:06}"

    def keep(self, film: Film) -> None:
        """Take over a film that has all its frames; its encoder finishes beside the next episode."""
        with self._lock:
            self._finishing.append(film)
            self._collect(leave=_FINISHING)

    def seal(self) -> None:
        """Write the open batch, and the manifest that names it, for the last time; begin the next.

        When the disk refuses, the batch stays open, and is tried again when it would be full again.
        Only the first waits for the disk: then a power cut leaves a manifest that says whose the log
        is, and `leftovers` makes again from the log what was torn.
        """
        with self._lock:
            sealed = self._publish(durable=self._batch == 0)
            if sealed is not None:
                self._batch += 1
                self._sealed += sealed
                self._videos = []
            self.epoch = _epoch()

    def close(self) -> None:
        """Finish the videos, then the batch, then the manifest that names both.

        A broken video must not cost the episodes, so the batch is written either way.
        """
        with self._lock:
            if self.closed:
                return
            self.closed = True
            self._collect(leave=0)
            self._publish()
            os.close(self._log)

    def records(self) -> npt.NDArray[np.void]:
        """Every record of this writer so far, dtype `log.RECORD`."""
        return log.read(self.directory / self._family.log_name)

    def _reset(self, when: float) -> None:
        if self._first_reset is None:
            self._first_reset = self.epoch + when
        if self._write_upon_reset:
            with self._lock:
                self._collect(leave=0)
                self._publish(durable=False)

    def _publish(self, durable: bool = True) -> int | None:
        """Write the open batch as it is now; how many records it has, None when the disk refused."""
        try:
            return self._seal(durable)
        except FileNotFoundError:
            self._notify(f"{self.directory} is gone, and with it the recording; the run goes on.")
        except OSError as error:
            self._notify(
                f"{self.directory}: an episode batch could not be written ({error.strerror}); "
                "the episode log has its episodes."
            )
            self._note_loss()
        except BadFile as error:
            self._notify(f"{self.directory}: {error}; the recording is lost, the run goes on.")
        return None

    def _seal(self, durable: bool) -> int:
        records = log.read(self.directory / self._family.log_name, self._sealed)
        log.correct_header(self._log, self._sealed + len(records))
        part = Batch(
            self._batch, self._sealed, records, self._videos, self._first_reset, self._lost, self.closed
        )
        if durable:
            os.fsync(self._log)  # first, so that no batch has what the log has not
        self._manifest = self._family.seal(part, durable)
        return len(records)

    def _note_loss(self) -> None:
        """Say in the last manifest how many episodes the disk refused; a full one has room for that."""
        self._manifest.document["monitorcli"]["lost"] = self._lost
        try:
            write_json(*self._manifest)
        except OSError:
            pass

    def _collect(self, leave: int) -> None:
        """List the films whose encoder is done, waiting until at most `leave` are not."""
        while self._finishing and (len(self._finishing) > leave or self._finishing[0].is_done()):
            pair = self._finishing.pop(0).collect()
            if pair:
                self._videos.append(pair)

    def _lose(self, reason: str, count: int = 1) -> None:
        """Count records that the disk refused, and undo what it may have taken of them."""
        self._lost += count
        self._notify(f"{self.directory}: episodes are being lost ({reason}); the run goes on.")
        try:
            log.cut_torn(self._log)
        except OSError:
            pass


def _epoch() -> float:
    """What to add to `time.monotonic` for seconds since the epoch; taken anew at every batch."""
    return time.time() - time.monotonic()


# A forked child shares its parent's files: it must leave them alone and open its own.
_open: weakref.WeakSet[Writer] = weakref.WeakSet()


def _disown() -> None:
    for writer in list(_open):
        writer.closed = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown)
