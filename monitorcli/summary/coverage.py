"""How much of an evaluation's plan is recorded, and which shards lack something."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from monitorcli.format.batch import seeds as seeds_of

if TYPE_CHECKING:
    from monitorcli.recording.parts import Episodes


class Coverage(NamedTuple):
    """`covered` of so many `episodes`; `lacking` of `total` shards lack one.

    `shards` are the first of those, counted from 1, and `seeds` the first seeds that are missing.
    """

    episodes: int
    covered: int
    total: int
    lacking: int
    shards: tuple[int, ...]
    seeds: tuple[int, ...]

    @property
    def missing(self) -> int:
        """How many episodes are not covered."""
        return self.episodes - self.covered


def covered(episodes: Episodes, rows: npt.NDArray[np.intp], seeds: range) -> dict[int, int]:
    """Which of the seeds have a completed episode among these rows, and its row, of several the first.

    `rows` ascend.
    """
    done = rows[episodes.completed[rows]][::-1]
    known = seeds_of(episodes.seed[done], episodes.seed_high[done], episodes.seeded[done])
    pairs = zip(known, done.tolist(), strict=True)
    return {seed: row for seed, row in pairs if seed is not None and seed in seeds}


def coverage(seeds: range, done: Collection[int], total: int, most: int = 10) -> Coverage:
    """Of the plan with these seeds, of which those in `done` have a completed episode, in `total` shards.

    At most so many shards and seeds are named. A plan may be a stranger's, and of any size: the cost is
    that of `done`.
    """
    by_shard = Counter((seed - seeds.start) % total for seed in done)

    def lacks(shard: int) -> bool:
        return by_shard[shard - 1] < len(range(shard - 1, len(seeds), total))

    used = min(total, len(seeds))  # by fewer episodes than shards the others have none
    complete = sum(not lacks(shard + 1) for shard in by_shard)
    shards = islice(filter(lacks, range(1, used + 1)), most)
    missing = islice((seed for seed in seeds if seed not in done), most)
    return Coverage(len(seeds), len(done), total, used - complete, tuple(shards), tuple(missing))
