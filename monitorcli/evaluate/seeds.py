"""Which seeds an evaluation runs: those of which its series has no complete episode yet."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import numpy as np

from monitorcli.evaluate.policies import reference_name
from monitorcli.format.batch import seeds as seeds_of
from monitorcli.format.environment import Environment
from monitorcli.recording.model import Recording, Series


def choose_seed() -> int:
    """Choose a first seed, from 0 to 2**31 - 1, for a user who gives none."""
    return random.SystemRandom().randrange(1 << 31)


def missing_seeds(recording: Recording, about: Environment, seeds: range) -> tuple[int, Iterator[int]]:
    """How many of `seeds` have no complete episode of `about` in the recording, and which."""
    episodes = recording.episodes
    same = [number for number, series in enumerate(recording.series) if not _changes(series, about)]
    counts = episodes.completed & np.isin(episodes.series, same)
    known = seeds_of(episodes.seed, episodes.seed_high, episodes.seeded)
    done = {seed for seed, over in zip(known, counts.tolist(), strict=True) if over and seed in seeds}
    return len(seeds) - len(done), (seed for seed in seeds if seed not in done)


def changes(recording: Recording, about: Environment) -> list[tuple[str, str, str]]:
    """In what `about` differs from what is recorded: what, as it was, and as it is; [] when all is the same.

    The policy's file counts by its hash. What the recording does not say differs from nothing.
    """
    evaluations = [series for series in recording.series if series.environment.policy is not None]
    found = [_changes(series, about) for series in evaluations]
    return [] if not found or [] in found else found[-1]


def _changes(series: Series, about: Environment) -> list[tuple[str, str, str]]:
    known = series.environment
    pairs = [
        ("environment", known.env_id, about.env_id),
        ("policy", reference_name(known.policy or "none"), about.policy or "none"),
    ]
    if known.policy_hash is not None:
        pairs.append(("hash of the policy's file", known.policy_hash[:12], str(about.policy_hash)[:12]))
    if known.arguments:
        old, new = (json.dumps({**one.arguments}, sort_keys=True) for one in (known, about))
        pairs.append(("arguments", old, new))
    return [change for change in pairs if change[1] != change[2]]
