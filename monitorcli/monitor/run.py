"""The file that says how a run was started and how it ended; its number is claimed on disk."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from monitorcli.errors import DirectoryInUse
from monitorcli.monitor import lease
from monitorcli.monitor.directory import RUN_PREFIX, Existing, create_json, write_json

# 1: first version.
VERSION = 1


class Run:
    """One `start`, `resume` or Monitor, as its only writer sees it."""

    def __init__(self, directory: Path, existing: Existing, how: dict[str, Any]) -> None:
        """Claim the next run number in a prepared directory; `how` says what was asked for.

        Exactly one of several that begin a recording at once wins; the others get DirectoryInUse.
        """
        self._document = {
            "version": VERSION,
            **how,
            "started_at": time.time(),
            "ended_at": None,
            "lease": lease.mine(),
        }
        self._pid = os.getpid()
        self.number = 0
        while True:
            self.path = directory / f"{RUN_PREFIX}{self.number:06}.json"
            try:
                create_json(self.path, self._document)
                return
            except FileExistsError:
                if existing is not Existing.KEEP:
                    raise DirectoryInUse(
                        f"{directory} already holds a recording ({self.path.name}).",
                        "Go on with it (resume), start it afresh (force), or choose another directory.",
                    ) from None
                self.number += 1

    def end(self, **outcome: Any) -> None:
        """Write down that the run is over, and how. A forked child's end is not the run's."""
        if self._pid != os.getpid():
            return
        self._document.update(outcome, ended_at=time.time())
        write_json(self.path, self._document)

    def forget(self) -> None:
        """Take the claim back: nothing was recorded, so the directory is as free as before."""
        self.path.unlink(missing_ok=True)
