"""Gym's `load_results`, for its recordings and for ours: the dictionary of gym 0.21.

`gym/wrappers/monitor.py`. Where the old one gave None or shifted modes from file to file, this one
raises, or tells the truth.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from monitorcli.errors import BadFile, NoRecording, UnequalEnvironments
from monitorcli.format import log
from monitorcli.format.names import MANIFEST_ENDING, MANIFEST_PREFIX
from monitorcli.recording.folder import HINT, Folder
from monitorcli.recording.gym import read_batch
from monitorcli.recording.manifest import Manifest, read_manifest
from monitorcli.recording.ours import sound_log
from monitorcli.recording.records import Records, read_log

_INSPECT = "`monitorcli inspect` shows what can be read."


class Source(NamedTuple):
    """The episodes that ended of one manifest; arrays of shape (n,), times in the clock of its writer."""

    first_reset: float | None
    ended_at: npt.NDArray[np.float64]
    length: npt.NDArray[np.int64]
    episode_return: npt.NDArray[np.float64]
    mode: npt.NDArray[np.bytes_]


def load_results(directory: str | os.PathLike[str]) -> dict[str, Any]:
    """The episodes that ended, by time of their end, in the dictionary that gym 0.21 returned.

    A mode that cannot be told is None; `episode_types` is None when no episode has a mode, as in Gym.
    Our writers' episodes come from their logs, so those after the last batch are there, and returns
    that are not finite are as the environment gave them.

    Raises NoRecording when there is no manifest, BadFile when a file cannot be read or names no
    environment, UnequalEnvironments when the manifests differ in environment or version.
    """
    folder = Folder(Path(directory))
    names = folder.names(MANIFEST_PREFIX, MANIFEST_ENDING)
    if not names:
        raise NoRecording(f"{folder.path} holds no manifest.", HINT)
    manifests = [read_manifest(folder, name) for name in names]
    env_info = _one_environment(manifests)
    sources = _sources(folder, manifests)
    return {
        "manifests": [os.path.join(directory, name) for name in names],
        "env_info": env_info,
        **_merged(sources),
        "videos": [
            (os.path.join(directory, video), os.path.join(directory, meta))
            for manifest in manifests
            for video, meta in manifest.videos
        ],
    }


def _one_environment(manifests: Sequence[Manifest]) -> dict[str, Any]:
    first = manifests[0].env_info
    for other in manifests[1:]:
        if other.env_info != first:
            raise UnequalEnvironments(
                f"Found two unequal env_infos: {first} in {manifests[0].name} "
                f"and {other.env_info} in {other.name}.",
                "load_results merges one environment of one version; " + _INSPECT,
            )
    for key in ("env_id", "gym_version"):
        if key not in first:
            raise BadFile(f"{manifests[0].name}: env_info {first} has no {key}.", _INSPECT)
    return first


def _sources(folder: Folder, manifests: Sequence[Manifest]) -> list[Source]:
    """The episodes of each manifest, in the order of the manifests."""
    ours: dict[str, list[Manifest]] = {}
    for manifest in manifests:
        if manifest.ours is not None:
            ours.setdefault(manifest.stem, []).append(manifest)
    found: dict[str, Source] = {}
    for stem, named in ours.items():
        found.update(_of_writer(folder, stem, sorted(named, key=lambda one: one.first)))
    for manifest in manifests:
        if manifest.ours is None:
            found[manifest.name] = _of_batch(folder, manifest)
    return [found[manifest.name] for manifest in manifests]


def _of_writer(folder: Folder, stem: str, manifests: Sequence[Manifest]) -> dict[str, Source]:
    """Its log shared out among its manifests, what was not sealed yet to the last one."""
    name = sound_log(folder, stem, manifests)
    if name is None:
        return {manifest.name: _of_batch(folder, manifest) for manifest in manifests}
    records = np.concatenate([np.zeros(0, log.RECORD), *read_log(folder, name)])
    first_reset = float(records["started_at"].min()) if len(records) else None
    edges = [0, *(manifest.first for manifest in manifests[1:]), len(records)]
    return {
        manifest.name: _of_records(records[start:stop], first_reset)
        for manifest, start, stop in zip(manifests, edges[:-1], edges[1:], strict=True)
    }


def _of_batch(folder: Folder, manifest: Manifest) -> Source:
    batch = read_batch(folder, folder.referred(manifest.stats, manifest.name))
    return Source(batch.first_reset, batch.ended_at, batch.length, batch.episode_return, batch.mode)


def _of_records(records: Records, first_reset: float | None) -> Source:
    ended = records[records["end"] < log.CUT_RESET]
    with np.errstate(over="ignore", invalid="ignore"):  # as damaged as they may be
        ended_at = ended["started_at"] + ended["duration"]
    return Source(first_reset, ended_at, ended["length"], ended["return"], ended["mode"])


def _merged(sources: Sequence[Source]) -> dict[str, Any]:
    """The sources in one, in the order of their ends; an empty one counts for nothing, as in Gym."""
    counts = [len(source.ended_at) for source in sources]
    ended_at = np.concatenate([source.ended_at for source in sources])
    order = np.argsort(ended_at, kind="stable")
    modes = np.concatenate([source.mode for source in sources])[order]
    resets = [source.first_reset for source in sources if len(source.ended_at)]
    known = [reset for reset in resets if reset is not None]
    return {
        "data_sources": np.repeat(np.arange(len(sources)), counts)[order].tolist(),
        "timestamps": ended_at[order].tolist(),
        "episode_lengths": np.concatenate([source.length for source in sources])[order].tolist(),
        "episode_rewards": np.concatenate([source.episode_return for source in sources])[order].tolist(),
        "episode_types": [mode.decode() or None for mode in modes.tolist()] if (modes != b"").any() else None,
        "initial_reset_timestamps": resets,
        "initial_reset_timestamp": min(known, default=0),
    }
