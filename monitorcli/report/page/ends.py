"""How episodes ended, in the course of the recording."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitorcli.format.ends import ENDS, KINDS, NOT_KNOWN
from monitorcli.report.page import plot
from monitorcli.report.page.axis import Axis
from monitorcli.report.page.markup import NOTHING, Markup, joined, table, tag, text
from monitorcli.report.page.plot import PLANE
from monitorcli.report.text import plural
from monitorcli.summary.selection import Rows

_BARS = 60
_ROWS = 12

# By code, the place in KINDS, in whose order they are stacked, the lowest first.
_PLACES = np.zeros(256, np.intp)
_PLACES[list(ENDS)] = [KINDS.index(end.kind) for end in ENDS.values()]

Codes = npt.NDArray[np.uint8]


class EndCounts(NamedTuple):
    """m groups of episodes, of about equal size: the numbers of the first and last episode, shape (m,)
    each, and how many ended in each of KINDS, shape (m, 4).
    """

    first: Rows
    last: Rows
    counts: npt.NDArray[np.intp]

    def labelled(self) -> Iterator[tuple[str, list[int]]]:
        """`0 to 19`, and the counts, for each."""
        for first, last, row in zip(*(column.tolist() for column in self), strict=True):
            yield f"{first:,} to {last:,}", row


def section(end: Codes, numbers: Rows, name: str, level: int) -> Markup:
    """The chart; nothing when all ended in the same way, which `sentence` says.

    `numbers` has each episode's number in the whole recording, ascending.
    """
    totals = np.bincount(_PLACES[end], minlength=len(KINDS))
    if np.count_nonzero(totals) < 2:
        return NOTHING
    bars = _binned(end, numbers, _BARS)
    x = plot.scale(Axis(numbers[0] - 0.5, numbers[-1] + 0.5), "episode", whole=True)
    y = plot.Scale(Axis(0.0, 100.0), "share of episodes", (0.0, 25.0, 50.0, 75.0, 100.0), " %")
    fewest, most = int(bars.counts.sum(axis=1).min()), int(bars.counts.sum(axis=1).max())
    each = f"{most:,}" if fewest == most else f"{fewest:,} or {most:,}"
    chart = plot.Chart(
        name=name,
        title="How episodes ended",
        caption=text(f"{plural(len(end), 'episode')} in the order they began, {each} a bar."),
        summary=words(totals),
        numbers=_numbers(_binned(end, numbers, _ROWS)),
        legend=_legend(totals),
    )
    return plot.figure(chart, x, y, _bars(bars, x.axis), level)


def sentence(end: Codes) -> Markup:
    """How all of the episodes ended, as the first did."""
    kind = ENDS[int(end[0])].kind
    said = "nobody wrote it down" if kind == NOT_KNOWN else f"all {kind}"
    return tag("p", f"How they ended: {said}.", class_="nothing")


def words(totals: npt.NDArray[np.intp]) -> str:
    """`9,010 terminated (90.1 %), 990 truncated (9.9 %)`."""
    return ", ".join(
        f"{count:,} {name} ({100 * count / totals.sum():.3g} %)"
        for name, count in zip(KINDS, totals.tolist(), strict=True)
        if count
    )


def _binned(end: Codes, numbers: Rows, most: int) -> EndCounts:
    n = len(end)
    edges = np.arange(min(most, n) + 1) * n // min(most, n)
    found = _PLACES[end]
    columns = [np.add.reduceat(found == kind, edges[:-1], dtype=np.intp) for kind in range(len(KINDS))]
    return EndCounts(numbers[edges[:-1]], numbers[edges[1:] - 1], np.stack(columns, axis=1))


def _bars(bars: EndCounts, x: Axis) -> Markup:
    """Each from its first episode's place on the axis to the next one's: others' episodes may lie between."""
    left = x.at(bars.first.astype(np.float64) - 0.5) * PLANE
    right = np.append(left[1:], PLANE)
    parts = []
    for start, end, (label, row) in zip(left.tolist(), right.tolist(), bars.labelled(), strict=True):
        counted = [f"{count:,} {name}" for name, count in zip(KINDS, row, strict=True) if count]
        tip = f"Episodes {label}: {', '.join(counted)}"
        foot = 0.0
        for kind, count in enumerate(row):
            height = PLANE * count / sum(row)
            if count:
                parts.append(plot.bar(start, end - start, foot, height, tip, f"end e{kind}"))
            foot += height
    return joined(parts)


def _legend(totals: npt.NDArray[np.intp]) -> Markup:
    items = (
        tag("li", tag("span", class_=f"swatch e{kind}"), f"{KINDS[kind]} ", tag("b", f"{count:,}"),
            f" · {100 * count / totals.sum():.3g} %")
        for kind, count in enumerate(totals.tolist())
        if count
    )  # fmt: skip
    return tag("ul", *items, class_="legend")


def _numbers(bars: EndCounts) -> Markup:
    used = [kind for kind in range(len(KINDS)) if bars.counts[:, kind].any()]
    rows = [(label, *(f"{row[kind]:,}" for kind in used)) for label, row in bars.labelled()]
    return table(("Episodes", *(KINDS[kind].capitalize() for kind in used)), rows, "How episodes ended")
