"""Read a monitor directory, whoever wrote it, into one Recording."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from monitorcli.errors import NoRecording
from monitorcli.recording import monitors, ours
from monitorcli.recording.family import Family
from monitorcli.recording.folder import HINT, Folder
from monitorcli.recording.manifest import UNKNOWN, read_manifests
from monitorcli.recording.model import Recording, Writer
from monitorcli.recording.runs import as_run, drafts
from monitorcli.recording.table import Table
from monitorcli.recording.videos import as_videos, find_films


def read(directory: str | os.PathLike[str]) -> Recording:
    """The recording in a directory; a damaged file becomes one of its problems and hides no sound one.

    Raises NoRecording when the directory is missing or holds nothing of a monitor, DirectoryUnusable
    when it cannot be listed.
    """
    folder = Folder(Path(directory))
    if not any(name[-1:] != "~" for name in folder.entries) and not folder.problems:
        raise NoRecording(f"{folder.path} holds no recording.", HINT)
    _note_leftovers(folder)
    manifests = read_manifests(folder)
    films = find_films(folder)
    own = ours.families(folder, manifests)
    ancestors = monitors.families(folder, manifests, films, [family.stem for family in own])
    planned = drafts(folder, ancestors, own)
    families = [family for draft in planned for family in draft.families]
    runs = [index for index, draft in enumerate(planned) for _ in draft.families]
    table = Table(families, runs)
    indices = {family.stem: index for index, family in enumerate(families)}
    return Recording(
        directory=folder.path,
        env_ids=_env_ids(families),
        episodes=table.episodes,
        runs=tuple(as_run(folder, index, draft, table.counts[index]) for index, draft in enumerate(planned)),
        writers=tuple(
            Writer(family.stem, run, family.env_id, family.version, family.closed)
            for family, run in zip(families, runs, strict=True)
        ),
        videos=tuple(as_videos(folder, films, families, indices, table)),
        problems=tuple(folder.problems),
        notes=tuple(folder.notes),
    )


def _env_ids(families: Sequence[Family]) -> tuple[str, ...]:
    """The environments in order of appearance; a killed process whose environment nobody knows is none."""
    known = dict.fromkeys(family.env_id for family in families if family.version or family.env_id != UNKNOWN)
    return tuple(known) or ((UNKNOWN,) if families else ())


def _note_leftovers(folder: Folder) -> None:
    leftovers = [name for name in folder.entries if name.endswith("~")]
    for name in sorted(leftovers):
        folder.notes.append(f"{name}: left over from an interrupted write; not read.")
