"""One series of several recordings in one chart: a running mean for each, and none is pooled with another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from monitorcli.report import axis
from monitorcli.report.model import View
from monitorcli.report.page import plot, running_mean
from monitorcli.report.page.axis import Axis, fitting, padded
from monitorcli.report.page.markup import NOTHING, Markup, joined, table, tag, text
from monitorcli.report.page.plot import PLANE
from monitorcli.report.page.running_mean import RunningMean
from monitorcli.report.text import number

_COLOURS = 8  # of chart.css
MOST = 24  # lines: each colour whole, dashed and dotted
_UNITS = ((172_800.0, 86_400.0, "days"), (7200.0, 3600.0, "hours"), (120.0, 60.0, "minutes"))


class _LinkedCurve(NamedTuple):
    """The running mean of one recording, over places on the chart's axis; the last episode is at `end`."""

    view: View
    link: str
    line: RunningMean
    end: float

    @property
    def last(self) -> str:
        return number(float(self.line.mean[-1]))


def section(title: str, of: Sequence[tuple[View, str]], by: str, name: str, level: int) -> Markup:
    """The chart, by "episodes", "steps" or "time"; nothing when fewer than two have a curve.

    `of` has each view, and the id of where it stands in the page.
    """
    curves = [found for view, link in of if (found := _curve(view, link, by))]
    shown = curves[:MOST]
    if len(shown) < 2:
        return NOTHING
    unit, label = _unit(shown, by)
    x = Axis(0.0, max(one.end for one in shown) / unit)
    y = padded(fitting(np.concatenate([one.line.mean for one in shown])))
    chart = plot.Chart(
        name=name,
        title=f"Return of {title}" if title else "Return",
        caption=text(_caption(len(of), len(curves))),
        summary="; ".join(f"{one.view.name} ends at {one.last}" for one in shown),
        numbers=_numbers(shown),
        legend=_legend(shown),
        tall=True,
    )
    shapes = joined(_line(one, place, x, y, unit) for place, one in enumerate(shown))
    return plot.figure(
        chart, plot.scale(x, label, whole=by != "time"), plot.scale(y, "return", 5), shapes, level
    )


def _caption(recordings: int, curves: int) -> str:
    said = "Lines: the running mean over a twentieth of a recording's episodes. Numbers: where the lines end."
    if curves > MOST:
        said += f" The first {MOST} of {curves:,}."
    if curves < recordings:
        said += f" Nothing to draw of {recordings - curves:,} more."
    return said


def _curve(view: View, link: str, by: str) -> _LinkedCurve | None:
    episodes = view.recording.episodes
    places = axis.places(view, by)
    drawn = episodes.completed & np.isfinite(episodes.episode_return) & np.isfinite(places)
    at = places[drawn]
    if len(at) < 2 or not at.max() > 0:
        return None
    line = running_mean.of_returns(at, episodes.episode_return[drawn], 0)
    return _LinkedCurve(view, link, line, float(at.max()))


def _unit(curves: Sequence[_LinkedCurve], by: str) -> tuple[float, str]:
    if by != "time":
        return 1.0, {"steps": "steps"}.get(by, "episode")
    longest = max(one.end for one in curves)
    return next(((unit, name) for least, unit, name in _UNITS if longest >= least), (1.0, "seconds"))


def _line(one: _LinkedCurve, place: int, x: Axis, y: Axis, unit: float) -> Markup:
    across, up = x.at(one.line.at / unit) * PLANE, (1 - y.at(one.line.mean)) * PLANE
    path = "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(across.tolist(), up.tolist(), strict=True))
    tip = f"{one.view.name}: last {one.last}, highest {number(float(one.line.mean.max()))}"
    return tag("path", d=f"M{path}", class_=f"over {_look(place)}", data_tip=tip)


def _look(place: int) -> str:
    return f"c{place % _COLOURS} d{place // _COLOURS}"


def _legend(curves: Sequence[_LinkedCurve]) -> Markup:
    items = []
    for place, one in enumerate(curves):
        stroke = tag("line", x1="0", x2="28", y1="5", y2="5", class_=f"over {_look(place)}")
        sample = tag("svg", stroke, class_="sample", width="28", height="10", aria_hidden="true")
        items.append(tag("li", sample, tag("a", one.view.name, href=f"#{one.link}"), " ", tag("b", one.last)))
    return tag("ul", *items, class_="legend")


def _numbers(curves: Sequence[_LinkedCurve]) -> Markup:
    header = ("Recording", "Mean of", "First", "Lowest", "Highest", "Last")
    rows = (
        (
            one.view.name,
            f"{one.line.window:,}",
            *(number(float(value)) for value in (mean[0], mean.min(), mean.max(), mean[-1])),
        )
        for one in curves
        for mean in [one.line.mean]
    )
    return table(header, rows, "Running means of the return")
