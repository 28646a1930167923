"""Gym's two files, made from the episode log: the episode batch (stats.json) and the manifest.

Gym's names and keys, gym 0.1.0 to 0.22 (`gym/wrappers/monitor.py`, `stats_recorder.py`), so that the
old `load_results` reads them. Its lists hold the episodes that ended; ours, beside them, say how.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from monitorcli.monitor import log

# Versions of our part of the manifest, newest last; docs/format.md tells the same story.
# 1: first version.
VERSION = 1

_ENDS = {
    log.END_TERMINATED: "terminated",
    log.END_TRUNCATED: "truncated",
    log.END_TERMINATED | log.END_TRUNCATED: "terminated",
}


def stats(records: npt.NDArray[np.void], initial_reset_timestamp: float | None) -> dict[str, Any]:
    """The episode batch of these records, dtype `log.RECORD`; returns that are not finite become null."""
    ended = records[records["end"] < log.CUT_RESET]
    returns = ended["return"].tolist()
    if not np.isfinite(ended["return"]).all():
        returns = [value if math.isfinite(value) else None for value in returns]
    return {
        "initial_reset_timestamp": initial_reset_timestamp,
        "timestamps": (ended["started_at"] + ended["duration"]).tolist(),
        "episode_lengths": ended["length"].tolist(),
        "episode_rewards": returns,
        "episode_types": [mode.decode() for mode in ended["mode"].tolist()],
        "episode_ends": [_ENDS[end] for end in ended["end"].tolist()],
        "episode_seeds": seeds(ended["seed"], ended["seed_high"], ended["seeded"]),
        "incomplete": len(records) - len(ended),
    }


def manifest(
    stats_name: str, videos: list[tuple[str, str]], env_info: dict[str, str], ours: dict[str, Any]
) -> dict[str, Any]:
    """Gym's manifest; `videos` are pairs of base names, `ours` is what Gym had no key for."""
    return {"stats": stats_name, "videos": videos, "env_info": env_info, "monitorcli": ours}


def seeds(
    low: npt.NDArray[np.uint64], high: npt.NDArray[np.uint64], given: npt.NDArray[np.uint8]
) -> list[int | None]:
    """The seeds that the log's three columns hold, all of shape (n,); None where none was given."""
    return [
        (upper << 64 | lower) if known == 1 else None
        for lower, upper, known in zip(low.tolist(), high.tolist(), given.tolist())
    ]
