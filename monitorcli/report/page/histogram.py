"""How values are distributed: bars between round numbers."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from monitorcli.report.page import plot
from monitorcli.report.page.axis import Axis, Values, fitting, nice_step
from monitorcli.report.page.markup import Markup, joined, table, tag, text
from monitorcli.report.page.plot import PLANE
from monitorcli.report.text import number, plural

_BARS = 40


def section(values: Values, what: str, name: str, level: int, steps: bool = False) -> Markup | None:
    """Of finite values, one for each completed episode; None when there are fewer than two.

    `what` is "return" or "length"; `steps` for values that are counted in steps.
    """
    if len(values) < 2:
        return None
    edges = bins(values)
    inside = np.clip(values, edges[0], edges[-1])
    counts = np.histogram(inside, edges)[0]
    beyond = int(np.count_nonzero(inside != values))
    unit = " steps" if steps else ""
    middle = float(np.median(values))
    caption = f"{plural(len(values), 'episode')}. The line is their median, {number(middle)}{unit}."
    if beyond:
        caption += f" {plural(beyond, 'episode')} lie beyond the scale and are counted at its edge."
    x = plot.scale(Axis(float(edges[0]), float(edges[-1])), what + (" in steps" if steps else ""), 5)
    y = plot.scale(Axis(0.0, 1.06 * float(counts.max())), "episodes", 4, whole=True)
    chart = plot.Chart(
        name=name,
        title=f"Distribution of {what}s",
        caption=text(caption),
        summary=_summary(values, counts, edges),
        numbers=_numbers(counts, edges, what),
    )
    shapes = joined([_bars(counts, edges, y.axis, unit), _median(middle, x.axis)])
    return plot.figure(chart, x, y, shapes, level)


def bins(values: Values) -> Values:
    """At most about 40 edges at round distances; whole numbers get bars of whole numbers."""
    axis = fitting(values)
    step = nice_step(axis.high / _BARS - axis.low / _BARS)
    if not step:
        return np.linspace(axis.low, axis.high, 11)
    if bool((values == np.rint(values)).all()):
        step = max(1.0, math.ceil(step))
    first = math.floor(float(values.min() if axis.low == 0 else axis.low) / step)
    last = max(first + 1, math.floor(axis.high / step) + 1)
    return np.arange(first, last + 1, dtype=np.float64) * step


def _bars(counts: npt.NDArray[np.intp], edges: Values, y: Axis, unit: str) -> Markup:
    width = PLANE / len(counts)
    share = 100 / max(1, counts.sum())
    bars = []
    for place, (count, height) in enumerate(
        zip(counts.tolist(), (y.at(counts.astype(np.float64)) * PLANE).tolist(), strict=True)
    ):
        if count:
            tip = (
                f"{number(edges[place])} to {number(edges[place + 1])}{unit}: "
                f"{plural(count, 'episode')}, {share * count:.3g} %"
            )
            tall = max(height, 4)  # one episode among many thousands is still there
            bars.append(
                tag("rect", x=f"{place * width + 0.1 * width:.4g}", y=f"{PLANE - tall:.4g}",
                    width=f"{width * 0.8:.4g}", height=f"{tall:.4g}", class_="bar", data_tip=tip)
            )  # fmt: skip
    return joined(bars)


def _median(middle: float, x: Axis) -> Markup:
    at = f"{float(x.at(np.array([middle]))[0]) * PLANE:.4g}"
    return tag("line", x1=at, x2=at, y1="0", y2=str(PLANE), class_="median")


def _summary(values: Values, counts: npt.NDArray[np.intp], edges: Values) -> str:
    most = int(counts.argmax())
    low, high = np.quantile(values, (0.25, 0.75)).tolist()
    return (
        f"From {number(float(values.min()))} to {number(float(values.max()))}, half of them between "
        f"{number(low)} and {number(high)}. Most, {counts[most]:,} of {len(values):,}, are between "
        f"{number(edges[most])} and {number(edges[most + 1])}."
    )


def _numbers(counts: npt.NDArray[np.intp], edges: Values, what: str) -> Markup:
    rows = [
        (f"{number(low)} to {number(high)}", f"{count:,}", f"{100 * count / counts.sum():.3g} %")
        for low, high, count in zip(edges.tolist(), edges[1:].tolist(), counts.tolist(), strict=False)
        if count
    ]
    return table((what.capitalize(), "Episodes", "Share"), rows, f"Distribution of {what}s")
