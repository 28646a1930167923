"""The turns of a video schedule, counted over all processes that record one series."""

from __future__ import annotations

import hashlib
import itertools
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from monitorcli.attach.status_log import STATUS_LOG
from monitorcli.format.open_file import OpenFile

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)


def turns_of(series: str, first: int) -> Iterator[int]:
    """Numbers from `first` on; each is given to one process only, as long as `monitorcli start` runs."""
    name = hashlib.sha256(series.encode(errors="replace")).hexdigest()[:16]
    log = os.environ.get(STATUS_LOG)
    try:
        return SharedTurns(Path(log).with_name(name), first) if log else itertools.count(first)
    except OSError:  # the command runs as another user, or outlived `start`
        return itertools.count(first)


class SharedTurns:
    """Appends one byte to a file for each turn: where the file ended then is the turn's number."""

    def __init__(self, path: Path, first: int) -> None:
        """Raises OSError when the file cannot be made."""
        self._path, self._next = path, first
        self._first = first
        self._lock = threading.Lock()
        self._file = OpenFile(os.open(path, _FLAGS, 0o666))

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        with self._lock:
            turn, self._next = self._next, self._next + 1
            try:
                if not self._file.is_ours():  # the script closed it
                    self._file = OpenFile(os.open(self._path, _FLAGS, 0o666))
                os.write(self._file.number, b".")
                turn = self._first + os.lseek(self._file.number, 0, os.SEEK_CUR) - 1
                self._next = turn + 1
            except OSError:  # then this process counts alone
                pass
            return turn
