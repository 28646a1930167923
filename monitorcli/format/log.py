"""The episode log: the truth about every episode of one writer.

A `.npy` file (NumPy format 1.0) of 64-byte records, appended one `write` an episode. Header and
records are multiples of 64 bytes, so a torn tail shows in the file's size and no record crosses a
page. While the log grows its header says zero records; it is corrected in place when a batch is
sealed. Readers go by the file's size. docs/format.md, "The episode log".
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from monitorcli.errors import BadFile
from monitorcli.format import modes
from monitorcli.format.files import open_regular

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
        ("mode", "S1"),  # TRAINING or EVALUATION
        ("success", "i1"),  # 1, 0, or -1: the environment did not say
        ("seeded", "u1"),  # one of the SEED_ constants
    ]
)
pack = struct.Struct("<QdqddQQIBcbB").pack
SIZE = RECORD.itemsize

# What `seeded` says of `seed` and `seed_high`.
SEED_NONE = 0  # reset was given none
SEED_GIVEN = 1  # they hold the one that reset was given
SEED_NOT_KEPT = 2  # reset was given one that is no integer from 0 to 2**128 - 1

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

# Records that are read at a time where nobody knows how many there really are.
_PART = 1 << 16

_MAGIC = b"\x93NUMPY\x01\x00"
_HEADER_SIZE = 448  # longer than the description needs, so that any count fits; 7 * 64


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
        & ((mode == modes.TRAINING) | (mode == modes.EVALUATION))
        & (success >= -1)
        & (success <= 1)
        & (records["seeded"] <= SEED_NOT_KEPT)
    )
    return found
