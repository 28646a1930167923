"""What other writers left in a directory: who still lives, and the batches that the dead never sealed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Iterator

import numpy as np
import numpy.typing as npt

from monitorcli.errors import BadFile, DirectoryInUse
from monitorcli.monitor import lease, log
from monitorcli.monitor.directory import (
    MANIFEST_PREFIX,
    PREFIX,
    RUN_PREFIX,
    Owned,
    files,
    is_ours,
    open_regular,
)
from monitorcli.monitor.document import read_json
from monitorcli.monitor.family import Batch, Family

# What a file of a stranger can do to code that takes it for one of ours.
_NONSENSE = (BadFile, OSError, LookupError, TypeError, ValueError, AttributeError)


def refuse_living(directory: Path) -> None:
    """Raise DirectoryInUse, naming the process, while another process is recording into the directory."""
    found = files(directory)
    for held in _open_leases(directory, found):
        if held.get("pid") == os.getpid() and lease.alive(held, 0):
            continue  # a notebook that begins anew; what it leaves behind is its own
        if lease.alive(held, last_sign=_newest(directory, found)):
            raise DirectoryInUse(
                f"{directory} is being written by process {held.get('pid')} on {held.get('host')}.",
                "Wait for it, or stop it first.",
            )


def salvage(directory: Path) -> None:
    """Seal the logs of dead writers, and what a power cut tore, so that Gym's readers see every episode too.

    What cannot be understood is left as it is. Two that salvage at once write the same bytes.
    """
    found = files(directory)
    for stem, documents in _writers(directory, found).items():
        try:
            _finish(directory, stem, documents, found)
        except _NONSENSE:
            continue


def _finish(directory: Path, stem: str, documents: list[dict[str, Any]], found: list[Owned]) -> None:
    known = {document["monitorcli"]["batch"]: document for document in documents}
    last, closed = known[max(known)], _closed(documents)
    ours = last["monitorcli"]
    theirs = [owned for owned in found if f".{stem}." in owned.name]
    if not closed and not _dead(ours["lease"], _newest(directory, theirs)):
        return
    family = Family(directory, stem, last["env_info"], ours["run"], ours["opened_at"], ours["lease"])
    torn = _torn(family, known, found)
    if closed and not torn:
        return
    records = log.read(directory / family.log_name)
    sound = log.plausible(records)
    records = records if sound.all() else records[: int(sound.argmin())]  # a power cut tears a log, too
    if not closed and len(records) > ours["first"] + ours["count"]:
        torn.add(ours["batch"])  # killed between the two, its list may be ahead of its manifest
    number, sealed, count = _mend(family, known, torn, records)
    if closed:
        return
    listed = {video for document in documents for video, _ in document["videos"]}
    videos = [pair for pair in _finished_videos(directory, stem, found) if pair[0] not in listed]
    if len(records) > sealed or videos:
        # An empty batch is the one that was written when the writer opened; any other is sealed.
        number += count > 0
        family.seal(Batch(number, sealed, records[sealed:], videos, _first_reset(records), ours["lost"]))
    descriptor = os.open(directory / family.log_name, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
    try:
        log.correct_header(descriptor, len(sound))
    finally:
        os.close(descriptor)


def _dead(held: dict[str, Any], last_sign: float) -> bool:
    """Of another host's process only silence is known, not death; one of this host's last boot is dead."""
    alive = lease.alive(held, last_sign)
    return alive is False or (alive is None and lease.rebooted(held))


def _torn(family: Family, known: dict[int, dict[str, Any]], found: list[Owned]) -> set[int]:
    """The batches of which the disk has not all; a power cut may leave them so, as `seal` does not wait."""
    sizes = {owned.name: owned.size for owned in found}
    torn = set()
    for name in sizes:
        number = family.batch_of(name)
        if number is not None and number not in known and not _whole(family.directory / name):
            torn.add(number)
    for number in known:
        stats, _ = family.names(number)
        if stats not in sizes or not _whole(family.directory / stats):
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
    family: Family, known: dict[int, dict[str, Any]], torn: set[int], records: npt.NDArray[np.void]
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
            part = records[first:end]
            family.seal(Batch(number, first, part, document["videos"], _first_reset(records), lost, closed))
        first = end
    return number, first, count


def _first_reset(records: npt.NDArray[np.void]) -> float | None:
    return float(records["started_at"].min()) if len(records) else None


def _open_leases(directory: Path, found: list[Owned]) -> Iterator[dict[str, Any]]:
    """The leases of runs that did not end and of writers that were not closed."""
    for owned in found:
        if owned.name.startswith(RUN_PREFIX):
            document = _json(directory / owned.name)
            if document.get("ended_at") is None and isinstance(document.get("lease"), dict):
                yield document["lease"]
    for documents in _writers(directory, found).values():
        held = documents[0]["monitorcli"].get("lease")
        if not _closed(documents) and isinstance(held, dict):
            yield held


def _writers(directory: Path, found: list[Owned]) -> dict[str, list[dict[str, Any]]]:
    """The manifests of each of our writers."""
    writers: dict[str, list[dict[str, Any]]] = {}
    for owned in found:
        if owned.name.startswith(MANIFEST_PREFIX):
            document = _json(directory / owned.name)
            ours = document.get("monitorcli")
            if isinstance(ours, dict) and is_ours(PREFIX + str(ours.get("writer"))):
                writers.setdefault(ours["writer"], []).append(document)
    return writers


def _closed(documents: list[dict[str, Any]]) -> bool:
    return any(document["monitorcli"].get("closed") is True for document in documents)


def _newest(directory: Path, found: list[Owned]) -> float:
    """When a file of ours was last written, in seconds since the epoch."""
    times = [0.0]
    for owned in found:
        try:
            times.append(os.lstat(directory / owned.name).st_mtime)
        except OSError:
            continue
    return max(times)


def _finished_videos(directory: Path, stem: str, found: list[Owned]) -> list[tuple[str, str]]:
    """Pairs of video and meta file whose film was finished before the writer died."""
    pairs = []
    names = {owned.name for owned in found}
    for meta in sorted(names):
        if meta.startswith(f"openaigym.video.{stem}.video") and meta.endswith(".meta.json"):
            document = _json(directory / meta)
            ending = ".mp4" if document.get("content_type") == "video/mp4" else ".json"
            video = meta[: -len(".meta.json")] + ending
            if document.get("frames") is not None and not document.get("broken") and video in names:
                pairs.append((video, meta))
    return pairs


def _json(path: Path) -> dict[str, Any]:
    try:
        return read_json(path)
    except BadFile:
        return {}
