"""Gym's two files, made from the episode log: the episode batch (stats.json) and the manifest.

Gym's names and keys, gym 0.1.0 to 0.22 (`gym/wrappers/monitor.py`, `stats_recorder.py`), so that the
old `load_results` reads them. Its lists hold the episodes that ended; ours, beside them, say how.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from monitorcli.format import log, modes, number_columns
from monitorcli.format.ends import TERMINATED, TRUNCATED

# Versions of our part of the manifest, newest last; docs/format.md tells the same story.
# 1: first version.
VERSION = 1


def _listed(words: Sequence[str | None]) -> npt.NDArray[np.bytes_]:
    """The words as they stand in a list, padded to one width, because JSON may have blanks there."""
    texts = [f"{json.dumps(word)}," for word in words]
    return np.array([text.ljust(max(map(len, texts))).encode() for text in texts])


_TYPES = _listed([modes.TRAINING.decode(), modes.EVALUATION.decode()])
_ENDS = _listed([None, TERMINATED, TRUNCATED, TERMINATED, None])  # by code


def stats(records: npt.NDArray[np.void], initial_reset_timestamp: float | None) -> bytes:
    """The episode batch of these records, dtype `log.RECORD`; returns that are not finite become null."""
    over = records["end"] < log.CUT_RESET
    ended = records if over.all() else records[over]
    lists = {
        "initial_reset_timestamp": json.dumps(initial_reset_timestamp, allow_nan=False).encode(),
        "timestamps": number_columns.floats(ended["started_at"] + ended["duration"]),
        "episode_lengths": number_columns.integers(ended["length"]),
        "episode_rewards": number_columns.floats(ended["return"]),
        "episode_types": _words(_TYPES, ended["mode"] == modes.EVALUATION),
        "episode_ends": _words(_ENDS, ended["end"]),
        "episode_seeds": _seeds(ended),
        "incomplete": b"%d" % (len(records) - len(ended)),
    }
    return b"{" + b",\n".join(b'"%s": %s' % (key.encode(), text) for key, text in lists.items()) + b"}"


def manifest(
    stats_name: str, videos: list[tuple[str, str]], env_info: dict[str, str], ours: dict[str, Any]
) -> dict[str, Any]:
    """Gym's manifest; `videos` are pairs of base names, `ours` is what Gym had no key for."""
    return {"stats": stats_name, "videos": videos, "env_info": env_info, "monitorcli": ours}


def seeds(
    low: npt.NDArray[np.uint64], high: npt.NDArray[np.uint64], given: npt.NDArray[np.uint8]
) -> list[int | None]:
    """The seeds that the log's three columns hold, all of shape (n,); None where none was given."""
    kept = log.SEED_GIVEN
    return [
        (upper << 64 | lower) if known == kept else None
        for lower, upper, known in zip(low.tolist(), high.tolist(), given.tolist())
    ]


def _words(words: npt.NDArray[np.bytes_], which: npt.NDArray[Any]) -> bytes:
    return b"[" + words.take(which).tobytes().rstrip(b", ") + b"]"


def _seeds(ended: npt.NDArray[np.void]) -> bytes:
    if not ended["seeded"].any():  # as most are in a vector environment
        return b"[" + (b"null," * len(ended))[:-1] + b"]"
    return json.dumps(seeds(ended["seed"], ended["seed_high"], ended["seeded"])).encode()
