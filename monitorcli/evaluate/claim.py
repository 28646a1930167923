"""Whether a run may evaluate in a directory beside other runs: the same plan, and no seed taken twice."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from monitorcli.errors import BadFile, BadRequest, DirectoryInUse
from monitorcli.evaluate.shards import Shard, parse
from monitorcli.format import lease
from monitorcli.format.files import files
from monitorcli.format.json_files import read_json
from monitorcli.format.names import is_run

# Seconds for which a run's file may be empty, because it was created a moment ago.
_PATIENCE = 2.0


def other_runs(directory: Path, own: str = "") -> dict[str, dict[str, Any]]:
    """The runs of a directory but `own`: the documents by name. What cannot be read is left out."""
    names = [owned.name for owned in files(directory) if is_run(owned.name) and owned.name != own]
    found = {name: _document(directory / name) for name in sorted(names)}
    return {name: document for name, document in found.items() if document}


def refuse_taken(directory: Path, own: str, shard: Shard) -> None:
    """Raise DirectoryInUse if a living run with a lower number may run the same seeds.

    To be asked when the own run's file is there: of two that begin at once the later one sees the other.
    """
    for name, document in other_runs(directory, own).items():
        held = document.get("lease")
        if name > own or document.get("ended_at") is not None or not isinstance(held, dict):
            continue
        if shard.overlaps(_shard_of(document)) and lease.alive(held, _last_sign(directory / name)):
            who = f"process {held.get('pid')!s:.20} on {held.get('host')!s:.80}"
            raise DirectoryInUse(
                f"{directory}: {who} is running these episodes already ({name}).", "Wait for it, or stop it."
            )


def _document(path: Path) -> dict[str, Any]:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return read_json(path)
        except BadFile:
            if not _is_empty(path) or time.monotonic() > end:
                return {}
            time.sleep(0.01)


def _last_sign(path: Path) -> float:
    """When the run last showed that it lives (`RunFile.heartbeat`), in seconds since the epoch."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _is_empty(path: Path) -> bool:
    try:
        return path.stat().st_size == 0
    except OSError:
        return False


def _shard_of(document: dict[str, Any]) -> Shard:
    try:
        return parse(str(document.get("shard") or "1/1"), {})
    except BadRequest:
        return Shard()
