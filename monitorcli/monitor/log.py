"""The episode log: the truth about every episode of one writer.

A `.npy` file (NumPy format 1.0) of 64-byte records, appended one `write` an episode. Header and
records are multiples of 64 bytes, so a torn tail shows in the file's size and no record crosses a
page. While the log grows its header says zero records; it is corrected in place when a batch is
sealed. Readers go by the file's size. docs/format.md, "The episode log".
"""

from __future__ import annotations

import contextlib
import os
import struct
import sys
import threading
import weakref
from pathlib import Path
from typing import Any, Callable, Iterator

import numpy as np
import numpy.typing as npt

from monitorcli.errors import BadFile
from monitorcli.monitor.directory import open_regular
from monitorcli.monitor.open_file import FollowedDirectory, OpenFile

# Versions of the record, newest last; docs/format.md tells the same story.
# 1: first version.
VERSION = 1

RECORD = np.dtype(
    [
        ("number", "<u8"),  # in the whole recording, by start, as this writer knew it
        ("return", "<f8"),
        ("length", "<i8"),  # steps
        ("started_at", "<f8"),  # seconds since the epoch, UTC
        ("duration", "<f8"),  # seconds
        ("seed", "<u8"),  # low 64 bits
        ("seed_high", "<u8"),  # high 64 bits
        ("slot", "<u4"),  # environment instance within the writer
        ("end", "u1"),  # a sum of the END_ constants, or one of the CUT_ ones
        ("mode", "S1"),  # t or e
        ("success", "i1"),  # 1, 0, or -1: the environment did not say
        ("seeded", "u1"),  # 1: seed is the one given to reset; 2: given, but over 128 bits; 0: none
    ]
)
pack = struct.Struct("<QdqddQQIBcbB").pack
SIZE = RECORD.itemsize

END_TERMINATED = 1
END_TRUNCATED = 2
END_UNKNOWN = 4  # it ended; Gym's files do not say how
CUT_RESET = 16  # incomplete: reset early
CUT_CLOSED = 32  # incomplete: closed, or the process ended
CUT_UNKNOWN = 64  # incomplete: nobody wrote why

# The longest episode that is believed; sums over many stay far from the limits of int64.
MOST_STEPS = 1 << 48

_KNOWN_END = np.zeros(256, np.bool_)
_KNOWN_END[[1, 2, 3, END_UNKNOWN, CUT_RESET, CUT_CLOSED, CUT_UNKNOWN]] = True

# Logs of one process that stay open, a descriptor each. Those of further environment ids are opened for
# each episode, some 10 us: the descriptors are the script's, which may need them all.
MOST_OPEN = 32
# Records that are read at a time where nobody knows how many there really are.
_PART = 1 << 16

_MAGIC = b"\x93NUMPY\x01\x00"
_HEADER_SIZE = 448  # longer than the description needs, so that any count fits; 7 * 64


# Every episode passes here: no look-up in `os`.
_lseek, _write, _FROM_HERE = os.lseek, os.write, os.SEEK_CUR


def header(count: int) -> bytes:
    """The file's first bytes when it holds `count` records (NumPy's format 1.0, padded)."""
    described = {"descr": RECORD.descr, "fortran_order": False, "shape": (count,)}
    body = repr(described).encode("latin1")
    room = _HEADER_SIZE - len(_MAGIC) - 2
    return _MAGIC + struct.pack("<H", room) + body.ljust(room - 1) + b"\n"


