"""The curves of several recordings in one plot of the terminal, each drawn with a letter of its own."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from monitorcli.report import axis, curve
from monitorcli.report.curve import Points
from monitorcli.report.layout import Line, Span, flow, labelled
from monitorcli.report.model import View

_HEIGHT = 10
_POINTS = 24  # more, and each curve is noise that hides the others
_MOST = 8  # more letters are a thicket
_SEVERAL = "*"  # where several lie on one another


class _Curve(NamedTuple):
    """The finite returns of a series' completed episodes, and where each lies."""

    name: str
    at: Points
    returns: Points


def lines(of: Sequence[tuple[str, View]], by: str, width: int) -> list[Line]:
    """The first curves, with a legend of their names; [] when fewer than two have anything to draw."""
    curves = [found for name, view in of if (found := _curve(name, view, by))]
    shown = curves[:_MOST]
    if len(shown) < 2:
        return []
    room = curve.room(width)
    low = min(float(one.at.min()) for one in shown)
    high = max(float(one.at.max()) for one in shown)
    means = [curve.along(one.at, one.returns, low, high, _POINTS) for one in shown]
    points = [curve.stretched(one, room) for one in means]
    finite = np.concatenate([one[np.isfinite(one)] for one in points])
    drawn = _drawn(points, float(finite.min()), float(finite.max()))
    what = axis.share(high - low, _POINTS, by)
    foot = curve.foot(axis.said(low, by), axis.said(high, by), what, room)
    graph = curve.with_axis(drawn, float(finite.max()), float(finite.min()), foot)
    return [*graph, *_legend(shown, len(curves) - len(shown), _starred(drawn), width)]


def _curve(name: str, view: View, by: str) -> _Curve | None:
    episodes = view.recording.episodes
    at = axis.places(view, by)
    drawn = episodes.completed & np.isfinite(episodes.episode_return) & np.isfinite(at)
    if np.count_nonzero(drawn) < 2:
        return None
    return _Curve(name, at[drawn], episodes.episode_return[drawn])


def _drawn(points: Sequence[Points], low: float, high: float) -> list[str]:
    """Strings as wide as there are points, highest first."""
    height = _HEIGHT if high > low else 1
    rows = [[" "] * len(points[0]) for _ in range(height)]
    for letter, one in zip(string.ascii_lowercase, points, strict=False):
        for column, level in enumerate(curve.levels(one, low, high, height)):
            if level is not None:
                row = rows[height - 1 - level]
                row[column] = letter if row[column] == " " else _SEVERAL
    return ["".join(row) for row in rows]


def _starred(drawn: Sequence[str]) -> bool:
    return any(_SEVERAL in row for row in drawn)


def _legend(shown: Sequence[_Curve], left_out: int, starred: bool, width: int) -> list[Line]:
    segments: list[Line] = [
        [Span(f"{letter} ", "curve"), Span(one.name, "path")]
        for letter, one in zip(string.ascii_lowercase, shown, strict=False)
    ]
    if starred:
        segments.append([Span(f"{_SEVERAL} ", "curve"), Span("several")])
    if left_out:
        segments.append([Span(f"… {left_out:,} more not drawn", "dim")])
    return labelled(" ", flow(segments, width - 1), 1)
