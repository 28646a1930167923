"""Gym's monitors: a family, and a run of its own, for each process that left a manifest or a video."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from monitorcli.errors import BadFile
from monitorcli.format.names import BATCH_ENDING, BATCH_PREFIX, without_batch
from monitorcli.recording.family import Family
from monitorcli.recording.folder import Folder, natural
from monitorcli.recording.gym import Batch, read_batch
from monitorcli.recording.manifest import UNKNOWN, Manifest
from monitorcli.recording.ours import RECORDER
from monitorcli.recording.videos import FoundFilm


def families(
    folder: Folder, manifests: Sequence[Manifest], films: Sequence[FoundFilm], ours: Iterable[str]
) -> list[Family]:
    """Gym's families in the order of their first resets; those without a date last, by name.

    `ours` are the stems of our own writers.
    """
    # Gym completes a film's meta file when it closes the film: one that is not says it was killed.
    killed = {film.stem for film in films if film.meta is not None and not film.finished}
    found = [
        _of_manifest(folder, manifest, "crashed" if manifest.stem in killed else "unknown")
        for manifest in manifests
        if manifest.ours is None
    ]
    found += _of_lone_batches(folder, manifests, ours)
    known = {*ours, *(family.stem for family in found)}
    for film in films:
        if film.stem not in known:
            known.add(film.stem)
            found.append(Family(film.stem, RECORDER if film.ours else "gym", state="crashed", surplus=None))
    undated = [family for family in found if family.most and family.started_at is None]
    if undated:
        order = ", and its runs are in the order of their names" if len(undated) > 1 else ""
        folder.notes.append(f"Gym 0.21 and 0.22 wrote times without a date; when is not known{order}.")
    return sorted(found, key=_order)


def _order(family: Family) -> tuple[bool, float, list[tuple[int, str]]]:
    return family.started_at is None, family.started_at or 0.0, natural(family.stem)


def _of_manifest(folder: Folder, manifest: Manifest, state: str) -> Family:
    try:
        batch = read_batch(folder, folder.referred(manifest.stats, manifest.name))
    except BadFile as error:
        folder.problems.append(str(error))
        batch = None
    return _family(manifest.stem, manifest.env_id, manifest.version, state, batch)


def _of_lone_batches(folder: Folder, manifests: Sequence[Manifest], ours: Iterable[str]) -> list[Family]:
    """Families of the stats files that no manifest names: Gym was killed between the two, or one is lost."""
    named = {manifest.stats for manifest in manifests if isinstance(manifest.stats, str)}
    known = {*ours}
    found = []
    for name in folder.names(BATCH_PREFIX, BATCH_ENDING):
        stem = name[len(BATCH_PREFIX) : -len(BATCH_ENDING)]
        if name in named or without_batch(stem) in known:
            continue
        try:
            batch = read_batch(folder, name)
            if batch.ours and not len(batch.ended_at) and not batch.incomplete:
                continue  # a writer of ours is about to write its manifest, or died there
            folder.problems.append(f"{name}: no manifest names it")
            found.append(_family(stem, UNKNOWN, "", "unknown", batch))
        except BadFile as error:
            folder.problems.append(str(error))
    return found


def _family(stem: str, env_id: str, version: str, state: str, batch: Batch | None) -> Family:
    recorder = f"gym {version}".rstrip()
    if batch is None:
        return Family(stem, recorder, env_id=env_id, version=version, state=state, surplus=None)
    dated = batch.dated and len(batch.ended_at) > 0
    return Family(
        stem=stem,
        recorder=RECORDER if batch.ours else recorder,
        env_id=env_id,
        version=version,
        state=state,
        started_at=batch.first_reset if batch.dated else None,
        ended_at=float(batch.ended_at[-1]) if dated else None,
        most=len(batch.ended_at),
        chunks=lambda: (batch.records(),),
        surplus=batch.surplus,
    )
