"""Files that stay open while the script runs: known by device and inode, never by their number alone.

A script may close every descriptor there is, as daemons do (`os.closerange`); the files that it opens
next are given our numbers. So whose a number is has to be seen before anything is done through it.
"""

from __future__ import annotations

import errno
import os
import weakref
from pathlib import Path

CLOSED = -1  # no descriptor has this number

_CLOEXEC = getattr(os, "O_CLOEXEC", 0)


class OpenFile:
    """A descriptor of ours, and the file that it was opened for. A forked child closes its copy."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._identity = _identity(number)
        _in_this_process.add(self)

    def is_ours(self) -> bool:
        """Whether the number still stands for our file."""
        return self.number != CLOSED and _identity(self.number) == self._identity

    def close(self) -> None:
        """Close it, unless the script did, and the number is another file's by now."""
        if self.is_ours():
            os.close(self.number)
        self.number = CLOSED

    def ensure(self, path: Path) -> int:
        """The number, opened again for reading and writing if need be; `path` is where our file should be.

        Raises OSError; FileNotFoundError also when another file has that name now.
        """
        if not self.is_ours():
            number = os.open(path, os.O_RDWR | _CLOEXEC | getattr(os, "O_NOFOLLOW", 0))
            if _identity(number) != self._identity:
                os.close(number)
                raise _gone(path)
            self.number = number
        return self.number

    def refuse_moved(self, path: Path) -> None:
        """Raise FileNotFoundError unless our file is at `path`."""
        if _identity_at(path) != self._identity:
            raise _gone(path)


class FollowedDirectory:
    """A directory that is found again when it is renamed while it is in use."""

    def __init__(self, path: Path) -> None:
        """`path` must exist; where it cannot be opened as well, it is not followed."""
        self.name = path
        status = os.stat(path)
        self._identity = (status.st_dev, status.st_ino)
        self._number = CLOSED
        try:
            self._number = os.open(path, os.O_RDONLY | _CLOEXEC | getattr(os, "O_DIRECTORY", 0))
        except OSError:
            return
        weakref.finalize(self, _close_if, self._number, self._identity)

    def path(self) -> Path:
        """Where it is now. Raises FileNotFoundError when it is gone, PermissionError when out of reach."""
        if _identity_at(self.name) != self._identity:
            moved = _path_of(self._number) if _identity(self._number) == self._identity else None
            if moved is None or _identity_at(moved) != self._identity:
                raise _gone(self.name)
            self.name = moved if self.name.is_absolute() else _from_here(moved)
        return self.name


_in_this_process: weakref.WeakSet[OpenFile] = weakref.WeakSet()


def _gone(path: Path) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


def _identity(number: int) -> tuple[int, int] | None:
    try:
        status = os.fstat(number)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _identity_at(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino


def _close_if(number: int, identity: tuple[int, int]) -> None:
    if _identity(number) == identity:
        os.close(number)


def _from_here(path: Path) -> Path:
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def _path_of(number: int) -> Path | None:
    """The name that an open directory has now; None where the system does not tell."""
    try:
        return Path(os.readlink(f"/proc/self/fd/{number}"))
    except OSError:
        pass
    try:
        import fcntl

        told = fcntl.fcntl(number, fcntl.F_GETPATH, bytes(1024))  # type: ignore[attr-defined]  # macOS
    except (ImportError, AttributeError, OSError):
        return None
    return Path(os.fsdecode(told.rstrip(b"\0")))


def _close_inherited() -> None:
    """In a forked child: a copy would keep an encoder waiting for the end of its input."""
    for file in list(_in_this_process):
        file.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_inherited)
