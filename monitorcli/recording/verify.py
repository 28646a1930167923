"""Check a monitor directory against itself: logs, batches, manifests, films, traces, files nobody names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from monitorcli.errors import BadFile
from monitorcli.format import batch, log, trace
from monitorcli.format.json_files import MOST_STATS
from monitorcli.format.names import LOG_ENDING, LOG_PREFIX, TRACE_ENDING, TRACE_PREFIX, is_run
from monitorcli.recording.films import Each, Remark, check
from monitorcli.recording.folder import Folder
from monitorcli.recording.manifest import Manifest, read_manifests
from monitorcli.recording.reader import read


def verify(
    directory: Path,
    ffmpeg: str | None = None,
    each: Each = iter,
    remark: Remark = lambda sentence: None,
) -> list[str]:
    """What is wrong in the directory, a sentence each that begins with the file's name; [] when it is sound.

    A killed run is sound when its log is, and its films play. Films are decoded with `ffmpeg`, the path
    of one; without, only the frames that a finished mp4 says it has are compared. Gym's directories
    are checked as far as they tell. `each` hands the films out one by one, and may count them; `remark`
    gets sentences on what is no fault: what was not checked of a film that is too long or too large, and
    what may be right. Raises NoRecording or DirectoryUnusable, as `read` does, and EncoderFailed when
    ffmpeg does not run.
    """
    recording = read(directory)
    folder = Folder(Path(directory))
    manifests = read_manifests(folder)
    found = [
        *recording.problems,
        *_writers(folder, [manifest for manifest in manifests if manifest.ours is not None]),
        *_traces(folder),
        *_named(folder, manifests, {video.name for video in recording.videos}),
        *check(folder, recording, ffmpeg, each, remark),
        *_orphans(folder, manifests, [writer.name for writer in recording.writers]),
    ]
    return list(dict.fromkeys(found))


def _writers(folder: Folder, manifests: Sequence[Manifest]) -> Iterator[str]:
    """Each writer's manifests in the order of their records, against its batches and its log."""
    by_stem: dict[str, list[Manifest]] = {}
    for manifest in manifests:
        by_stem.setdefault(manifest.stem, []).append(manifest)
    for stem, named in by_stem.items():
        name = f"{LOG_PREFIX}{stem}{LOG_ENDING}"
        if name not in folder.entries:
            continue  # a problem of its own
        try:
            yield from _writer(folder, name, sorted(named, key=lambda manifest: manifest.first))
        except BadFile as error:
            yield str(error)


def _writer(folder: Folder, name: str, manifests: Sequence[Manifest]) -> Iterator[str]:
    sealed = 0
    for manifest in manifests:
        if manifest.first != sealed:
            yield (
                f"{manifest.name}: its episodes begin at record {manifest.first} of the log, "
                f"and those before it end at {sealed}"
            )
        count = _count(manifest)
        if count is None:
            yield f"{manifest.name}: does not say how many episodes it seals"
            return
        yield from _batch(folder, name, manifest, count)
        sealed = manifest.first + count
    ours = manifests[-1].ours or {}
    yield from _log(folder, name, sealed, ours.get("closed") is True)


def _count(manifest: Manifest) -> int | None:
    count = (manifest.ours or {}).get("count")
    return count if type(count) is int and 0 <= count < 1 << 40 else None


def _batch(folder: Folder, name: str, manifest: Manifest, count: int) -> Iterator[str]:
    """A batch against its part of the log `name`; what cannot be read is a problem that `read` has."""
    try:
        stats = folder.referred(manifest.stats, manifest.name)
        document = folder.json(stats, MOST_STATS)
    except BadFile:
        return
    times, incomplete = document.get("timestamps"), document.get("incomplete")
    held = (len(times) if isinstance(times, list) else 0) + (incomplete if type(incomplete) is int else 0)
    if held != count:
        yield f"{stats}: has {held} episodes, and {manifest.name} says {count}"
        return
    records = log.read(folder.path / name, manifest.first, count)
    if len(records) < count:
        yield f"{name}: lacks {count - len(records)} of the episodes that {stats} has"
        return
    if not log.plausible(records).all():
        return  # a problem of its own
    copied: dict[str, Any] = json.loads(batch.stats(records, None))
    copied.pop("initial_reset_timestamp")  # the log does not have it
    different = [key for key in copied if document.get(key) != copied[key]]
    if different:
        yield f"{stats}: {', '.join(different)} are not what the log has"


def _log(folder: Folder, name: str, sealed: int, closed: bool) -> Iterator[str]:
    """The log's size and the count in its header against what was sealed of it."""
    with folder.open(name) as file:
        head = file.read(len(log.header(0)))
    held = log.count_in(folder.entries[name].size)
    said = re.search(rb"'shape': \(([0-9]{1,18}),\)", head)
    if said is None or log.header(int(said[1])) != head:
        yield f"{name}: its header is not that of an episode log to its end"
        return
    if int(said[1]) > held:
        yield f"{name}: its header says {int(said[1])} episodes, and it holds {held}"
    elif int(said[1]) < sealed:
        yield f"{name}: its header says {int(said[1])} episodes, and {sealed} were sealed"
    if closed and sealed != held:
        yield f"{name}: holds {held} episodes, and its writer was closed after {sealed}"


def _traces(folder: Folder) -> Iterator[str]:
    """Traces that cannot be read; a torn tail is what kill -9 leaves."""
    for name in folder.names(TRACE_PREFIX, TRACE_ENDING):
        try:
            for _ in trace.read(folder.path / name):
                pass
        except BadFile as error:
            yield str(error)


def _named(folder: Folder, manifests: Sequence[Manifest], films: set[str]) -> Iterator[str]:
    """What manifests name: there, and named once; of the `films` others say whether they are there."""
    owners: dict[str, str] = {}
    for manifest in manifests:
        for name in (name for pair in manifest.videos for name in pair):
            if name not in folder.entries and name not in films:
                yield f"{name}: is not there, and {manifest.name} names it"
            if name in owners:
                yield f"{name}: both {owners[name]} and {manifest.name} name it"
            owners[name] = manifest.name


def _orphans(folder: Folder, manifests: Sequence[Manifest], stems: Sequence[str]) -> Iterator[str]:
    """Files that are ours by name and belong to no run and no writer."""
    named = {manifest.stats for manifest in manifests if isinstance(manifest.stats, str)}
    named |= {name for manifest in manifests for pair in manifest.videos for name in pair}
    marks = [f".{stem}." for stem in stems]
    for name in folder.entries:
        if name in named or is_run(name):
            continue
        if not any(mark in name for mark in marks):
            yield f"{name}: belongs to no run and to no writer"
