"""Count the frames of a Gym video, without a decoder: one frame is a reset that nothing followed."""

from __future__ import annotations

import os
from typing import BinaryIO

from monitorcli.errors import BadFile
from monitorcli.recording.folder import Folder

# Boxes looked at on one level; a file that has more is not one of Gym's.
_MOST_BOXES = 1000


def count(folder: Folder, name: str) -> int | None:
    """The number of frames in an mp4 or asciicast of Gym's; None when it cannot be told."""
    try:
        if name.endswith(".json"):
            frames = folder.json(name).get("stdout")
            return len(frames) if isinstance(frames, list) else None
        with folder.open(name) as file:
            return _samples(file, os.fstat(file.fileno()).st_size)
    except (BadFile, OSError):
        return None


def _samples(file: BinaryIO, size: int) -> int | None:
    """The sample count of the first track: moov/trak/mdia/minf/stbl/stsz of ISO/IEC 14496-12."""
    start, end = 0, size
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz"):
        place = _find(file, kind, start, end)
        if place is None:
            return None
        start, end = place
    file.seek(start + 8)  # version, flags and sample size
    return int.from_bytes(file.read(4), "big") if end - start >= 12 else None


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
