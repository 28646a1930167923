"""A monitor directory: making it, refusing one that is used, clearing it."""

from __future__ import annotations

import contextlib
import enum
import os
import secrets
from pathlib import Path
from typing import Iterator

from monitorcli.errors import DirectoryInUse, DirectoryUnusable
from monitorcli.format.files import READ, Owned, files, listed
from monitorcli.format.names import MANIFEST_PREFIX, TEMPORARY_PREFIX

USED_HINT = "Go on with it (resume), start it afresh (force), or choose another directory."


class Existing(enum.Enum):
    """What to do about a recording that is already there."""

    REFUSE = "refuse"
    KEEP = "keep"
    CLEAR = "clear"


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


def clear(directory: Path) -> list[Owned]:
    """Delete what `files` lists, and nothing else; gives back what was deleted.

    By the directory's handle, so that all of it goes from one directory, whatever is renamed or linked
    meanwhile; links in it are deleted, never followed. `directory` itself may be a link to a
    directory, because the user named it; what it is swapped for after that is not followed. Raises
    DirectoryUnusable.
    """
    try:
        handle = os.open(os.path.realpath(directory), READ | getattr(os, "O_DIRECTORY", 0))
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
    for owned in listed(directory, handle):
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
