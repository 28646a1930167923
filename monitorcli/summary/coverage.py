"""How much of an evaluation's plan is recorded, and which shards lack something."""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple


class Coverage(NamedTuple):
    """`covered` of so many `episodes`; `shards` are those of `total` that lack one, counted from 1."""

    episodes: int
    covered: int
    total: int
    shards: tuple[int, ...]


def coverage(seeds: range, done: Set[int], total: int) -> Coverage:
    """Of the plan with these seeds, of which those in `done` have a completed episode, in `total` shards."""
    missing = [index for index, seed in enumerate(seeds) if seed not in done]
    shards = tuple(sorted({index % total + 1 for index in missing}))
    return Coverage(len(seeds), len(seeds) - len(missing), total, shards)
