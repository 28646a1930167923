"""What a recording is made of: columns of episodes, and values for writers, runs, videos and series."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from monitorcli.format import log
from monitorcli.format.environment import Environment
from monitorcli.recording.evaluation import PlannedRun


@dataclass(frozen=True, slots=True)
class Episodes:
    """Columns of equal length n, one row an episode, in start order; row i is episode i.

    All have shape (n,), may be read-only, and may be one value repeated without memory. `end` holds the
    codes of `monitor.log`; `mode` is b"t", b"e" or b"" (not known); `success` is 1, 0 or -1 (not
    known); `seeded` is as in the log.
    """

    episode_return: npt.NDArray[np.float64]  # undiscounted; NaN is what the environment gave
    length: npt.NDArray[np.int64]  # steps
    started_at: npt.NDArray[np.float64]  # seconds since the epoch, UTC; NaN when not known
    duration: npt.NDArray[np.float64]  # seconds; NaN when not known
    end: npt.NDArray[np.uint8]
    mode: npt.NDArray[np.bytes_]
    success: npt.NDArray[np.int8]
    seed: npt.NDArray[np.uint64]
    seed_high: npt.NDArray[np.uint64]
    seeded: npt.NDArray[np.uint8]
    slot: npt.NDArray[np.uint32]
    writer: npt.NDArray[np.uint32]  # which of Recording.writers wrote it
    series: npt.NDArray[np.uint32]  # which of Recording.series it belongs to

    def __len__(self) -> int:
        return len(self.episode_return)

    def __repr__(self) -> str:
        names = ", ".join(of.name for of in fields(self))
        return f"Episodes of {len(self):,} rows: {names}"

    @property
    def completed(self) -> npt.NDArray[np.bool_]:
        """True for the episodes that ended, False for the incomplete; shape (n,)."""
        return self.end < log.CUT_RESET


@dataclass(frozen=True, slots=True)
class Writer:
    """One writer's family of files. `run` is a Run's number; `closed`: not killed, and not running."""

    name: str  # "<monitor>.<uid>"
    run: int
    env_id: str
    version: str  # of Gymnasium or Gym
    closed: bool


@dataclass(frozen=True, slots=True)
class Run:
    """One start, resume or Monitor. Times are seconds since the epoch, None when not known.

    `number` is its place in the recording. `state` is running, complete, failed (ended by itself with
    an exit status that is not 0), interrupted (by Ctrl-C), crashed, stale (elsewhere, and silent) or
    unknown (Gym wrote none).
    `how` is what the run's file says of how it was started, by whom; {} when there is none. `planned` is what
    it says of an evaluation that has a plan.
    """

    number: int
    recorder: str  # "monitorcli" or "gym 0.21.0"
    state: str
    started_at: float | None
    ended_at: float | None
    episodes: int
    exit_status: int | None = None
    file: str = ""
    how: dict[str, Any] = field(default_factory=dict)
    planned: PlannedRun | None = None


@dataclass(frozen=True, slots=True)
class Video:
    """A video of one episode. `episode` is its row in Episodes, None when that cannot be told.

    A `broken` one may name a file that is not there, of size 0. A `suspect` one plays, but its recorder
    found something wrong with its frames: "black", "constant" or "frames" (some are not in the file).
    """

    name: str
    episode: int | None
    size: int  # bytes
    content_type: str
    finished: bool  # False: being written, or its writer was killed
    broken: bool
    suspect: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """Episodes that may be averaged: of one environment in one mode, made at one place, for one policy.

    `name` is short, and stays the same while the recording grows: `CartPole-v1`, `CartPole-v1 evaluation`,
    `CartPole-v1 #2`. `mode` is training, evaluation or unknown. `place` is the line of the script that tells
    it from the others (`train.py:31`), "" when it is not known. `environment` is what the files say of it;
    of files that say little (Gym's, monitorcli 0.1's) that is the id alone. `writers` are indices of
    Recording.writers.
    """

    name: str
    mode: str
    place: str
    environment: Environment
    writers: tuple[int, ...]

    @property
    def env_id(self) -> str:
        """The environment's id; "(unknown)" when nobody knows it."""
        return self.environment.env_id
