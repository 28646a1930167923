"""How values are distributed: bars between round numbers."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from monitorcli.report.page import plot
from monitorcli.report.page.axis import Axis, Values, fitting, nice_step
from monitorcli.report.page.markup import NOTHING, Markup, joined, table, tag, text
from monitorcli.report.page.plot import PLANE
from monitorcli.report.text import number, plural
from monitorcli.summary.overview import finite

_BARS = 40


class Histogram(NamedTuple):
    """n bars: their edges, shape (n + 1,), how many values each holds, and between what they lie."""

    edges: Values
    counts: npt.NDArray[np.intp]
    labels: list[str]


def section(column: npt.NDArray[Any], what: str, name: str, level: int, unit: str = "") -> Markup:
    """Of the finite values, one for each completed episode; nothing when there are fewer than two.

    `what` is "return" or "length"; `unit` is written behind a value.
    """
    values = finite(column).astype(np.float64)
    if len(values) < 2:
        return NOTHING
    bars = counted(values)
    edges = bars.edges
    beyond = int(np.count_nonzero((values < edges[0]) | (values > edges[-1])))
    middle = float(np.median(values))
    caption = f"{plural(len(values), 'episode')}. The line is their median, {number(middle)}{unit}."
    if beyond:
        caption += f" {plural(beyond, 'episode')} lie beyond the scale and are counted at its edge."
    x = plot.scale(Axis(float(edges[0]), float(edges[-1])), what + (f" in{unit}" if unit else ""), 5)
    y = plot.scale(Axis(0.0, 1.06 * float(bars.counts.max())), "episodes", 4, whole=True)
    chart = plot.Chart(
        name=name,
        title=f"Distribution of {what}s",
        caption=text(caption),
        summary=_summary(values, bars),
        numbers=_numbers(bars, what),
    )
    shapes = joined([_drawn(bars, y.axis, unit), _median(middle, x.axis)])
    return plot.figure(chart, x, y, shapes, level)


def counted(values: Values) -> Histogram:
    """The values in bars; those beyond the first or last edge are counted there."""
    edges = bins(values)
    counts = np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0]
    return Histogram(edges, counts, labels(edges, _whole(values)))


def bins(values: Values) -> Values:
    """About 40 edges at round distances; whole numbers get bars of whole numbers."""
    axis = fitting(values)
    step = nice_step(axis.high / _BARS - axis.low / _BARS)
    if not step:
        share = np.linspace(0.0, 1.0, 11)  # of each end: their distance may be no float
        return np.asarray(axis.low * (1 - share) + axis.high * share)
    whole = _whole(values)
    while whole and not step.is_integer():
        step = max(1.0, nice_step(1.01 * step))
    first = math.floor(float(values.min() if axis.low == 0 else axis.low) / step)
    last = max(first + 1, math.floor(axis.high / step) + 1)
    # Each whole number in the middle of its own bar.
    shift = 0.5 if whole and step == 1 else 0.0
    return np.arange(first, last + 1, dtype=np.float64) * step - shift


def labels(edges: Values, whole: bool) -> list[str]:
    """What each bar holds: `20 to 39` for whole numbers, `7` when it is one, `0.5 to 1` for others."""
    pairs = list(zip(edges.tolist(), edges[1:].tolist(), strict=False))
    if not whole or not float(edges[1] - edges[0]).is_integer():
        return [f"{number(low)} to {number(high)}" for low, high in pairs]
    bounds = ((math.ceil(low), math.ceil(high) - 1) for low, high in pairs)
    return [number(low) if low == high else f"{number(low)} to {number(high)}" for low, high in bounds]


def _whole(values: Values) -> bool:
    return bool((values == np.rint(values)).all())


def _drawn(bars: Histogram, y: Axis, unit: str) -> Markup:
    width = PLANE / len(bars.counts)
    heights = (y.at(bars.counts.astype(np.float64)) * PLANE).tolist()
    parts = []
    for place, (label, count, height) in enumerate(zip(bars.labels, bars.counts, heights, strict=True)):
        if count:
            tall = max(height, 4)  # one episode among many thousands is still there
            tip = f"{label}{unit}: {plural(int(count), 'episode')}, {_share(bars, count)}"
            parts.append(plot.bar(place * width, width, 0, tall, tip, "bar"))
    return joined(parts)


def _share(bars: Histogram, count: int) -> str:
    return f"{100 * count / bars.counts.sum():.3g} %"


def _median(middle: float, x: Axis) -> Markup:
    at = f"{float(x.at(np.array([middle]))[0]) * PLANE:.4g}"
    return tag("line", x1=at, x2=at, y1="0", y2=str(PLANE), class_="median")


def _summary(values: Values, bars: Histogram) -> str:
    most = int(bars.counts.argmax())
    least, low, high, largest = (number(float(value)) for value in np.quantile(values, (0, 0.25, 0.75, 1)))
    return (
        f"From {least} to {largest}, half of them between {low} and {high}. "
        f"Most, {bars.counts[most]:,} of {len(values):,}, are {bars.labels[most]}."
    )


def _numbers(bars: Histogram, what: str) -> Markup:
    rows = [
        (label, f"{count:,}", _share(bars, count))
        for label, count in zip(bars.labels, bars.counts.tolist(), strict=True)
        if count
    ]
    return table((what.capitalize(), "Episodes", "Share"), rows, f"Distribution of {what}s")
