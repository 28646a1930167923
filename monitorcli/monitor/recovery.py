"""What dead writers left in a directory: batches that they never sealed, films that they never listed."""

from __future__ import annotations

import contextlib
import os
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
from monitorcli.format.names import META_ENDING, batch_names, batch_of, log_name, video_name, video_parts
from monitorcli.monitor.active_writers import is_closed, json_or_nothing, newest, writers

# What reading can raise when a file has one of our names, but was written by something else.
_NONSENSE = (BadFile, OSError, LookupError, TypeError, ValueError, AttributeError)


def recover(directory: Path) -> None:
    """Seal the logs of dead writers, and what a power cut tore, so that Gym's readers see every episode too.

    What cannot be understood is left as it is. Two that recover at once write the same bytes.
    """
    found = files(directory)
    for stem, documents in writers(directory, found).items():
        try:
            _finish(directory, stem, documents, found)
        except _NONSENSE:
            continue


def _finish(directory: Path, stem: str, documents: list[dict[str, Any]], found: list[Owned]) -> None:
    known = {document["monitorcli"]["batch"]: document for document in documents}
    if not all(type(number) is int and number >= 0 for number in known):
        return  # it becomes a part of file names
    last, closed = known[max(known)], is_closed(documents)
    ours = last["monitorcli"]
    theirs = [owned for owned in found if f".{stem}." in owned.name]
    if not closed and not lease.dead(ours["lease"], newest(directory, theirs)):
        return
    environment = ours.get("environment", {})
    writer = WriterFiles(
        directory, stem, last["env_info"], environment, ours["run"], ours["opened_at"], ours["lease"]
    )
    torn = _torn(writer, known, found)
    if closed and not torn:
        return
    records = log.sound(directory / log_name(stem))
    if not closed and len(records) > ours["first"] + ours["count"]:
        torn.add(ours["batch"])  # killed between the two, its list may be ahead of its manifest
    number, sealed, count = _mend(writer, known, torn, records)
    if closed:
        return
    listed = {video for document in documents for video, _ in document["videos"]}
    videos = [pair for pair in _finished_videos(directory, stem, found, records) if pair[0] not in listed]
    if len(records) > sealed or videos:
        # An empty batch is the one that was written when the writer opened; any other is sealed.
        number += count > 0
        rest = records[sealed:]
        writer.write(BatchToSeal(number, sealed, rest, videos, _first_reset(records), ours["lost"]))
    descriptor = os.open(directory / log_name(stem), os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
    try:
        log.correct_header(descriptor, len(records))
    finally:
        os.close(descriptor)


def _torn(writer: WriterFiles, known: dict[int, dict[str, Any]], found: list[Owned]) -> set[int]:
    """The batches that a power cut left incomplete: the writer waits for the disk only with the first."""
    sizes = {owned.name: owned.size for owned in found}
    torn = set()
    for name in sizes:
        number = batch_of(writer.stem, name)
        if number is not None and number not in known and not _whole(writer.directory / name):
            torn.add(number)
    for number in known:
        stats, _ = batch_names(writer.stem, number)
        if stats not in sizes or not _whole(writer.directory / stats):
            torn.add(number)
    return torn


def _whole(path: Path) -> bool:
    """Whether the file begins and ends as JSON objects do; True also for what is no file, to let it be."""
    try:
        with open_regular(path) as file:
            first = file.read(1)
            file.seek(max(0, os.fstat(file.fileno()).st_size - 1))
            return (first, file.read(1)) == (b"{", b"}")
    except BadFile:
        return True


def _mend(
    writer: WriterFiles, known: dict[int, dict[str, Any]], torn: set[int], records: npt.NDArray[np.void]
) -> tuple[int, int, int]:
    """Seal the torn batches again; the last batch's number, where it ends in the log, and its length.

    One whose manifest is torn had what is between its neighbours; of several, the first is given all.
    """
    number = first = count = 0
    for number in sorted({*known, *torn}):
        document = known.get(number, {"videos": [], "monitorcli": {}})
        ours = document["monitorcli"]
        later = [known[other]["monitorcli"]["first"] for other in known if other > number]
        end = ours["first"] + ours["count"] if ours else min(later, default=max(first, len(records)))
        first = ours.get("first", first)
        count = end - first
        if number in torn:
            lost, closed = ours.get("lost", 0), ours.get("closed") is True
            part, videos = records[first:end], document["videos"]
            writer.write(BatchToSeal(number, first, part, videos, _first_reset(records), lost, closed))
        first = end
    return number, first, count


def _first_reset(records: npt.NDArray[np.void]) -> float | None:
    return float(records["started_at"].min()) if len(records) else None


def _finished_videos(
    directory: Path, stem: str, found: list[Owned], records: npt.NDArray[np.void]
) -> list[tuple[str, str]]:
    """Pairs of video and meta file whose film is whole: finished before the writer died, or without it."""
    pairs = []
    names = {owned.name for owned in found}
    ended = set(records["number"].tolist())
    for meta in sorted(names):
        parts = video_parts(meta)
        if parts and parts[0] == stem and parts[2] == META_ENDING:
            document = json_or_nothing(directory / meta)
            ending = ".mp4" if document.get("content_type") == "video/mp4" else ".json"
            video = video_name(stem, int(parts[1])) + ending
            if document.get("broken") or video not in names:
                continue
            number = document.get("episode_id")
            if document.get("frames") is None and type(number) is int and number in ended:
                document["frames"] = count_finished(directory / video) or None
                if document["frames"]:
                    with contextlib.suppress(OSError, ValueError):  # the film is whole all the same
                        write_json(directory / meta, document, durable=False)
            if document.get("frames") is not None:
                pairs.append((video, meta))
    return pairs
