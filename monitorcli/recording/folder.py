"""Open the files of a monitor directory without trusting them: regular files there, of bounded size."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from monitorcli.errors import BadFile, DirectoryUnusable, NoRecording
from monitorcli.monitor.directory import PREFIX, TEMPORARY_PREFIX, is_ours, open_regular
from monitorcli.monitor.document import MOST_JSON, read_json

HINT = "Check the path; a monitor directory holds files that begin with 'openaigym.'."


class Entry(NamedTuple):
    """A regular file's size in bytes, and when it was last written (seconds since the epoch)."""

    size: int
    modified: float


class Folder:
    """The files of ours in a directory, and what was found wrong or open while they were read."""

    def __init__(self, path: Path) -> None:
        """List the directory; raises NoRecording when it is none, DirectoryUnusable when it is closed."""
        self.path = path
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.entries: dict[str, Entry] = {}
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    if entry.name.startswith(PREFIX) and not entry.name.startswith(TEMPORARY_PREFIX):
                        self._add(entry)
        except FileNotFoundError:
            raise NoRecording(f"{path} does not exist.", HINT) from None
        except NotADirectoryError:
            raise NoRecording(f"{path} is not a directory.", HINT) from None
        except OSError as error:
            raise DirectoryUnusable(f"{path} cannot be read: {error.strerror}.") from None
        except ValueError as error:  # a path with a zero byte
            raise NoRecording(f"{str(path)!r} is not a directory: {error}.", HINT) from None

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
            raise BadFile(f"{source}: refers to {name}, which is not there")
        return name

    def _add(self, entry: os.DirEntry[str]) -> None:
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:  # a live writer replaced it meanwhile
            return
        if stat.S_ISREG(status.st_mode):
            self.entries[entry.name] = Entry(status.st_size, status.st_mtime)
        else:
            self.problems.append(f"{entry.name}: not a regular file; not read")


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
