"""A file of traces that its writer appends to, made with the first, opened again if the script closed it."""

from __future__ import annotations

import os
import threading
import weakref
from typing import Callable

from monitorcli.format import names, trace
from monitorcli.format.open_file import FollowedDirectory, OpenFile

# Files of one process that stay open; those of further writers are opened for each trace.
_MOST_OPEN = 32


class TraceFile:
    """One writer's traces. What a disk refuses, `on_loss` is told; it never raises."""

    def __init__(self, directory: FollowedDirectory, stem: str, on_loss: Callable[[str], None]) -> None:
        self._directory, self._name = directory, names.trace_name(stem)
        self._on_loss = on_loss
        self._file: OpenFile | None = None
        self._compressor = trace.Compressor()
        self._lock = threading.Lock()  # several threads may run environments of one writer
        self._stays_open = len(_staying_open) < _MOST_OPEN

    def append(self, packed: bytes) -> None:
        """Hand a packed trace to the operating system with one `write`."""
        with self._lock:
            try:
                self._append(packed)
            except OSError as error:
                self._compressor.begin_anew()
                self._on_loss(error.strerror or str(error))

    def close(self) -> None:
        """Nothing will be appended any more."""
        self._stays_open = False
        self._on_loss = _nothing  # so that the writer goes when it is dropped
        if self._file is not None:
            self._file.close()
        _staying_open.discard(self)

    def disown(self) -> None:
        """This process was forked: the file is its parent's, and a thread of that may have held the lock."""
        self._lock = threading.Lock()
        self.close()

    def _append(self, packed: bytes) -> None:
        path = self._directory.path() / self._name
        if self._file is None:
            self._file = OpenFile(trace.create(path))
            if self._stays_open:
                _staying_open.add(self)
        number = self._file.ensure(path)
        end = os.lseek(number, 0, os.SEEK_END)
        frame = self._compressor.frame(packed)
        if os.write(number, frame) != len(frame):
            os.ftruncate(number, end)
            raise OSError("the disk took only a part of what was written")
        if not self._stays_open:
            self._file.close()


def _nothing(reason: str) -> None:
    pass


_staying_open: weakref.WeakSet[TraceFile] = weakref.WeakSet()
