"""Count the frames of an mp4, without a decoder, and tell whether its encoder has finished it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from monitorcli.errors import BadFile
from monitorcli.format.files import open_regular

# Boxes looked at on one level; a file that has more is not one of Gym's.
_MOST_BOXES = 1000


def count_mp4(path: Path) -> int:
    """How many frames an mp4 says it has, 0 when it cannot be told; of one being written, only the first."""
    return _read(path, _samples)


def count_finished(path: Path) -> int:
    """How many frames an mp4 of ours has, 0 when its encoder has not closed it.

    While it is written its index (moov) stands before the pictures (mdat) and is that of the first
    fragment; an encoder that closes it writes the whole index behind them (ffmpeg's `hybrid_fragmented`).
    """
    return _read(path, lambda file, size: _samples(file, size) if _is_finished(file, size) else 0)


def _read(path: Path, count: Callable[[BinaryIO, int], int]) -> int:
    try:
        with open_regular(path) as file:
            return count(file, os.fstat(file.fileno()).st_size)
    except (BadFile, OSError):
        return 0


def _is_finished(file: BinaryIO, size: int) -> bool:
    index = _find(file, b"moov", 0, size)
    return index is not None and index[1] == size and _find(file, b"mdat", 0, index[0] - 8) is not None


def _samples(file: BinaryIO, size: int) -> int:
    """The sample count of the first track: moov/trak/mdia/minf/stbl/stsz of ISO/IEC 14496-12."""
    start, end = 0, size
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz"):
        place = _find(file, kind, start, end)
        if place is None:
            return 0
        start, end = place
    file.seek(start + 8)  # version, flags and sample size
    return int.from_bytes(file.read(4), "big") if end - start >= 12 else 0


def _find(file: BinaryIO, kind: bytes, start: int, end: int) -> tuple[int, int] | None:
    """Where the content of the first box of this kind begins and ends, within `start` to `end`."""
    for _ in range(_MOST_BOXES):
        file.seek(start)
        head = file.read(16)
        size, body = int.from_bytes(head[:4], "big"), start + 8
        if size == 1:
            size, body = int.from_bytes(head[8:], "big"), start + 16
        elif size == 0:
            size = end - start
        if len(head) < 8 or body > start + size or start + size > end:
            return None
        if head[4:8] == kind:
            return body, start + size
        start += size
    return None
