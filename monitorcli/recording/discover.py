"""Find the recordings in a folder of folders."""

from __future__ import annotations

import os
from pathlib import Path

from monitorcli.monitor.directory import PREFIX


def discover(path: Path) -> list[Path]:
    """The directories at or below `path` that hold a recording, in the order of their names.

    Below a recording nothing is searched, links are not followed, and hidden directories are passed over.
    """
    found: list[Path] = []
    for folder, below, files in os.walk(path):
        below[:] = sorted(name for name in below if not name.startswith("."))
        if any(name.startswith(PREFIX) and not name.endswith("~") for name in files):
            found.append(Path(folder))
            below.clear()
    return found
