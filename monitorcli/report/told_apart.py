"""What tells a series from the others of its recording: place, arguments, command, policy."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from monitorcli.recording.model import Series
from monitorcli.report.text import printable

_MOST_TEXT = 80


def told_apart(series: Series, all_series: Sequence[Series]) -> list[str]:
    """`train.py:31`, `max_episode_steps=5`, `policy.py:act`: what not all of them have alike, safe to print.

    Arguments, command and policy are compared with those of the same environment.
    """
    same = [one.environment for one in all_series if one.env_id == series.env_id]
    about = series.environment
    found = [series.place] if len({one.place for one in all_series}) > 1 else []
    found += [
        f"{name}={json.dumps(value)}"
        for name, value in about.arguments.items()
        if any(one.arguments and one.arguments.get(name, ...) != value for one in same)
    ]
    if len({one.command for one in same}) > 1:
        found.append(shlex.join(about.command))
    if len({one.policy for one in same}) > 1:
        found.append(about.policy or "")
    if about.policy_hash and len({one.policy_hash for one in same if one.policy == about.policy}) > 1:
        found.append(f"policy's file {about.policy_hash[:12]}")
    return [printable(text, limit=_MOST_TEXT) for text in found if text]
