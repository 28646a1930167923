"""The files of a monitor directory: which are ours, and how one is opened without being trusted."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO, NamedTuple

from monitorcli.errors import BadFile, DirectoryUnusable
from monitorcli.format.names import PREFIX

READ = os.O_RDONLY
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
    READ |= getattr(os, _name, 0)


class Owned(NamedTuple):
    """A file of ours in a monitor directory; `size` is in bytes."""

    name: str
    size: int


def files(directory: Path) -> list[Owned]:
    """Every regular file or link of ours directly in the directory, by name; [] when there is none.

    Raises DirectoryUnusable when the directory cannot be listed.
    """
    return listed(directory, directory)


def listed(directory: Path, place: Path | int) -> list[Owned]:
    """What `files` says, of a path or an open directory."""
    try:
        with os.scandir(place) as entries:
            found = [_owned(entry) for entry in entries if entry.name.startswith(PREFIX)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DirectoryUnusable(f"{directory} cannot be read: {error.strerror}.") from None
    return sorted(owned for owned in found if owned is not None)


def open_regular(path: Path) -> BinaryIO:
    """A file of ours for reading; raises BadFile for a link, a FIFO, a device, or what does not open."""
    try:
        descriptor = os.open(path, READ)
    except OSError as error:
        raise BadFile(f"{path.name}: cannot be opened: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BadFile(f"{path.name}: not a regular file")
    return open(descriptor, "rb")


def _owned(entry: os.DirEntry[str]) -> Owned | None:
    """The entry if it is a regular file or a link, and still there: a live writer replaces files."""
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    ours = stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)
    return Owned(entry.name, status.st_size) if ours else None
