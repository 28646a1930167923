"""Read a recording again and again while it grows; of its episode logs only what was added."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from monitorcli.format import log
from monitorcli.format.json_files import MOST_JSON
from monitorcli.recording.folder import Entry, Folder
from monitorcli.recording.model import Recording
from monitorcli.recording.reader import kinds_in, read, read_monitor, settled
from monitorcli.recording.records import Records, read_log

# Seconds after which all is looked at, though no file gave a sign: a process may have died silently.
_PATIENCE = 1.0


class Follower:
    """A directory and what is known of it: logs are read from where they ended, other files when they change.

    That is for what monitorcli records; of an ancestor all is read again when it changed.
    """

    def __init__(
        self, directory: Path, clock: Callable[[], float] = time.monotonic, kind: str | None = None
    ) -> None:
        """Read nothing yet; `clock` gives seconds, `kind` is that of `read`."""
        self._path = directory
        self._kind = kind
        self._clock = clock
        self._logs: dict[str, _Log] = {}
        self._documents: dict[str, tuple[Entry, dict[str, Any]]] = {}
        self._recording: Recording | None = None
        self._names = (0, 0)
        self._looked_at = 0.0

    def update(self) -> Recording:
        """The recording as it is now, the same object as before when nothing gave a sign of change.

        Raises what `read` raises.
        """
        names, now = _names_in(self._path), self._clock()
        quiet = names == self._names and all(map(self._is_as_read, self._logs.items()))
        if self._recording is None or not quiet or now - self._looked_at >= _PATIENCE:
            self._recording = settled(self._path, self._read)
            self._names, self._looked_at = names, now
        return self._recording

    def _is_as_read(self, known: tuple[str, _Log]) -> bool:
        try:
            status = os.stat(self._path / known[0])
        except OSError:
            return False
        return (status.st_ino, log.count_in(status.st_size)) == (known[1].inode, known[1].seen)

    def _read(self) -> Recording:
        if self._kind not in (None, "monitorcli", "gym") or "monitorcli" not in kinds_in(self._path):
            return read(self._path, self._kind)
        return read_monitor(_Remembering(self._path, self._documents), self._read_log)

    def _read_log(self, folder: Folder, name: str) -> Iterator[Records]:
        entry = folder.entries[name]
        known = self._logs.get(name)
        if known is None or known.inode != entry.inode or log.count_in(entry.size) < known.seen:
            known = self._logs[name] = _Log(entry.inode)
        troubles = len(folder.problems)
        for records in read_log(folder, name, known.seen):
            known.add(records)
        known.seen = log.count_in(entry.size)
        yield known.records()
        if len(folder.problems) > troubles:
            # Read whole the next time: else what is wrong would be forgotten, or never be mended.
            del self._logs[name]


class _Log:
    """The sound records of one log among the first `seen`, in an array that grows by doubling."""

    def __init__(self, inode: int) -> None:
        self.inode = inode
        self.seen = 0
        self._kept = 0
        self._room: Any = np.empty(1024, log.RECORD)

    def add(self, records: Records) -> None:
        end = self._kept + len(records)
        if end > len(self._room):
            grown = np.empty(2 * end, log.RECORD)
            grown[: self._kept] = self._room[: self._kept]
            self._room = grown
        self._room[self._kept : end] = records
        self._kept = end

    def records(self) -> Records:
        return np.asarray(self._room[: self._kept])


class _Remembering(Folder):
    """A folder that parses a JSON file again only when it changed."""

    def __init__(self, path: Path, documents: dict[str, tuple[Entry, dict[str, Any]]]) -> None:
        super().__init__(path)
        self._documents = documents

    def json(self, name: str, most: int = MOST_JSON) -> dict[str, Any]:
        entry, (known, document) = self.entries.get(name), self._documents.get(name, (None, {}))
        if entry is None or entry != known:
            document = super().json(name, most)
            if entry is not None:
                self._documents[name] = entry, document
        return dict(document)  # who gets it may take things out


def _names_in(path: Path) -> tuple[int, int]:
    """What changes whenever a name comes, goes or is replaced."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return 0, 0
    return status.st_ino, status.st_mtime_ns
