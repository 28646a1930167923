"""A batch of episodes sealed under Gym's names: the batch, and the manifest that names it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from monitorcli.format import batch, names
from monitorcli.format.json_files import write_json, write_whole


class BatchToSeal(NamedTuple):
    """A part of a log, to be written as a batch: `records` begin at the log's record `first`.

    `videos` are pairs of file names; `lost` counts episodes that the disk refused so far; `closed` says
    that the writer ends properly with this batch.
    """

    number: int
    first: int
    records: npt.NDArray[np.void]
    videos: list[tuple[str, str]]
    first_reset: float | None
    lost: int = 0
    closed: bool = False


class WrittenManifest(NamedTuple):
    """A manifest that was written."""

    path: Path
    document: dict[str, Any]


class WriterFiles(NamedTuple):
    """What all files of one writer have in common, and how its batches are written.

    `stem` is "<monitor>.<uid>", which is in every file's name; `lease` is the writer's process.
    `env_info` is Gym's key, `environment` ours: `format.environment`.
    """

    directory: Path
    stem: str
    env_info: dict[str, str]
    environment: dict[str, Any]
    run: int
    opened_at: float
    lease: dict[str, Any]

    def write(self, part: BatchToSeal, durable: bool = True) -> WrittenManifest:
        """Write the batch, then the manifest that names it, which is given back; raises OSError."""
        stats_name, manifest_name = names.batch_names(self.stem, part.number)
        write_whole(self.directory / stats_name, batch.stats(part.records, part.first_reset), durable)
        ours = {
            "version": batch.VERSION,
            "run": self.run,
            "writer": self.stem,
            "log": names.log_name(self.stem),
            "batch": part.number,
            "first": part.first,
            "count": len(part.records),
            "opened_at": self.opened_at,
            "closed": part.closed,
            "lost": part.lost,
            "lease": self.lease,
            "environment": self.environment,
        }
        manifest = WrittenManifest(
            self.directory / manifest_name, batch.manifest(stats_name, part.videos, self.env_info, ours)
        )
        write_json(*manifest, durable)
        return manifest
