"""Which seeds of a plan are recorded already, and whether what is recorded is the same evaluation."""

from __future__ import annotations

import json
import random

import numpy as np

from monitorcli.evaluate.plan import Plan, without_file
from monitorcli.evaluate.policies import reference_name
from monitorcli.format.environment import Environment
from monitorcli.recording.model import Recording, Series
from monitorcli.summary.coverage import covered


def choose_seed() -> int:
    """Choose a first seed, from 0 to 2**31 - 1, for a user who gives none."""
    return random.SystemRandom().randrange(1 << 31)


def completed(recording: Recording, plan: Plan) -> dict[int, int]:
    """The seeds of the plan that have a completed episode, and the row of each (of the first of several)."""
    episodes = recording.episodes
    same = [number for number, series in enumerate(recording.series) if not _changes(series, plan.about)]
    return covered(episodes, np.flatnonzero(np.isin(episodes.series, same)), plan.seeds)


def named_as_recorded(recording: Recording, about: Environment) -> Environment:
    """`about` with its policy named as before, so that it is of the series that it goes on with."""
    same = [series.environment.policy for series in recording.series if not _changes(series, about)]
    return about._replace(policy=same[-1]) if same else about


def changes(recording: Recording, about: Environment) -> list[tuple[str, str, str]]:
    """In what `about` differs from what is recorded: what, as it was, and as it is; [] when all is the same.

    The policy's file counts by its hash. What the recording does not say differs from nothing.
    """
    evaluations = [series for series in recording.series if series.environment.policy is not None]
    found = [_changes(series, about) for series in evaluations]
    return [] if not found or [] in found else found[-1]


def _changes(series: Series, about: Environment) -> list[tuple[str, str, str]]:
    known = series.environment
    pairs = [("environment", known.env_id, about.env_id)]
    old, new = reference_name(known.policy or "none"), about.policy or "none"
    if known.policy_hash is None or without_file(old) != without_file(new):
        pairs.append(("policy", old, new))
    else:  # in whatever folder the file is
        pairs.append(("SHA-256 of the policy's file", known.policy_hash[:12], str(about.policy_hash)[:12]))
    if known.arguments:
        for name in sorted({*known.arguments, *about.arguments}):
            old, new = (json.dumps(one.arguments.get(name)) for one in (known, about))
            pairs.append((f"argument {name}", old, new))
    return [change for change in pairs if change[1] != change[2]]
