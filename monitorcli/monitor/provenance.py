"""Where a run comes from: folder, commit, host, versions. Never the values of environment variables."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
from typing import Any

from monitorcli import __version__

# Seconds that git is given; a large working tree on a slow disk may take longer, and is not worth a wait.
_PATIENCE = 2.0


def provenance() -> dict[str, Any]:
    """Of this process, as JSON: what a run's file has under `provenance`."""
    return {
        "directory": _current_directory(),
        "host": socket.gethostname(),
        "git": _git(),
        "versions": {"monitorcli": __version__, "python": platform.python_version()},
    }


def _current_directory() -> str | None:
    try:
        return os.getcwd()
    except OSError:
        return None


def _git() -> dict[str, Any] | None:
    """The commit of the folder we are in, and whether tracked files differ from it; None outside of git.

    `dirty` is None when that took git too long.
    """
    commit = _asked("rev-parse", "HEAD")
    if commit is None:
        return None
    changes = _asked("status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "dirty": None if changes is None else changes != ""}


def _asked(*words: str) -> str | None:
    # Without optional locks it changes nothing, not even the index's times.
    command = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", *words]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=True, text=True)
    except (OSError, subprocess.SubprocessError, UnicodeError):
        return None
    return done.stdout.strip()
