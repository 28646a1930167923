"""Read a directory, whoever recorded into it, into one Recording."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from monitorcli.errors import BadRequest, NoRecording
from monitorcli.recording import monitors, ours, recordvideo, sb3
from monitorcli.recording.family import Family
from monitorcli.recording.folder import HINT, Folder, of_monitor
from monitorcli.recording.manifest import UNKNOWN, read_manifests
from monitorcli.recording.model import Recording, Video, Writer
from monitorcli.recording.records import ReadLog, read_log
from monitorcli.recording.runs import Draft, as_run, drafts, plan_of
from monitorcli.recording.series import find_series
from monitorcli.recording.table import Table
from monitorcli.recording.videos import as_videos, find_films

# A directory that is written to is read so often until its problems stay the same.
_ATTEMPTS = 3


class Kind(NamedTuple):
    """Who recorded: the names of its files, what makes a Recording of them, and what to call it."""

    wanted: Callable[[str], bool]
    read: Callable[[Folder], Recording]
    title: str


def read(directory: str | os.PathLike[str], kind: str | None = None) -> Recording:
    """The recording in a directory; a damaged file becomes one of its problems and hides no sound one.

    Of several kinds in one directory the first of "monitorcli" (or "gym"; they may be mixed), "sb3" and
    "recordvideo" is read, unless `kind` says which. Raises NoRecording when the directory is missing or
    holds nothing of the kind, DirectoryUnusable when it cannot be listed, BadRequest for another kind.
    """
    check_kind(kind)
    path = Path(directory)
    return settled(path, lambda: _read(path, kind))


def settled(path: Path, attempt: Callable[[], Recording]) -> Recording:
    """What `attempt` reads, without the problems that were only a writer's being at it.

    Names come and go in a directory that is written to; a problem is one that is still there when all is
    read again.
    """
    before = _last_change(path)
    found = attempt()
    for _ in range(_ATTEMPTS - 1):
        if not found.problems or before == (before := _last_change(path)):
            break
        again = attempt()
        stayed = tuple(problem for problem in again.problems if problem in found.problems)
        found = dataclasses.replace(again, problems=stayed)
    return found


def check_kind(kind: str | None) -> None:
    """Raise BadRequest unless `kind` is None or one of KINDS."""
    if kind is not None and kind not in KINDS:
        raise BadRequest(f"{kind!r} is no kind of recording.", f"There are: {', '.join(KINDS)}.")


def kinds_in(directory: Path) -> list[str]:
    """The kinds of which the directory has files, in the order in which `read` prefers them."""
    names = [name for name in os.listdir(directory) if name[-1:] != "~"]
    return [kind for kind, known in _DISTINCT.items() if any(map(known.wanted, names))]


def read_monitor(folder: Folder, logs: ReadLog = read_log) -> Recording:
    """What monitors left, ours and Gym's; `logs` reads the episode logs."""
    _note_leftovers(folder)
    manifests = read_manifests(folder)
    films = find_films(folder)
    own = ours.families(folder, manifests, logs)
    ancestors = monitors.families(folder, manifests, films, [family.stem for family in own])
    planned = drafts(folder, ancestors, own)
    return _recording(
        folder,
        planned,
        lambda families, table: as_videos(
            folder, films, families, {family.stem: index for index, family in enumerate(families)}, table
        ),
    )


def _read_sb3(folder: Folder) -> Recording:
    return _recording(folder, sb3.drafts(folder), lambda families, table: [])


def _read_recordvideo(folder: Folder) -> Recording:
    videos = recordvideo.find_videos(folder)
    return _recording(folder, [], lambda families, table: videos)


def _read(path: Path, asked: str | None) -> Recording:
    kinds = _DISTINCT if asked is None else {asked: KINDS[asked]}
    for kind in kinds.values():
        folder = Folder(path, kind.wanted)
        if any(name[-1:] != "~" for name in folder.entries) or folder.problems:
            if asked is None:
                _note_others(folder, kind)
            return kind.read(folder)
    if asked is None:
        raise NoRecording(f"{path} holds no recording.", HINT)
    raise NoRecording(f"{path} holds no recording of {KINDS[asked].title}.", HINT)


def _recording(
    folder: Folder, planned: Sequence[Draft], videos: Callable[[list[Family], Table], Sequence[Video]]
) -> Recording:
    families = [family for draft in planned for family in draft.families]
    runs = [index for index, draft in enumerate(planned) for _ in draft.families]
    plans = {index: plan for index, draft in enumerate(planned) if (plan := plan_of(draft))}
    table = Table(families, runs, plans)
    found = tuple(videos(families, table))
    read_runs = tuple(
        as_run(folder, index, draft, table.counts[index]) for index, draft in enumerate(planned)
    )
    series, of_episodes = find_series(families, [read_runs[run] for run in runs], table.episodes)
    return Recording(
        directory=folder.path,
        env_ids=_env_ids(families),
        episodes=dataclasses.replace(table.episodes, series=of_episodes),
        runs=read_runs,
        writers=tuple(
            Writer(family.stem, run, family.env_id, family.version, family.closed)
            for family, run in zip(families, runs, strict=True)
        ),
        series=series,
        videos=found,
        problems=tuple(folder.problems),
        notes=tuple(folder.notes),
        numbers=table.numbers,
    )


def _env_ids(families: Sequence[Family]) -> tuple[str, ...]:
    """The environments in order of appearance; a killed process whose environment nobody knows is none."""
    known = dict.fromkeys(family.env_id for family in families if family.version or family.env_id != UNKNOWN)
    return tuple(known) or ((UNKNOWN,) if families else ())


def _note_leftovers(folder: Folder) -> None:
    leftovers = [name for name in folder.entries if name.endswith("~")]
    for name in sorted(leftovers):
        folder.notes.append(f"{name}: left over from an interrupted write; not read.")


def _note_others(folder: Folder, chosen: Kind) -> None:
    for name in kinds_in(folder.path):
        if _DISTINCT[name] is not chosen:
            folder.notes.append(f"The directory has files of {_DISTINCT[name].title} too (--as {name}).")


def _last_change(path: Path) -> int:
    """When a name in the directory last changed; 0 when it is gone."""
    try:
        return os.stat(path).st_mtime_ns
    except (OSError, ValueError):
        return 0


_MONITOR = Kind(of_monitor, read_monitor, "monitorcli's or Gym's monitor")
# In the order in which they are looked for.
KINDS = {
    "monitorcli": _MONITOR,
    "gym": _MONITOR,
    "sb3": Kind(sb3.of_sb3, _read_sb3, "Stable-Baselines3's Monitor"),
    "recordvideo": Kind(recordvideo.of_recordvideo, _read_recordvideo, "Gymnasium's RecordVideo"),
}
_DISTINCT = {name: kind for name, kind in KINDS.items() if name != "gym"}
