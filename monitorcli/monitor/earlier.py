"""What a directory's earlier runs hold, as far as a resumed recording must know it to go on."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

from monitorcli.errors import BadFile
from monitorcli.monitor import log
from monitorcli.monitor.directory import MANIFEST_PREFIX, files, open_regular


class Earlier(NamedTuple):
    """`started` counts every episode; `returns` and `lengths` are of those that ended, by end."""

    started: int
    returns: list[float]
    lengths: list[int]


def earlier(directory: Path) -> Earlier:
    """The episodes in our logs and in Gym's batches; what cannot be read counts as nothing."""
    started, returns, lengths = 0, [], []
    for owned in files(directory):
        path = directory / owned.name
        try:
            if owned.name.startswith("openaigym.episode_log."):
                records = log.read(path)
                ended = records[records["end"] < log.CUT_RESET]
                started += len(records)
                returns += ended["return"].tolist()
                lengths += ended["length"].tolist()
            elif owned.name.startswith(MANIFEST_PREFIX):
                batch = _gym_batch(path)
                started += len(batch.get("timestamps", ()))
                returns += map(_as_return, batch.get("episode_rewards", ()))
                lengths += map(int, batch.get("episode_lengths", ()))
        except (BadFile, OSError, ValueError, TypeError, KeyError, AttributeError):
            continue
    return Earlier(started, returns, lengths)


def _as_return(value: Any) -> float:
    """A return from JSON, which has null for one that is not finite."""
    return math.nan if value is None else float(value)


def _gym_batch(manifest_path: Path) -> dict[str, Any]:
    """The batch that a manifest of Gym's names; {} for our own manifests, whose log was read."""
    with open_regular(manifest_path) as file:
        manifest = json.load(file)
    if "monitorcli" in manifest:
        return {}
    with open_regular(manifest_path.parent / Path(manifest["stats"]).name) as file:
        batch: dict[str, Any] = json.load(file)
    return batch
