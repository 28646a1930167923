"""Who may still be recording into a directory: the leases that its runs and writers left open."""

from __future__ import annotations

import contextlib
import os
import shlex
import time
from pathlib import Path
from typing import Any, Iterator, NamedTuple

from monitorcli.errors import BadFile, DirectoryInUse
from monitorcli.format import lease
from monitorcli.format.files import Owned, files
from monitorcli.format.json_files import read_json
from monitorcli.format.names import MANIFEST_PREFIX, PREFIX, RUN_PREFIX, batch_names, is_ours


class _Open(NamedTuple):
    """A lease that nobody gave back, and the file it stands in; `over`: the run it belongs to has ended."""

    name: str
    lease: dict[str, Any]
    over: bool


def refuse_living(directory: Path, even_if_stale: bool = False) -> None:
    """Raise DirectoryInUse, naming the process, while another process may be recording into the directory.

    Of a process of another host or container only silence can be seen, and a Monitor between two
    episodes is silent as well: that is no death unless `even_if_stale`. A writer whose run ended, as
    that run's file says, is over once it is silent.
    """
    found = files(directory)
    last_sign = newest(directory, found)
    for held in _open_leases(directory, found):
        alive = lease.alive(held.lease, last_sign)
        if alive and held.lease.get("pid") == os.getpid() and lease.here(held.lease):
            continue  # a notebook that begins anew; what it leaves behind is its own
        who = f"process {held.lease.get('pid')!s:.20} on {held.lease.get('host')!s:.80}"
        if alive:
            raise DirectoryInUse(f"{directory} is being written by {who}.", "Wait for it, or stop it first.")
        if not (even_if_stale or held.over or lease.dead(held.lease, last_sign)):
            raise DirectoryInUse(
                f"{directory} may still be written by {who}, which cannot be seen from here: {held.name} was "
                f"not closed, and the last sign of life is of {_moment(last_sign)}.",
                f"If you know that it is dead:  monitorcli clear --stale {shlex.quote(str(directory))}",
            )


def writers(directory: Path, found: list[Owned]) -> dict[str, list[dict[str, Any]]]:
    """The manifests of each of our writers, by stem; those that name no writer are left out."""
    known: dict[str, list[dict[str, Any]]] = {}
    for owned in found:
        if owned.name.startswith(MANIFEST_PREFIX):
            document = json_or_nothing(directory / owned.name)
            ours = document.get("monitorcli")
            stem = ours.get("writer") if isinstance(ours, dict) else None
            if isinstance(stem, str) and is_ours(PREFIX + stem):
                known.setdefault(stem, []).append(document)
    return known


def is_closed(documents: list[dict[str, Any]]) -> bool:
    """Whether one of a writer's manifests says that it ended properly."""
    return any(document["monitorcli"].get("closed") is True for document in documents)


def newest(directory: Path, found: list[Owned]) -> float:
    """When a file of ours was last written, in seconds since the epoch."""
    times = [0.0]
    for owned in found:
        with contextlib.suppress(OSError):
            times.append(os.lstat(directory / owned.name).st_mtime)
    return max(times)


def json_or_nothing(path: Path) -> dict[str, Any]:
    """The JSON object in a file; {} when there is none."""
    try:
        return read_json(path)
    except BadFile:
        return {}


def _open_leases(directory: Path, found: list[Owned]) -> Iterator[_Open]:
    """The leases of runs that did not end and of writers that were not closed."""
    ended = set()
    for owned in found:
        if owned.name.startswith(RUN_PREFIX):
            document = json_or_nothing(directory / owned.name)
            if document.get("ended_at") is not None:
                ended.add(owned.name)
            elif isinstance(document.get("lease"), dict):
                yield _Open(owned.name, document["lease"], False)
    for stem, documents in writers(directory, found).items():
        ours = documents[0]["monitorcli"]
        if not is_closed(documents) and isinstance(ours.get("lease"), dict):
            run = ours.get("run")
            over = type(run) is int and f"{RUN_PREFIX}{run:06}.json" in ended
            yield _Open(batch_names(stem, 0)[1], ours["lease"], over)


def _moment(seconds: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
    except (OverflowError, ValueError, OSError):
        return "no time that there is"
