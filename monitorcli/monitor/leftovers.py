"""What other writers left in a directory: who still lives, and the batches that the dead never sealed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Iterator

from monitorcli.errors import BadFile, DirectoryInUse
from monitorcli.monitor import lease, log
from monitorcli.monitor.directory import MANIFEST_PREFIX, PREFIX, RUN_PREFIX, Owned, files, is_ours
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
    """Seal the logs of dead writers, so that Gym's readers see every episode too.

    What cannot be understood is left as it is. Two that salvage at once write the same bytes.
    """
    found = files(directory)
    for stem, documents in _writers(directory, found).items():
        try:
            _finish(directory, stem, documents, found)
        except _NONSENSE:
            continue


def _finish(directory: Path, stem: str, documents: list[dict[str, Any]], found: list[Owned]) -> None:
    last = max(documents, key=lambda document: document["monitorcli"]["batch"])
    ours = last["monitorcli"]
    if _closed(documents) or lease.alive(ours["lease"], last_sign=0) is not False:
        return  # of another host's process only silence is known, not death
    family = Family(directory, stem, last["env_info"], ours["run"], ours["opened_at"], ours["lease"])
    records = log.read(directory / family.log_name)
    sealed = ours["first"] + ours["count"]
    listed = {video for document in documents for video, _ in document["videos"]}
    videos = [pair for pair in _finished_videos(directory, stem, found) if pair[0] not in listed]
    if len(records) == sealed and not videos:
        return
    # An empty batch is the one that was written when the writer opened; any other is sealed.
    number = ours["batch"] + (ours["count"] > 0)
    first_reset = float(records["started_at"].min()) if len(records) else None
    family.seal(Batch(number, sealed, records[sealed:], videos, first_reset, ours["lost"]))
    descriptor = os.open(directory / family.log_name, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
    try:
        log.correct_header(descriptor, len(records))
    finally:
        os.close(descriptor)


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
