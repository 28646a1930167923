"""The frame that every chart stands in: grid, ticks, shapes, a caption, and its numbers as a table.

No text is scaled: shapes are drawn in a viewBox that stretches, labels are placed by percentages.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitorcli.report.page.axis import Axis
from monitorcli.report.page.markup import NOTHING, Markup, joined, tag
from monitorcli.report.text import number

# Shapes are drawn on a plane so wide and so high.
PLANE = 1000


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure. `summary` says in words what is seen; `below` is what stands under the plot."""

    name: str  # an id, unique in the page
    title: str
    caption: Markup
    summary: str
    numbers: Markup  # the table for those who cannot, or would rather not, read it off the picture
    below: Markup = NOTHING
    legend: Markup = NOTHING
    tall: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis, what it measures, and where its ticks are; `unit` is written behind each."""

    axis: Axis
    label: str
    ticks: tuple[float, ...]
    unit: str = ""


def scale(axis: Axis, label: str, most: int = 6, whole: bool = False) -> Scale:
    """A scale with round ticks; `whole` for what is counted."""
    ticks = axis.ticks(most)
    return Scale(axis, label, tuple(tick for tick in ticks if not whole or tick == int(tick)))


def figure(chart: Chart, x: Scale, y: Scale, shapes: Markup, level: int) -> Markup:
    """The chart with its frame; `level` is that of its heading."""
    drawing = tag(
        "svg",
        _across(y),
        tag("svg", shapes, class_="plane", width="100%", height="100%", viewBox=f"0 0 {PLANE} {PLANE}",
            preserveAspectRatio="none"),
        _along(x),
        role="img",
        aria_label=f"{chart.title}. {chart.summary}",
    )  # fmt: skip
    return tag(
        "figure",
        tag("figcaption", tag(f"h{level}", chart.title), tag("p", chart.caption), chart.legend),
        tag("div", tag("p", y.label, class_="axis", aria_hidden="true"), tag("div", drawing, class_="area"),
            class_="plot tall" if chart.tall else "plot"),
        chart.below,
        tag("details", tag("summary", "Numbers"), chart.numbers),
        class_="chart",
        id=chart.name,
    )  # fmt: skip


def bar(left: float, width: float, foot: float, height: float, tip: str, class_: str) -> Markup:
    """A bar on the plane, a little narrower than its place, beginning `foot` above the base line."""
    return tag("rect", x=f"{left + 0.08 * width:.4g}", y=f"{PLANE - foot - height:.4g}",
               width=f"{width * 0.84:.4g}", height=f"{height:.4g}", class_=class_, data_tip=tip)  # fmt: skip


def _across(y: Scale) -> Markup:
    """Horizontal lines with their values at the left."""
    parts = []
    for tick, at in zip(y.ticks, _percent(y, flipped=True), strict=True):
        parts.append(tag("line", x1="0", x2="100%", y1=at, y2=at, class_="grid"))
        parts.append(tag("text", number(tick) + y.unit, x="0", dx="-8", y=at, dy="0.32em", class_="left"))
    return joined(parts)


def _along(x: Scale) -> Markup:
    """Values under the plot, the label at the right end of their line."""
    line = tag("line", x1="0", x2="100%", y1="100%", y2="100%", class_="base")
    ticks = [
        tag("text", number(tick) + x.unit, x=at, y="100%", dy="18", class_="under")
        for tick, at in zip(x.ticks, _percent(x), strict=True)
    ]
    return joined([line, *ticks, tag("text", x.label, x="100%", y="100%", dy="36", class_="label")])


def _percent(of: Scale, flipped: bool = False) -> list[str]:
    shares = of.axis.at(np.array(of.ticks, dtype=np.float64)) if of.ticks else np.zeros(0)
    return [f"{100 * (1 - share if flipped else share):.4g}%" for share in shares.tolist()]
