"""The files of one writer: how their names are claimed, and a batch of episodes sealed under Gym's names."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from monitorcli.errors import BadRequest
from monitorcli.monitor import batch
from monitorcli.monitor.document import write_json, write_whole
from monitorcli.monitor.open_file import FollowedDirectory
from monitorcli.monitor.open_log import Log


class Batch(NamedTuple):
    """A part of a log, to be sealed: `records`, of dtype `log.RECORD`, begin at the log's record `first`.

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


class Manifest(NamedTuple):
    """A manifest that was written."""

    path: Path
    document: dict[str, Any]


class Family(NamedTuple):
    """`stem` is "<monitor>.<uid>", which is in every file's name; `lease` is the writer's process."""

    directory: Path
    stem: str
    env_info: dict[str, str]
    run: int
    opened_at: float
    lease: dict[str, Any]

    @property
    def log_name(self) -> str:
        """The base name of the episode log."""
        return log_name(self.stem)

    def names(self, number: int) -> tuple[str, str]:
        """The base names of a batch and of its manifest."""
        infix = f"{self.stem}.batch{number:06}" if number else self.stem
        return f"openaigym.episode_batch.{infix}.stats.json", f"openaigym.manifest.{infix}.manifest.json"

    def batch_of(self, name: str) -> int | None:
        """The number of the batch whose manifest has this name, None when it is none of this writer."""
        infix = rf"{re.escape(self.stem)}(?:\.batch([0-9]{{6,9}}))?"
        found = re.fullmatch(rf"openaigym\.manifest\.{infix}\.manifest\.json", name)
        return None if found is None else int(found[1] or 0)

    def seal(self, part: Batch, durable: bool = True) -> Manifest:
        """Write the batch, then the manifest that names it, which is given back; raises OSError."""
        stats_name, manifest_name = self.names(part.number)
        write_whole(self.directory / stats_name, batch.stats(part.records, part.first_reset), durable)
        ours = {
            "version": batch.VERSION,
            "run": self.run,
            "writer": self.stem,
            "log": self.log_name,
            "batch": part.number,
            "first": part.first,
            "count": len(part.records),
            "opened_at": self.opened_at,
            "closed": part.closed,
            "lost": part.lost,
            "lease": self.lease,
        }
        manifest = Manifest(
            self.directory / manifest_name, batch.manifest(stats_name, part.videos, self.env_info, ours)
        )
        write_json(*manifest, durable)
        return manifest


def claim(directory: FollowedDirectory, uid: str | None) -> tuple[str, Log]:
    """Create a log that nobody has; its stem, and the log."""
    if uid is not None:
        check_uid(uid)
    monitor = 0
    while True:
        stem = f"{monitor}.{uid or secrets.token_hex(4)}"
        try:
            return stem, Log(directory, log_name(stem))
        except FileExistsError:
            monitor += uid is not None


def log_name(stem: str) -> str:
    """The base name of a writer's episode log."""
    return f"openaigym.episode_log.{stem}.npy"


def check_uid(uid: str) -> None:
    """Raise BadRequest unless `uid` can be a part of a file name that nothing else of ours has."""
    if not uid or "/" in uid or "\\" in uid or "\0" in uid or len(uid.encode()) > 100:
        raise BadRequest(
            f"uid {uid!r} cannot be a part of a file name.", "Leave out separators; dots are fine."
        )
    if re.search(r"\.batch[0-9]{6}$", uid):
        raise BadRequest(f"uid {uid!r} ends like the name of an episode batch.", "Choose another.")
