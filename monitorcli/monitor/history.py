"""What a directory's earlier runs hold, as far as a resumed recording must know it to go on."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from monitorcli.errors import BadFile
from monitorcli.format import log
from monitorcli.format.files import files
from monitorcli.format.json_files import MOST_STATS, read_json
from monitorcli.format.names import LOG_PREFIX, MANIFEST_PREFIX, is_ours

# Parts of a log in a row without a sound record, after which it is given up.
_PATIENCE = 16
# What reading can raise when a file has one of our names, but was written by something else.
_NONSENSE = (BadFile, OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError)


class History(NamedTuple):
    """`started` counts every episode, `played` those with a step; the columns are of those that ended."""

    started: int
    played: int
    returns: list[float]
    lengths: list[int]


def read_history(directory: Path) -> History:
    """The episodes in our logs and in Gym's batches; what cannot be read counts as nothing."""
    started, played, returns, lengths = 0, 0, [], []
    for owned in files(directory):
        with contextlib.suppress(*_NONSENSE):
            for found in _parts(directory / owned.name):
                started += found.started
                played += found.played
                returns += found.returns
                lengths += found.lengths
    return History(started, played, returns, lengths)


def _parts(path: Path) -> Iterator[History]:
    if path.name.startswith(LOG_PREFIX):
        yield from _of_log(path)
    elif path.name.startswith(MANIFEST_PREFIX):
        yield _of_gym(path)


def _of_log(path: Path) -> Iterator[History]:
    """What a log holds, a part at a time; a file may claim to be longer than memory, and be empty."""
    empty = 0
    for records in log.parts(path):
        sound = records[log.plausible(records)]
        ended = sound[sound["end"] < log.CUT_RESET]
        played = int(np.count_nonzero(sound["length"]))
        yield History(len(records), played, ended["return"].tolist(), ended["length"].tolist())
        empty = 0 if len(sound) else empty + 1
        if empty == _PATIENCE:
            break


def _of_gym(path: Path) -> History:
    """The batch that a manifest of Gym's names; nothing for our own manifests, whose log is read."""
    manifest = read_json(path)
    if "monitorcli" in manifest:
        return History(0, 0, [], [])
    if not is_ours(manifest["stats"]):
        raise BadFile(f"{path.name}: names no file of this directory")
    batch = read_json(path.parent / manifest["stats"], MOST_STATS)
    returns = [math.nan if value is None else float(value) for value in batch["episode_rewards"]]
    lengths = [int(length) for length in batch["episode_lengths"]]
    started = len(batch["timestamps"])
    return History(started, started, returns, lengths)
