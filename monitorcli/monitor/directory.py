"""A monitor directory: its file names, what is in it, making it, clearing it."""

from __future__ import annotations

import contextlib
import enum
import os
import re
import secrets
import stat
from pathlib import Path
from typing import Any, BinaryIO, Iterator, NamedTuple

from monitorcli.errors import BadFile, DirectoryInUse, DirectoryUnusable

PREFIX = "openaigym."
MANIFEST_PREFIX = "openaigym.manifest."
RUN_PREFIX = "openaigym.run."
# Half-written files; never begins like a manifest, because Gym's reader takes every file that does.
TEMPORARY_PREFIX = "openaigym.tmp."


USED_HINT = "Go on with it (resume), start it afresh (force), or choose another directory."

_READ = os.O_RDONLY
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
    _READ |= getattr(os, _name, 0)


class Existing(enum.Enum):
    """What to do about a recording that is already there."""

    REFUSE = "refuse"
    KEEP = "keep"
    CLEAR = "clear"


class Owned(NamedTuple):
    """A file of ours in a monitor directory; `size` is in bytes."""

    name: str
    size: int


def make(directory: Path) -> None:
    """Make `directory`, with its parents, and see that it can be written; raises DirectoryUnusable."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise _in_the_way(directory) from None
    except OSError as error:
        raise DirectoryUnusable(
            f"{directory} cannot be made: {error.strerror}.", "Choose another directory."
        ) from None
    _check_writable(directory)


def check(directory: Path) -> Path:
    """Where `make` would begin, which can be written; makes nothing itself. Raises DirectoryUnusable."""
    folder = directory
    while not os.path.lexists(folder):
        folder = folder.parent
    if not folder.is_dir():
        raise _in_the_way(directory)
    _check_writable(folder)
    return folder


def _in_the_way(directory: Path) -> DirectoryUnusable:
    return DirectoryUnusable(
        f"{directory} cannot be a monitor directory: a file is in the way.", "Choose another directory."
    )


@contextlib.contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """Within it, no other process decides what becomes of the directory's recording.

    Where there is no flock(2), two that clear one directory in the same moment may both win.
    """
    try:
        import fcntl

        descriptor = os.open(directory, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def refuse_used(directory: Path) -> None:
    """Raise DirectoryInUse when the directory holds manifests, naming up to five."""
    found = sorted(owned.name for owned in files(directory) if owned.name.startswith(MANIFEST_PREFIX))
    if found:
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        raise DirectoryInUse(
            f"{directory} already holds a recording ({', '.join(found[:5])}{more}).",
            USED_HINT,
        )


def files(directory: Path) -> list[Owned]:
    """Every regular file or link of ours directly in the directory, by name; [] when there is none.

    Raises DirectoryUnusable when the directory cannot be listed.
    """
    return _listed(directory, directory)


def _listed(directory: Path, place: Path | int) -> list[Owned]:
    """What `files` says, of a path or an open directory."""
    try:
        with os.scandir(place) as entries:
            found = [_owned(entry) for entry in entries if entry.name.startswith(PREFIX)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DirectoryUnusable(f"{directory} cannot be read: {error.strerror}.") from None
    return sorted(owned for owned in found if owned is not None)


def clear(directory: Path) -> list[Owned]:
    """Delete what `files` lists, and nothing else; gives back what was deleted.

    By the directory's handle, so that all of it goes from one directory, whatever is renamed or linked
    meanwhile; links in it are deleted, never followed. `directory` itself may be a link to a
    directory, because the user named it; what it is swapped for after that is not followed. Raises
    DirectoryUnusable.
    """
    try:
        handle = os.open(os.path.realpath(directory), _READ | getattr(os, "O_DIRECTORY", 0))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DirectoryUnusable(f"{directory} cannot be read: {error.strerror}.") from None
    try:
        return _clear(directory, handle)
    finally:
        os.close(handle)


def _clear(directory: Path, handle: int) -> list[Owned]:
    """Delete our files in the directory that is open as `handle`; its path is for messages."""
    removed = []
    for owned in _listed(directory, handle):
        try:
            os.unlink(owned.name, dir_fd=handle)  # never a directory, even if it has become one
        except FileNotFoundError:
            continue
        except OSError as error:
            raise DirectoryUnusable(
                f"{directory / owned.name} cannot be deleted: {error.strerror}."
            ) from None
        removed.append(owned)
    return removed


def open_regular(path: Path) -> BinaryIO:
    """A file of ours for reading; raises BadFile for a link, a FIFO, a device, or what does not open."""
    try:
        descriptor = os.open(path, _READ)
    except OSError as error:
        raise BadFile(f"{path.name}: cannot be opened: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BadFile(f"{path.name}: not a regular file")
    return open(descriptor, "rb")


def is_ours(name: Any) -> bool:
    """Whether this is the plain name of a file of ours, and no path to somewhere else."""
    return isinstance(name, str) and name.startswith(PREFIX) and not re.search(r"[/\\\0]", name)


def _owned(entry: os.DirEntry[str]) -> Owned | None:
    """The entry if it is a regular file or a link, and still there: a live writer replaces files."""
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    ours = stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)
    return Owned(entry.name, status.st_size) if ours else None


def _check_writable(directory: Path) -> None:
    probe = directory / (TEMPORARY_PREFIX + secrets.token_hex(8))
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise DirectoryUnusable(
            f"{directory} cannot be written: {error.strerror}.",
            "Choose another directory, or change its permissions.",
        ) from None
