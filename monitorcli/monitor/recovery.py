"""What dead writers left in a directory: batches that they never sealed, films that they never listed.

The log is the truth: whatever of a writer's batches is wrong, all of them are made from it again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from monitorcli.errors import BadFile
from monitorcli.format import lease, log
from monitorcli.format.files import Owned, files, open_regular
from monitorcli.format.json_files import write_json
from monitorcli.format.manifest import BatchToSeal, WriterFiles
from monitorcli.format.mp4_frames import count_finished
from monitorcli.format.names import (
    CONTENT_TYPES,
    MANIFEST_PREFIX,
    META_ENDING,
    batch_names,
    batch_of,
    is_undecided,
    log_name,
    video_name,
    video_parts,
)
from monitorcli.monitor.active_writers import is_closed, json_or_nothing, newest, writers

# What reading can raise when a file has one of our names, but was written by something else.
_NONSENSE = (BadFile, OSError, LookupError, TypeError, ValueError, AttributeError)


def recover(directory: Path) -> None:
    """Write what dead writers and power cuts left undone, so that Gym's readers see every episode too.

    What cannot be understood is left as it is. Two that recover at once write the same bytes.
    """
    found = files(directory)
    for stem, documents in writers(directory, found).items():
        theirs = [owned for owned in found if f".{stem}." in owned.name]
        try:
            held = documents[0]["monitorcli"]["lease"]
            if is_closed(documents) or lease.dead(held, newest(directory, theirs)):
                _remove_undecided(directory, stem, theirs)
                _finish(directory, stem, documents, {owned.name for owned in theirs})
        except _NONSENSE:
            continue


def remove_films(directory: Path, videos: Collection[str]) -> None:
    """Remove films, given by the names of their videos, and what manifests say of them."""
    if not videos:
        return
    found = files(directory)
    for owned in found:
        if owned.name.startswith(MANIFEST_PREFIX):
            document = json_or_nothing(directory / owned.name)
            listed = document.get("videos")
            if isinstance(listed, list) and any(pair[0] in videos for pair in listed):
                document["videos"] = [pair for pair in listed if pair[0] not in videos]
                write_json(directory / owned.name, document)
    for name in videos:
        for path in ((directory / name).with_suffix(META_ENDING), directory / name):
            path.unlink(missing_ok=True)


def _remove_undecided(directory: Path, stem: str, found: list[Owned]) -> None:
    """Remove films of which a dead writer had not decided whether they are kept."""
    for owned in found:
        if is_undecided(owned.name, stem):
            with contextlib.suppress(OSError):
                (directory / owned.name).unlink()


def _finish(directory: Path, stem: str, documents: list[dict[str, Any]], names: set[str]) -> None:
    """Write all batches of a writer again, from its log, if one is torn or something is in none of them.

    Where the log has lost episodes, batches that are whole stay as they are.
    """
    known = {document["monitorcli"]["batch"]: document for document in documents}
    named = {number for number in (batch_of(stem, name) for name in names) if number is not None}
    if not known.keys() <= named:
        return  # a manifest has the number of another
    whole = {number for number in known if _is_whole(directory / batch_names(stem, number)[0])}
    closed = is_closed(documents)
    if closed and whole == named:
        return
    records = _corrected_log(directory / log_name(stem))
    videos = _unlisted_videos(directory, stem, documents, names, records)
    sealed = max(document["monitorcli"]["first"] + document["monitorcli"]["count"] for document in documents)
    last = known[max(known)]
    ours = last["monitorcli"]
    if len(records) > sealed or videos:
        # Into a new batch; but an empty one is still open, and after that of a closed writer comes none.
        following = ours["batch"] + (ours["count"] > 0 and not closed)
        whole.discard(following)
        known.setdefault(following, _manifest(sealed, ours["lost"]))
    for number in named:
        known.setdefault(number, _manifest(len(records), ours["lost"]))
    if known.keys() > whole:
        environment = ours.get("environment", {})
        writer = WriterFiles(
            directory, stem, last["env_info"], environment, ours["run"], ours["opened_at"], ours["lease"]
        )
        for batch in _batches(known, records, videos):
            if batch.number not in whole or sealed <= len(records):
                writer.write(batch)


def _is_whole(path: Path) -> bool:
    """Whether there is a file that begins and ends as a JSON object does."""
    with contextlib.suppress(BadFile), open_regular(path) as file:
        first = file.read(1)
        file.seek(max(0, os.fstat(file.fileno()).st_size - 1))
        return (first, file.read(1)) == (b"{", b"}")
    return False


def _corrected_log(path: Path) -> npt.NDArray[np.void]:
    """The log's records, whose number its header then says."""
    records = log.sound(path)
    descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
    try:
        log.correct_header(descriptor, len(records))
    finally:
        os.close(descriptor)
    return records


def _manifest(first: int, lost: int) -> dict[str, Any]:
    """What is known of a batch whose manifest is torn or was never written."""
    return {"videos": [], "monitorcli": {"first": first, "lost": lost}}


def _batches(
    manifests: dict[int, dict[str, Any]], records: npt.NDArray[np.void], videos: list[tuple[str, str]]
) -> list[BatchToSeal]:
    """The log in batches, from where the manifest of each says to where the next begins.

    One that begins at the log's end is empty. The last lists `videos` too.
    """
    first_reset = float(records["started_at"].min()) if len(records) else None
    batches = []
    end = len(records)
    for number in sorted(manifests, reverse=True):
        ours = manifests[number]["monitorcli"]
        first = min(ours["first"], end) if number > min(manifests) else 0
        listed = [*manifests[number]["videos"], *videos]
        closed = ours.get("closed") is True
        batches.append(
            BatchToSeal(number, first, records[first:end], listed, first_reset, ours["lost"], closed)
        )
        end, videos = first, []
    return batches[::-1]


def _unlisted_videos(
    directory: Path,
    stem: str,
    documents: list[dict[str, Any]],
    names: set[str],
    records: npt.NDArray[np.void],
) -> list[tuple[str, str]]:
    """Pairs of video and meta file whose film is whole: finished before the writer died, or without it."""
    pairs = []
    listed = {meta for document in documents for _, meta in document["videos"]}
    for meta in sorted(names - listed):
        parts = video_parts(meta)
        if not parts or parts[0] != stem or parts[2] != META_ENDING:
            continue
        document = json_or_nothing(directory / meta)
        base = video_name(stem, int(parts[1]))
        video = next((base + ending for ending in CONTENT_TYPES if base + ending in names), None)
        number, frames = document.get("episode_id"), document.get("frames")
        if document.get("broken") or video is None:
            continue
        if frames is None and type(number) is int and number in records["number"]:
            frames = document["frames"] = count_finished(directory / video) or None
            if frames:
                with contextlib.suppress(OSError, ValueError):  # the film is whole all the same
                    write_json(directory / meta, document, durable=False)
        if frames is not None:
            pairs.append((video, meta))
    return pairs
