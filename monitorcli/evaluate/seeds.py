"""Find the seeds that an evaluation still has to run: those without a complete episode."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from monitorcli.format.batch import seeds as seeds_of
from monitorcli.recording import read


def choose_seed() -> int:
    """Choose a first seed, from 0 to 2**31 - 1, for a user who gives none."""
    return random.SystemRandom().randrange(1 << 31)


def missing_seeds(directory: Path, seeds: range) -> tuple[int, Iterator[int]]:
    """The number of `seeds` without a complete episode, and those seeds. Raises NoRecording."""
    episodes = read(directory, kind="monitorcli").episodes
    known = seeds_of(episodes.seed, episodes.seed_high, episodes.seeded)
    done = {
        seed for seed, over in zip(known, episodes.completed.tolist(), strict=True) if over and seed in seeds
    }
    return len(seeds) - len(done), (seed for seed in seeds if seed not in done)
