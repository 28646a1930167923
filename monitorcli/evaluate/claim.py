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
from monitorcli.monitor.directory import refuse_used

# Seconds for which a run's file may be empty, because it was created a moment ago.
_PATIENCE = 2.0


def may_join(directory: Path) -> bool:
    """Whether all that the directory holds are evaluations with a plan, or nothing at all."""
    if not directory.is_dir():
        return True
    try:
        refuse_used(directory)
        used = False
    except DirectoryInUse:
        used = True
    plans = [document.get("plan") for document in _runs(directory).values()]
    return all(isinstance(plan, dict) for plan in plans) and (bool(plans) or not used)


def last_plan(directory: Path, before: str = "") -> Any:
    """The plan of the last run, or of the last before the run of this name; None without one."""
    documents = [document for name, document in _runs(directory).items() if not before or name < before]
    return documents[-1].get("plan") if documents else None


def refuse_taken(directory: Path, own: str, shard: Shard) -> None:
    """Raise DirectoryInUse if a living run with a lower number may run the same seeds.

    To be asked when the own run's file is there: of two that begin at once the later one sees the other.
    """
    for name, document in _runs(directory).items():
        held = document.get("lease")
        if name >= own or document.get("ended_at") is not None or not isinstance(held, dict):
            continue
        if shard.overlaps(_shard_of(document)) and lease.alive(held, _last_sign(directory / name)):
            who = f"process {held.get('pid')!s:.20} on {held.get('host')!s:.80}"
            raise DirectoryInUse(
                f"{directory}: {who} is running these episodes already ({name}).", "Wait for it, or stop it."
            )


def _runs(directory: Path) -> dict[str, dict[str, Any]]:
    """The runs' documents, by name in their order. What cannot be read is left out."""
    names = sorted(owned.name for owned in files(directory) if is_run(owned.name))
    found = {name: _document(directory / name) for name in names}
    return {name: document for name, document in found.items() if document}


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
