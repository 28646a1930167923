"""The turns of a video schedule, counted over all processes that record one series."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from monitorcli.attach.status_log import STATUS_LOG

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)


def turns_of(series: str, first: int) -> Iterator[int]:
    """Numbers from `first` on; each is given to one process only, as long as `monitorcli start` runs."""
    log = os.environ.get(STATUS_LOG)
    if log is None:
        return itertools.count(first)
    return _SharedTurns(
        Path(log).with_name(hashlib.sha256(series.encode(errors="replace")).hexdigest()), first
    )


class _SharedTurns:
    """Appends one byte to a file for each turn: where the file ended then is the turn's number.

    The file is not kept open, because a script may have many series and few descriptors.
    """

    def __init__(self, path: Path, first: int) -> None:
        self._path, self._first, self._next = path, first, first

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        turn = self._next
        try:
            number = os.open(self._path, _FLAGS, 0o666)
            try:
                os.write(number, b".")
                turn = self._first + os.lseek(number, 0, os.SEEK_CUR) - 1
            finally:
                os.close(number)
        except OSError:  # `start` is gone, or the command runs as another user: this process counts alone
            pass
        self._next = turn + 1
        return turn
