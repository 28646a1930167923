"""An episode log that its writer appends to, held open, and opened again when the script has closed it."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import threading
import weakref
from typing import Any, Callable, Iterator

import numpy as np
import numpy.typing as npt

from monitorcli.format import log, names
from monitorcli.format.open_file import FollowedDirectory, OpenFile

# Logs of one process that stay open, a descriptor each. Those of further environment ids are opened for
# each episode, some 10 us: the descriptors are the script's, which may need them all.
MOST_OPEN = 32

# Every episode passes here: no look-up in `os`.
_lseek, _write, _FROM_HERE = os.lseek, os.write, os.SEEK_CUR


class Log:
    """One writer's log, open for appending. Opened again by its name when the script has closed it."""

    def __init__(self, directory: FollowedDirectory, name: str) -> None:
        """Create it exclusively. Raises FileExistsError when the name is taken, OSError.

        `on_full` is called when the file has `full_at` bytes; `on_loss` with a number of records that
        were not written, and the reason.
        """
        self._directory, self.name = directory, name
        self.full_at = sys.maxsize
        self.on_full: Callable[[], None] = _nothing
        self.on_loss: Callable[[int, str], None] = _nothing
        self._file = OpenFile(log.create(directory.path() / name))
        self.end = log.end_of(0)  # where the next record goes, in bytes
        self._lock = threading.Lock()
        self._stays_open = len(_staying_open) < MOST_OPEN
        if self._stays_open:
            _staying_open.add(self)
        else:
            self._file.close()

    def append(self, records: bytes) -> None:
        """Hand whole records to the operating system with one `write`; what goes wrong, `on_loss` is told.

        Where the file ends tells it from one that the script opened under our number: a quarter of what
        `fstat` costs, and only a file that is as long to the byte passes for ours.
        """
        try:
            end = _lseek(self._file.number, 0, _FROM_HERE)
        except OSError:
            end = 0
        try:
            if end == self.end:
                written = _write(self._file.number, records)
            else:
                end, written = self._append_anew(records)
        except OSError as error:
            self.on_loss(len(records) // log.SIZE, error.strerror or str(error))
            return
        self.end = end = end + written
        if written != len(records):
            lost = -((written - len(records)) // log.SIZE)
            self.on_loss(lost, "the disk took only a part of what was written")
        elif end >= self.full_at:
            self.on_full()

    def _append_anew(self, records: bytes) -> tuple[int, int]:
        """The same when the file is not open, not ours, or another thread appends to it just now."""
        with self._lock:  # as `_opened`, which would cost every episode a microsecond more
            try:
                number = self._file.ensure(self._directory.path() / self.name)
                return os.lseek(number, 0, os.SEEK_END), os.write(number, records)
            finally:
                self._settle()

    def correct_header(self, count: int) -> None:
        """State the number of records in the header, in place, so that `numpy.load` reads them."""
        with self._opened() as number:
            log.correct_header(number, count)

    def cut_torn(self) -> None:
        """Drop the part of a record at the end, if there is one, and go on writing there."""
        with self._opened() as number:
            self.end = log.end_of(log.count_in(os.fstat(number).st_size))
            os.ftruncate(number, self.end)
            os.lseek(number, self.end, os.SEEK_SET)

    def sync(self) -> None:
        """Wait until the disk has every record."""
        with self._opened() as number:
            os.fsync(number)

    def read(self, first: int = 0) -> npt.NDArray[np.void]:
        """The records from number `first` on, as a structured array of dtype `log.RECORD`; raises OSError.

        FileNotFoundError also when the file is still open, but was deleted: it is no recording any more.
        """
        with self._opened() as number:
            self._file.refuse_moved(self._directory.path() / self.name)
            start = log.end_of(first)
            end = log.end_of(log.count_in(os.fstat(number).st_size))
            data = b""
            # One call gives 2 GiB at most, and nothing where somebody has cut the file meanwhile.
            while part := os.pread(number, max(0, end - start), start):
                data += part
                start += len(part)
            return np.frombuffer(data[: len(data) // log.SIZE * log.SIZE], dtype=log.RECORD)

    def close(self) -> None:
        """Nothing will be appended any more."""
        self._stays_open = False
        self.on_full = self.on_loss = _nothing  # so that the writer goes when it is dropped
        self._file.close()
        _staying_open.discard(self)

    def discard(self) -> None:
        """Close it, and leave no file: nothing was recorded."""
        self.close()
        with contextlib.suppress(OSError):
            os.unlink(self._directory.path() / self.name)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        """Within it, the file is open, and no other thread comes in between. Raises OSError."""
        with self._lock:
            try:
                yield self._file.ensure(self._directory.path() / self.name)
            finally:
                self._settle()

    def _settle(self) -> None:
        if not self._stays_open:
            self._file.close()


def claim(directory: FollowedDirectory, uid: str | None) -> tuple[str, Log]:
    """Create a log that nobody has; its stem, and the log."""
    if uid is not None:
        names.check_uid(uid)
    monitor = 0
    while True:
        stem = f"{monitor}.{uid or secrets.token_hex(4)}"
        try:
            return stem, Log(directory, names.log_name(stem))
        except FileExistsError:
            monitor += uid is not None


def _nothing(*_: Any) -> None:
    pass


_staying_open: weakref.WeakSet[Log] = weakref.WeakSet()
