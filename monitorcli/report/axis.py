"""Where the episodes of a series lie on the axis of its curve: by episodes, steps or time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from monitorcli.report.model import View
from monitorcli.report.text import lasting, plural

Places = npt.NDArray[np.float64]


def places(view: View, by: str) -> Places:
    """Of each episode how many came before it, how many steps there were by its end, or after how long.

    A time is in seconds since the start of its run, and of a resumed recording counts the runs before it
    without the pauses; NaN where an episode has no date.
    """
    if by == "steps":
        return np.cumsum(view.recording.episodes.length).astype(np.float64)
    if by == "time":
        return _times(view)
    return np.arange(len(view.recording.episodes), dtype=np.float64)


def said(value: float, by: str) -> str:
    """A place or a distance in words: `40,104 steps`, `6 min 51 s`, `213 episodes`."""
    return lasting(value) if by == "time" else plural(round(value), by.removesuffix("s"))


def share(length: float, points: int, by: str) -> str:
    """What a point of a curve is, where so many share an axis of this length."""
    each = length / points
    return (
        f" return, mean of {said(each, by)} a point " if each > (0 if by == "time" else 1.5) else " return "
    )


def _times(view: View) -> Places:
    recording, episodes = view.recording, view.recording.episodes
    run_of = np.array([writer.run for writer in recording.writers], np.intp)[episodes.writer]
    found = episodes.started_at + np.where(np.isfinite(episodes.duration), episodes.duration, 0.0)
    before = 0.0
    for run in recording.runs:
        rows = run_of == run.number
        dated = rows & np.isfinite(found)
        if not dated.any():
            continue
        began = float(episodes.started_at[dated].min())
        # A clock that was set back must not begin an axis after its episodes.
        began = began if run.started_at is None else min(began, run.started_at)
        found[rows] += before - began
        before = float(found[dated].max())
    return found
