"""The file that says how a run was started and how it ended; its number is claimed on disk."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import Any

from monitorcli.errors import DirectoryInUse, DirectoryUnusable
from monitorcli.format import lease
from monitorcli.format.json_files import create_json, write_json
from monitorcli.format.names import run_name
from monitorcli.format.open_file import FollowedDirectory
from monitorcli.monitor.active_writers import refuse_living
from monitorcli.monitor.directory import USED_HINT, Existing, clear, exclusive, make, refuse_used
from monitorcli.monitor.recovery import recover

# 1: first version.
VERSION = 1


class RunFile:
    """One `start`, `resume` or Monitor, as its only writer sees it."""

    def __init__(self, directory: Path, existing: Existing, how: dict[str, Any]) -> None:
        """Begin a run in `directory`, which is made; `how` says what was asked for.

        Exactly one of several that begin a recording at once wins. Raises DirectoryInUse (a recording
        is there and `existing` is REFUSE, or is CLEAR and somebody is writing it) or DirectoryUnusable.
        """
        self._document = {
            "version": VERSION,
            **how,
            "started_at": time.time(),
            "ended_at": None,
            "lease": lease.mine(),
        }
        make(directory)
        with exclusive(directory):
            if existing is Existing.CLEAR:
                refuse_living(directory)
                clear(directory)
            elif existing is Existing.REFUSE:
                refuse_used(directory)
            else:
                recover(directory)
            self.number, path = self._claim(directory, existing)
        self._name = path.name
        self._inode = os.stat(path).st_ino
        self.directory = FollowedDirectory(directory)

    @property
    def path(self) -> Path:
        """The run's file, in the directory where it was when last looked for."""
        return self.directory.name / self._name

    def heartbeat(self) -> None:
        """Show that the run lives, to those who cannot see its process."""
        with contextlib.suppress(OSError):
            os.utime(self.directory.path() / self._name)

    def end(self, **outcome: Any) -> None:
        """Write down that the run is over, and how; raises OSError.

        A forked child's end is not the run's, and a run that was cleared away has none.
        """
        if self._document["lease"]["pid"] == os.getpid() and self._is_there():
            self._document.update(outcome, ended_at=time.time())
            write_json(self.path, self._document)

    def forget(self) -> None:
        """Take the claim back: nothing was recorded, so the directory is as free as before."""
        with contextlib.suppress(OSError):
            self.path.unlink()

    def give_up(self, error: OSError) -> DirectoryUnusable:
        """Take the claim back, because the first files could not be written; the error to raise."""
        self.forget()
        return _unusable(self.path.parent, error)

    def _claim(self, directory: Path, existing: Existing) -> tuple[int, Path]:
        number = 0
        while True:
            path = directory / run_name(number)
            try:
                create_json(path, self._document)
                return number, path
            except FileExistsError:
                if existing is not Existing.KEEP:
                    raise DirectoryInUse(
                        f"{directory} already holds a recording ({path.name}).", USED_HINT
                    ) from None
                number += 1
            except OSError as error:
                raise _unusable(directory, error) from None

    def _is_there(self) -> bool:
        try:
            return os.stat(self.directory.path() / self._name).st_ino == self._inode
        except OSError:
            return False


def _unusable(directory: Path, error: OSError) -> DirectoryUnusable:
    return DirectoryUnusable(
        f"{directory} cannot be written: {error.strerror}.", "Make room, or choose another directory."
    )
