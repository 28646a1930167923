"""How episodes ended, in the course of the recording."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitorcli.format import log
from monitorcli.report.page import plot
from monitorcli.report.page.axis import Axis
from monitorcli.report.page.markup import NOTHING, Markup, joined, table, tag, text
from monitorcli.report.page.plot import PLANE
from monitorcli.report.text import plural
from monitorcli.summary.selection import Rows

_BARS = 60
_ROWS = 12

# In the order they are stacked, the lowest first.
NAMES = ("terminated", "truncated", "not known", "incomplete")

Codes = npt.NDArray[np.uint8]


class EndCounts(NamedTuple):
    """m groups of episodes, of about equal size: the numbers of the first and last episode, shape (m,)
    each, and how many ended in each of NAMES, shape (m, 4).
    """

    first: Rows
    last: Rows
    counts: npt.NDArray[np.intp]

    def labelled(self) -> Iterator[tuple[str, list[int]]]:
        """`0 to 19`, and the counts, for each."""
        for first, last, row in zip(*(column.tolist() for column in self), strict=True):
            yield f"{first:,} to {last:,}", row


def kinds(end: Codes) -> npt.NDArray[np.intp]:
    """For each episode the place in NAMES of how it ended; shape (n,).

    One both terminated and truncated counts as terminated, as in the summary.
    """
    found = np.full(len(end), 2)
    found[end & log.END_TRUNCATED != 0] = 1
    found[end & log.END_TERMINATED != 0] = 0
    found[end >= log.CUT_RESET] = 3
    return found


def section(end: Codes, numbers: Rows, name: str, level: int) -> Markup:
    """The chart; nothing when all ended in the same way, which `sentence` says.

    `numbers` has each episode's number in the whole recording, ascending.
    """
    totals = np.bincount(kinds(end), minlength=len(NAMES))
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
    kind = NAMES[int(kinds(end[:1])[0])]
    said = "nobody wrote it down" if kind == "not known" else f"all {kind}"
    return tag("p", f"How they ended: {said}.", class_="nothing")


def words(totals: npt.NDArray[np.intp]) -> str:
    """`9,010 terminated (90.1 %), 990 truncated (9.9 %)`."""
    return ", ".join(
        f"{count:,} {name} ({100 * count / totals.sum():.3g} %)"
        for name, count in zip(NAMES, totals.tolist(), strict=True)
        if count
    )


def _binned(end: Codes, numbers: Rows, most: int) -> EndCounts:
    n = len(end)
    edges = np.arange(min(most, n) + 1) * n // min(most, n)
    found = kinds(end)
    columns = [np.add.reduceat(found == kind, edges[:-1], dtype=np.intp) for kind in range(len(NAMES))]
    return EndCounts(numbers[edges[:-1]], numbers[edges[1:] - 1], np.stack(columns, axis=1))


def _bars(bars: EndCounts, x: Axis) -> Markup:
    """Each from its first episode's place on the axis to its last one's."""
    left = x.at(bars.first.astype(np.float64) - 0.5) * PLANE
    right = x.at(bars.last.astype(np.float64) + 0.5) * PLANE
    parts = []
    for start, end, (label, row) in zip(left.tolist(), right.tolist(), bars.labelled(), strict=True):
        counted = [f"{count:,} {name}" for name, count in zip(NAMES, row, strict=True) if count]
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
        tag("li", tag("span", class_=f"swatch e{kind}"), f"{NAMES[kind]} ", tag("b", f"{count:,}"),
            f" · {100 * count / totals.sum():.3g} %")
        for kind, count in enumerate(totals.tolist())
        if count
    )  # fmt: skip
    return tag("ul", *items, class_="legend")


def _numbers(bars: EndCounts) -> Markup:
    used = [kind for kind in range(len(NAMES)) if bars.counts[:, kind].any()]
    rows = [(label, *(f"{row[kind]:,}" for kind in used)) for label, row in bars.labelled()]
    return table(("Episodes", *(NAMES[kind].capitalize() for kind in used)), rows, "How episodes ended")
