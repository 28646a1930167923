"""Our writers' families: from the episode log, or from the batches sealed from it when it is lost."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from monitorcli.errors import BadFile
from monitorcli.format import log
from monitorcli.format.environment import from_document
from monitorcli.format.names import BATCH_ENDING, BATCH_PREFIX, LOG_ENDING, LOG_PREFIX
from monitorcli.recording import records
from monitorcli.recording.family import Family
from monitorcli.recording.folder import Folder, number
from monitorcli.recording.gym import Batch, read_batch
from monitorcli.recording.manifest import Manifest
from monitorcli.recording.records import ReadLog, Records

RECORDER = "monitorcli"


def families(folder: Folder, manifests: Sequence[Manifest], logs: ReadLog) -> list[Family]:
    """A family for each of our writers that left a manifest or a log; `logs` reads the logs."""
    by_stem: dict[str, list[Manifest]] = {
        name[len(LOG_PREFIX) : -len(LOG_ENDING)]: [] for name in folder.names(LOG_PREFIX, LOG_ENDING)
    }
    for manifest in manifests:
        if manifest.ours is not None:
            by_stem.setdefault(manifest.stem, []).append(manifest)
    found = []
    for stem, named in by_stem.items():
        if not named and _unborn(folder, stem):
            continue
        family = _family(folder, stem, sorted(named, key=lambda manifest: manifest.first), logs)
        if family is not None:
            found.append(family)
    return found


def sound_log(folder: Folder, stem: str, manifests: Sequence[Manifest]) -> str | None:
    """The name of the writer's log, None (and a problem) when it is missing or no log."""
    name = f"{LOG_PREFIX}{stem}{LOG_ENDING}"
    try:
        for manifest in manifests:
            assert manifest.ours is not None
            if folder.referred(manifest.ours.get("log"), manifest.name) != name:
                raise BadFile(f"{manifest.name}: refers to the log of another writer")
        records.check(folder, name)
        return name
    except BadFile as error:
        folder.problems.append(str(error))
    return _by_its_name(folder, name)


def sealed(folder: Folder, manifests: Sequence[Manifest]) -> list[Batch]:
    """What can be read of the batches that the manifests name; the others become problems."""
    found = []
    for manifest in manifests:
        try:
            found.append(read_batch(folder, folder.referred(manifest.stats, manifest.name)))
        except BadFile as error:
            folder.problems.append(str(error))
    return found


def _by_its_name(folder: Folder, name: str) -> str | None:
    """The log all the same, when it was only the manifest that pointed elsewhere."""
    if name not in folder.entries or folder.problems[-1].startswith(name):
        return None
    try:
        records.check(folder, name)
        return name
    except BadFile as error:
        folder.problems.append(str(error))
        return None


def _unborn(folder: Folder, stem: str) -> bool:
    """Whether the log holds nothing yet: a writer makes it before its manifest, and may have died there."""
    size = folder.entries[f"{LOG_PREFIX}{stem}{LOG_ENDING}"].size
    has_batch = f"{BATCH_PREFIX}{stem}{BATCH_ENDING}" in folder.entries
    return size == len(log.header(0)) or (size == 0 and not has_batch)


def _family(folder: Folder, stem: str, manifests: list[Manifest], logs: ReadLog) -> Family | None:
    """The writer's family, None when neither its log nor a manifest is sound."""
    # The log is asked first, because it is the truth; the newest manifest knows the writer best.
    name = sound_log(folder, stem, manifests)
    if name is not None:
        most = log.count_in(folder.entries[name].size)
        chunks = functools.partial(logs, folder, name)
    elif manifests:
        lost = _from_batches(folder, stem, manifests)
        most, chunks = len(lost), functools.partial(_once, lost)
    else:
        return None
    if not manifests:
        folder.problems.append(f"{name}: no manifest says whose it is")
        return Family(stem, RECORDER, state="unknown", most=most, chunks=chunks)
    newest, ours = manifests[-1], manifests[-1].ours or {}
    if isinstance(ours.get("lost"), int) and ours["lost"] > 0:
        folder.problems.append(f"{newest.name}: the disk refused {ours['lost']:,} episodes; they are lost")
    run, lease = ours.get("run"), ours.get("lease")
    return Family(
        stem=stem,
        recorder=RECORDER,
        run=run if type(run) is int and 0 <= run < 1 << 63 else None,
        env_id=newest.env_id,
        version=newest.version,
        environment=from_document(newest.env_id, newest.version, ours.get("environment")),
        closed=ours.get("closed") is True,
        lease=lease if isinstance(lease, dict) else None,
        started_at=number(ours.get("opened_at")),
        most=most,
        chunks=chunks,
        surplus=None if name is None else 0,
    )


def _once(found: Records) -> Iterator[Records]:
    yield found


def _from_batches(folder: Folder, stem: str, manifests: list[Manifest]) -> Records:
    """The episodes that ended, as far as they were sealed; their starts are the ends before them."""
    batches = sealed(folder, manifests)
    if not batches:
        return np.zeros(0, log.RECORD)
    folder.notes.append(
        f"{stem}: its episode log is lost, so its episodes come from the sealed batches: start times are "
        f"not known{_left_out(sum(batch.incomplete for batch in batches))}."
    )
    found: Any = np.concatenate([batch.records() for batch in batches])
    found["number"] = np.arange(len(found))
    found["started_at"] = found["duration"] = np.nan
    return np.asarray(found)


def _left_out(incomplete: int) -> str:
    return f", and {incomplete} incomplete episodes are left out" if incomplete else ""
