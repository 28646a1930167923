"""A recording as an interpreter and a notebook show it: its series, with counts and headline means."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

import numpy as np

from monitorcli.recording.columns import shown
from monitorcli.recording.parts import Episodes, Series
from monitorcli.summary.measures import RECENT
from monitorcli.summary.overview import finite

_MOST = 10  # series
_HEAD = ("series", "mode", "completed", "incomplete", "mean return", "of episodes")


class Described(NamedTuple):
    """A series in words: what stands below _HEAD."""

    series: str
    mode: str
    completed: str
    incomplete: str
    mean: str
    of: str


def text(directory: Path, episodes: Episodes, series: Sequence[Series]) -> str:
    """A line for the directory, and one for each series."""
    lines = [f"Recording({shown(str(directory))!r})"]
    for one in _described(episodes, series):
        cut = "" if one.incomplete == "0" else f" + {one.incomplete} incomplete"
        mean = f", mean return {one.mean} ({one.of})" if one.mean else ""
        noun = "episode" if one.completed == "1" else "episodes"
        lines.append(f"  {one.series}: {one.completed} {noun}{cut}{mean}")
    return "\n".join([*lines, *_left_out(series)])


def html(directory: Path, episodes: Episodes, series: Sequence[Series]) -> str:
    """A table with a row for each series; every text is escaped."""
    cells = "".join(f"<th>{name}</th>" for name in _HEAD)
    rows = ["".join(f"<td>{escape(cell)}</td>" for cell in one) for one in _described(episodes, series)]
    body = "".join(f"<tr>{row}</tr>" for row in [cells, *rows])
    rest = "".join(f"<div>{escape(line)}</div>" for line in _left_out(series))
    caption = f"<caption>{escape(shown(str(directory)))}</caption>"
    return f"<table>{caption}{body}</table>{rest}"


def _described(episodes: Episodes, series: Sequence[Series]) -> list[Described]:
    """The first series in words. Of a training the mean is that of the last episodes."""
    found = []
    for number, one in enumerate(series[:_MOST]):
        inside = episodes.series == number
        ended = inside & episodes.completed
        returns, training = episodes.episode_return[ended], one.mode == "training"
        values = finite(returns[-RECENT:] if training else returns)
        with np.errstate(over="ignore", invalid="ignore"):
            mean = f"{values.mean():.4g}" if len(values) else ""
        of = f"last {len(values):,}" if training else "all"
        count = len(returns)
        cut = int(np.count_nonzero(inside)) - count
        found.append(Described(shown(one.name), one.mode, f"{count:,}", f"{cut:,}", mean, of if mean else ""))
    return found


def _left_out(series: Sequence[Series]) -> list[str]:
    return [f"  and {len(series) - _MOST:,} more series"] if len(series) > _MOST else []
