"""One writer's family of files: an episode log, the batches sealed from it, and their manifests.

openaigym.episode_log.<monitor>.<uid>.npy                 appended, one record an episode
openaigym.episode_batch.<monitor>.<uid>.stats.json        the first batch; later ones are called
openaigym.manifest.<monitor>.<uid>.manifest.json          <uid>.batch000001 and so on
openaigym.video.<monitor>.<uid>.video000008.mp4           with a .meta.json each
"""

from __future__ import annotations

import os
import re
import secrets
import time
import weakref
from pathlib import Path
from typing import Callable, NamedTuple

import numpy as np
import numpy.typing as npt

from monitorcli.errors import BadRequest
from monitorcli.monitor import batch, lease, log
from monitorcli.monitor.directory import write_json
from monitorcli.monitor.remarks import once
from monitorcli.monitor.video import Film

BATCH = 10_000  # episodes; sealing one blocks the script for some 15 ms
# With write_upon_reset the open batch is rewritten at every reset, so it is kept small.
BATCH_UPON_RESET = 100
# Encoders that may still be finishing their file while the next episode runs.
_FINISHING = 2


class Target(NamedTuple):
    """Where a writer writes, and how.

    `first_number` is its first episode's number in the whole recording; `uid` a part of its file
    names, None for a random one; with `write_upon_reset` the batch is current after every reset.
    """

    directory: Path
    run: int
    first_number: int = 0
    uid: str | None = None
    write_upon_reset: bool = False


class Writer:
    """Appends episodes to its own files. A disk that fails costs records, never the run."""

    def __init__(self, target: Target, env_info: dict[str, str], notify: Callable[[str], None]) -> None:
        """Create the files exclusively; raises BadRequest for a bad uid, OSError when the disk refuses."""
        self.directory = target.directory
        self._env_info = env_info
        self._run = target.run
        self._notify = once(notify)
        self._write_upon_reset = target.write_upon_reset
        self._limit = BATCH_UPON_RESET if target.write_upon_reset else BATCH
        self.stem = self._claim(target.uid)
        self._lease = lease.mine()
        self.epoch = _epoch()
        self._opened_at = time.time()
        self._next_number = target.first_number
        self._batch = 0
        self._sealed = 0  # records in batches that will not change any more
        self._pending = 0  # records after them
        self._first_reset: float | None = None
        self._finishing: list[Film] = []
        self._videos: list[tuple[str, str]] = []
        self._lost = 0
        self.closed = False
        self._write_batch(durable=False)
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
            return
        self._pending += 1
        if self._pending >= self._limit:
            self.seal()

    def append_many(self, records: bytes, count: int) -> None:
        """Hand `count` records to the operating system with one write."""
        try:
            written = os.write(self._log, records) // log.SIZE
            reason = "the disk took only a part of them"
        except OSError as error:
            written, reason = 0, error.strerror or str(error)
        self._pending += written
        if written != count:
            self._lose(reason, count - written)
        elif self._pending >= self._limit:
            self.seal()

    @property
    def env_id(self) -> str:
        """The environment's id, "(unknown)" when it has no spec."""
        return self._env_info["env_id"]

    def begin(self, when: float) -> int:
        """An environment was reset at `when`, in seconds of `time.monotonic`; gives the episode's number."""
        if self._first_reset is None:
            self._first_reset = self.epoch + when
        number = self._next_number
        self._next_number = number + 1
        if self._write_upon_reset:
            self._collect(leave=0)
            self._publish(durable=False)
        return number

    def begin_many(self, when: float, count: int) -> int:
        """As `begin`, for `count` episodes at once; gives the first one's number."""
        number = self.begin(when)
        self._next_number = number + count
        return number

    def film_path(self, episode: int) -> Path:
        """Where the video of this episode goes, without its ending."""
        return self.directory / f"openaigym.video.{self.stem}.video{episode:06}"

    def keep(self, film: Film) -> None:
        """Take over a film that has all its frames; its encoder finishes beside the next episode."""
        self._finishing.append(film)
        self._collect(leave=_FINISHING)

    def seal(self) -> None:
        """Write the open batch, and the manifest that names it, for the last time; begin the next."""
        self._publish()
        self._batch += 1
        self._sealed += self._pending
        self._pending = 0
        self._videos = []
        self.epoch = _epoch()

    def close(self) -> None:
        """Finish the videos, then the batch, then the manifest that names both.

        A broken video must not cost the episodes, so the batch is written either way.
        """
        if self.closed:
            return
        self.closed = True
        self._collect(leave=0)
        self._publish()
        os.close(self._log)

    def records(self) -> npt.NDArray[np.void]:
        """Every record of this writer so far, dtype `log.RECORD`."""
        return log.read(self.directory / self._log_name)

    def _claim(self, uid: str | None) -> str:
        if uid is not None:
            check_uid(uid)
        monitor = 0
        while True:
            stem = f"{monitor}.{uid or secrets.token_hex(4)}"
            self._log_name = f"openaigym.episode_log.{stem}.npy"
            try:
                self._log = log.create(self.directory / self._log_name)
                return stem
            except FileExistsError:
                monitor += uid is not None

    def _publish(self, durable: bool = True) -> None:
        """Write the open batch as it is now; the log has everything, so a failure is only said."""
        try:
            self._write_batch(durable)
        except OSError as error:
            self._notify(
                f"{self.directory}: the episode batch could not be written ({error.strerror}); "
                "the episode log holds what is in it."
            )

    def _write_batch(self, durable: bool) -> None:
        log.correct_header(self._log, self._sealed + self._pending)
        part = f".batch{self._batch:06}" if self._batch else ""
        stats_name = f"openaigym.episode_batch.{self.stem}{part}.stats.json"
        records = log.read(self.directory / self._log_name, self._sealed, self._pending)
        write_json(self.directory / stats_name, batch.stats(records, self._first_reset), durable)
        ours = {
            "version": batch.VERSION,
            "run": self._run,
            "writer": self.stem,
            "log": self._log_name,
            "first": self._sealed,
            "count": self._pending,
            "opened_at": self._opened_at,
            "closed": self.closed,
            "lost": self._lost,
            "lease": self._lease,
        }
        write_json(
            self.directory / f"openaigym.manifest.{self.stem}{part}.manifest.json",
            batch.manifest(stats_name, self._videos, self._env_info, ours),
            durable,
        )

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
            log.cut(self._log, self._sealed + self._pending)
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


def check_uid(uid: str) -> None:
    """Raise BadRequest unless `uid` can be a part of a file name that nothing else of ours has."""
    if not uid or "/" in uid or "\\" in uid or "\0" in uid or len(uid.encode()) > 100:
        raise BadRequest(
            f"uid {uid!r} cannot be a part of a file name.", "Leave out separators; dots are fine."
        )
    if re.search(r"\.batch[0-9]{6}$", uid):
        raise BadRequest(f"uid {uid!r} ends like the name of an episode batch.", "Choose another.")
