"""Open the files of a monitor directory without trusting them: regular files there, of bounded size."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from monitorcli.errors import BadFile, DirectoryUnusable, MonitorError, NoRecording
from monitorcli.format.files import open_regular
from monitorcli.format.json_files import MOST_JSON, read_json
from monitorcli.format.names import PREFIX, TEMPORARY_PREFIX, is_ours

HINT = (
    "Check the path. A recording is a directory with files that begin with 'openaigym.',\n"
    "with the 'monitor.csv' of Stable-Baselines3, or with the videos of Gymnasium's RecordVideo."
)


class Entry(NamedTuple):
    """A regular file's size in bytes, when it was last written (seconds since the epoch), and its inode."""

    size: int
    modified: float
    inode: int = 0


def of_monitor(name: str) -> bool:
    """Whether a file of this name is a monitor's, ours or Gym's."""
    return name.startswith(PREFIX) and not name.startswith(TEMPORARY_PREFIX)


class Folder:
    """The wanted files of a directory, and what was found wrong or open while they were read."""

    def __init__(self, path: Path, wanted: Callable[[str], bool] = of_monitor) -> None:
        """List the files whose names are `wanted`.

        Raises NoRecording when the path is no directory, DirectoryUnusable when it is closed.
        """
        self.path = path
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.entries: dict[str, Entry] = {}
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    if wanted(entry.name):
                        self._add(entry.name, entry)
        except (OSError, ValueError) as error:
            raise cannot_list(path, error) from None

    def names(self, prefix: str, ending: str) -> list[str]:
        """The files so called, numbers within their names in numerical order."""
        found = [name for name in self.entries if name.startswith(prefix) and name.endswith(ending)]
        return sorted(found, key=natural)

    def open(self, name: str) -> BinaryIO:
        """The file for reading; raises BadFile unless it is a regular file that opens."""
        return open_regular(self.path / name)

    def json(self, name: str, most: int = MOST_JSON) -> dict[str, Any]:
        """The JSON object in a file of at most `most` bytes; raises BadFile when there is none."""
        return read_json(self.path / name, most)

    def referred(self, name: Any, source: str) -> str:
        """`name`, which the file `source` gives; raises BadFile unless it is a file of this directory."""
        if not isinstance(name, str):
            raise BadFile(f"{source}: names no file where it should")
        if not is_ours(name):
            raise BadFile(f"{source}: refers to {name!r}, which is not a file of this directory")
        if name not in self.entries:
            # A listing is no snapshot: it may have the manifest and not the file that was there before it.
            self.look_again(name)
        if name not in self.entries:
            raise BadFile(f"{source}: refers to {name}, which is not there")
        return name

    def look_again(self, name: str) -> None:
        """List this file as it is now."""
        self._add(name, self.path / name)

    def _add(self, name: str, file: os.DirEntry[str] | Path) -> None:
        try:
            status = os.lstat(file)
        except OSError:  # a live writer replaced it meanwhile
            return
        if stat.S_ISREG(status.st_mode):
            self.entries[name] = Entry(status.st_size, status.st_mtime, status.st_ino)
        else:
            self.problems.append(f"{name}: not a regular file; not read")


def cannot_list(path: Path, error: OSError | ValueError) -> MonitorError:
    """The error that says why a directory cannot be listed."""
    if isinstance(error, FileNotFoundError):
        return NoRecording(f"{path} does not exist.", HINT)
    if isinstance(error, NotADirectoryError):
        return NoRecording(f"{path} is not a directory.", HINT)
    if isinstance(error, ValueError):  # a path with a zero byte
        return NoRecording(f"{str(path)!r} is not a directory: {error}.", HINT)
    return DirectoryUnusable(f"{path} cannot be read: {error.strerror}.")


def natural(name: str) -> list[tuple[int, str]]:
    """A sort key by which `video9` comes before `video10`."""
    parts = re.split(r"([0-9]+)", name)
    return [(int(part), "") if index % 2 else (0, part) for index, part in enumerate(parts)]


def text(value: Any, otherwise: str) -> str:
    """A string from JSON as one that can be encoded; JSON may hold half a surrogate pair."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else otherwise


def number(value: Any) -> float | None:
    """A finite number from JSON as a float, None for anything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300:
        return float(value)
    return None
