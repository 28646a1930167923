"""Find the recordings in a directory of directories."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from monitorcli.errors import NoRecording
from monitorcli.recording.folder import HINT, cannot_list, natural
from monitorcli.recording.reader import KINDS, check_kind, kinds_in

# Levels below the directory that are searched, and directories that are looked into at most.
_DEPTH = 5
_MOST = 20_000


def discover(path: str | os.PathLike[str], kind: str | None = None) -> list[Path]:
    """The directory itself if it holds a recording, of any kind or of that of `read`, else those below it.

    In natural order, five levels deep, without following links or looking below a recording. Raises
    NoRecording when there is none, DirectoryUnusable when the directory cannot be listed, BadRequest
    for a kind that does not exist.
    """
    check_kind(kind)
    path = Path(path)
    try:
        if _holds(path, kind):
            return [path]
    except (OSError, ValueError) as error:
        raise cannot_list(path, error) from None
    looked_into = [0]
    found = list(_below(path, kind, _DEPTH, looked_into))
    if not found:
        below = f", nor do the {looked_into[0]:,} directories below it" if looked_into[0] else ""
        raise NoRecording(f"{path} holds no recording{below}.", HINT)
    return found


def discover_all(paths: Iterable[str | os.PathLike[str]], kind: str | None = None) -> list[Path]:
    """The recordings at or below each of the paths, each once; raises what `discover` raises."""
    return list(dict.fromkeys(place for path in paths for place in discover(path, kind)))


def _below(path: Path, kind: str | None, depth: int, looked_into: list[int]) -> Iterator[Path]:
    for directory in _directories(path):
        looked_into[0] += 1
        if looked_into[0] > _MOST:
            return
        try:
            is_recording = _holds(directory, kind)
        except OSError:  # it is somebody else's, or gone
            continue
        if is_recording:
            yield directory
        elif depth > 1:
            yield from _below(directory, kind, depth - 1, looked_into)


def _holds(directory: Path, kind: str | None) -> bool:
    found = kinds_in(directory)
    return bool(found) if kind is None else any(KINDS[kind] is KINDS[one] for one in found)


def _directories(path: Path) -> list[Path]:
    try:
        with os.scandir(path) as entries:
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [path / name for name in sorted(names, key=natural)]
