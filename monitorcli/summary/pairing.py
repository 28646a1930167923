"""Which episodes of two recordings had the same start: those that were reset with the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from monitorcli.format import log
from monitorcli.summary.selection import Rows

if TYPE_CHECKING:
    from monitorcli.recording.parts import Episodes


def pairing(old: Episodes, new: Episodes) -> tuple[Rows, Rows] | None:
    """The rows of both that have the same seed, in the same order; None unless every episode has its twin.

    Every completed episode with a finite return must have been given a seed, and no seed twice.
    """
    found = []
    for episodes in (old, new):
        rows = np.flatnonzero(episodes.completed & np.isfinite(episodes.episode_return))
        if not len(rows) or (episodes.seeded[rows] != log.SEED_GIVEN).any():
            return None
        rows = rows[np.lexsort((episodes.seed[rows], episodes.seed_high[rows]))]
        found.append((rows, np.stack([episodes.seed_high[rows], episodes.seed[rows]])))
    (old_rows, old_seeds), (new_rows, new_seeds) = found
    if old_seeds.shape != new_seeds.shape or (old_seeds != new_seeds).any():
        return None
    if (np.diff(old_seeds.astype(np.uint64), axis=1) == 0).all(axis=0).any():
        return None
    return old_rows, new_rows