def create(path: Path) -> int:
    """Create the log exclusively and give back its file descriptor, placed after the header.

    Raises FileExistsError when the name is taken, OSError when it cannot be written.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o666)
    try:
        data = header(0)
        while data:  # a disk that fills up takes a part, and says why of the rest
            data = data[os.write(descriptor, data) :]
    except OSError:
        os.close(descriptor)
        os.unlink(path)
        raise
    return descriptor


def correct_header(descriptor: int, count: int) -> None:
    """State the number of records in the header, in place, so that `numpy.load` reads them."""
    os.pwrite(descriptor, header(count), 0)


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
        self._file = OpenFile(create(directory.path() / name))
        self.end = end_of(0)  # where the next record goes, in bytes
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
            self.on_loss(len(records) // SIZE, error.strerror or str(error))
            return
        self.end = end = end + written
        if written != len(records):
            lost = -((written - len(records)) // SIZE)
            self.on_loss(lost, "the disk took only a part of what was written")
        elif end >= self.full_at:
            self.on_full()

    def _append_anew(self, records: bytes) -> tuple[int, int]:
        """The same when the file is not open, not ours, or another thread appends to it just now."""
        with self._lock:
            try:
                number = self._ensure()
                return os.lseek(number, 0, os.SEEK_END), os.write(number, records)
            finally:
                self._settle()

    def correct_header(self, count: int) -> None:
        """State the number of records in the header, in place, so that `numpy.load` reads them."""
        with self._lock:
            try:
                correct_header(self._ensure(), count)
            finally:
                self._settle()

    def cut_torn(self) -> None:
        """Drop the part of a record at the end, if there is one, and go on writing there."""
        with self._lock:
            try:
                number = self._ensure()
                self.end = end_of(count_in(os.fstat(number).st_size))
                os.ftruncate(number, self.end)
                os.lseek(number, self.end, os.SEEK_SET)
            finally:
                self._settle()

    def sync(self) -> None:
        """Wait until the disk has every record."""
        with self._lock:
            try:
                os.fsync(self._ensure())
            finally:
                self._settle()

    def read(self, first: int = 0) -> npt.NDArray[np.void]:
        """The records from number `first` on, as a structured array of dtype RECORD; raises OSError.

        FileNotFoundError also when the file is still open, but was deleted: it is no recording any more.
        """
        with self._lock:
            try:
                number = self._ensure()
                self._file.refuse_moved(self._directory.path() / self.name)
                start, end = end_of(first), end_of(count_in(os.fstat(number).st_size))
                parts = []
                while start < end:  # one call gives 2 GiB at most
                    parts.append(os.pread(number, end - start, start))
                    start += len(parts[-1])
                return np.frombuffer(b"".join(parts), dtype=RECORD)
            finally:
                self._settle()

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

    def _ensure(self) -> int:
        return self._file.ensure(self._directory.path() / self.name)

    def _settle(self) -> None:
        if not self._stays_open:
            self._file.close()


def _nothing(*_: Any) -> None:
    pass


def end_of(count: int) -> int:
    """How many bytes a log file of `count` records has."""
    return _HEADER_SIZE + count * SIZE


def count_in(size: int) -> int:
    """How many whole records a log file of `size` bytes holds."""
    return max(0, size - _HEADER_SIZE) // SIZE


def read(path: Path, first: int = 0, limit: int = 1 << 40) -> npt.NDArray[np.void]:
    """Whole records `first`..`first + limit` of a log, as a structured array of dtype RECORD.

    Reads at most what the file holds; raises BadFile when it is not a log of a known version.
    """
    with open_regular(path) as file:
        check_header(file.read(_HEADER_SIZE), path.name)
        count = min(limit, count_in(os.fstat(file.fileno()).st_size) - first)
        if first < 0 or count <= 0:
            return np.empty(0, RECORD)
        file.seek(_HEADER_SIZE + first * SIZE)
        data = file.read(count * SIZE)
    return np.frombuffer(data[: len(data) // SIZE * SIZE], dtype=RECORD)


def parts(path: Path) -> Iterator[npt.NDArray[np.void]]:
    """All whole records of a log, some 4 MiB at a time: a file may claim to be longer than any memory.

    Raises BadFile when it is not a log of a known version.
    """
    first = 0
    while len(records := read(path, first, _PART)):
        yield records
        first += len(records)


def sound(path: Path) -> npt.NDArray[np.void]:
    """The records up to the first that no writer can have written, as a power cut or a hole leaves them."""
    found = [np.empty(0, RECORD)]
    for records in parts(path):
        good = plausible(records)
        found.append(records if good.all() else records[: int(good.argmin())])
        if not good.all():
            break
    return np.concatenate(found)


_staying_open: weakref.WeakSet[Log] = weakref.WeakSet()


def check_header(data: bytes, name: str) -> None:
    """Raise BadFile unless `data` begins a log of this version, whatever count it states."""
    if len(data) < _HEADER_SIZE:
        raise BadFile(f"{name}: shorter than the header of an episode log")
    fixed = header(0).split(b"'shape'")[0]
    if not data.startswith(fixed):
        raise BadFile(f"{name}: not an episode log of version {VERSION}")


def plausible(records: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
    """Which records a writer can have written; zeros, as a power cut leaves them, are none."""
    length, mode, success = records["length"], records["mode"], records["success"]
    found: npt.NDArray[np.bool_] = (
        _KNOWN_END[records["end"]]
        & (length >= 0)
        & (length <= MOST_STEPS)
        & ((mode == b"t") | (mode == b"e"))
        & (success >= -1)
        & (success <= 1)
        & (records["seeded"] <= 2)
    )
    return found
