"""How episodes ended, in the course of the recording."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from monitorcli.monitor import log
from monitorcli.recording.model import Episodes
from monitorcli.report.page import plot
from monitorcli.report.page.axis import Axis
from monitorcli.report.page.markup import Markup, joined, table, tag, text
from monitorcli.report.page.plot import PLANE
from monitorcli.report.text import plural

_BARS = 60
_ROWS = 12

# In the order they are stacked, the lowest first.
NAMES = ("terminated", "truncated", "not known", "incomplete")


def kinds(end: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
    """For each episode the place in NAMES of how it ended; shape (n,).

    One both terminated and truncated counts as terminated, as in the summary.
    """
    found = np.full(len(end), 2)
    found[end & log.END_TRUNCATED != 0] = 1
    found[end & log.END_TERMINATED != 0] = 0
    found[end >= log.CUT_RESET] = 3
    return found


def section(episodes: Episodes, name: str, level: int) -> Markup | None:
    """The chart; None when there is no episode, or all ended in the same way and a sentence says so."""
    totals = np.bincount(kinds(episodes.end), minlength=len(NAMES))
    if np.count_nonzero(totals) < 2:
        return None
    edges, counts = _binned(episodes, _BARS)
    x = plot.scale(Axis(-0.5, len(episodes) - 0.5), "episode", whole=True)
    y = plot.Scale(Axis(0.0, 100.0), "share of episodes", (0.0, 25.0, 50.0, 75.0, 100.0), " %")
    fewest, most = int(counts.sum(axis=1).min()), int(counts.sum(axis=1).max())
    each = f"{most:,}" if fewest == most else f"{fewest:,} or {most:,}"
    chart = plot.Chart(
        name=name,
        title="How episodes ended",
        caption=text(f"{plural(len(episodes), 'episode')} in the order they began, {each} a bar."),
        summary=words(totals),
        numbers=_numbers(*_binned(episodes, _ROWS)),
        legend=_legend(totals),
    )
    return plot.figure(chart, x, y, _bars(edges, counts), level)


def words(totals: npt.NDArray[np.intp]) -> str:
    """`9,010 terminated (90.1 %), 990 truncated (9.9 %)`."""
    return ", ".join(
        f"{count:,} {name} ({100 * count / totals.sum():.3g} %)"
        for name, count in zip(NAMES, totals.tolist(), strict=True)
        if count
    )


def _binned(episodes: Episodes, most: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Edges of bins of about equal size, shape (m + 1,), and the counts in each, shape (m, 4)."""
    n = len(episodes)
    edges = np.arange(min(most, n) + 1) * n // min(most, n)
    found = kinds(episodes.end)
    columns = [np.add.reduceat(found == kind, edges[:-1], dtype=np.intp) for kind in range(len(NAMES))]
    return edges, np.stack(columns, axis=1)


def _bars(edges: npt.NDArray[np.intp], counts: npt.NDArray[np.intp]) -> Markup:
    width = PLANE / len(counts)
    parts = []
    for place, row in enumerate(counts.tolist()):
        tip = f"Episodes {edges[place]:,} to {edges[place + 1] - 1:,}: " + ", ".join(
            f"{count:,} {name}" for name, count in zip(NAMES, row, strict=True) if count
        )
        foot = 0.0
        for kind, count in enumerate(row):
            height = PLANE * count / sum(row)
            if count:
                parts.append(
                    tag("rect", x=f"{(place + 0.08) * width:.4g}", y=f"{PLANE - foot - height:.4g}",
                        width=f"{width * 0.84:.4g}", height=f"{height:.4g}", class_=f"end e{kind}",
                        data_tip=tip)
                )  # fmt: skip
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


def _numbers(edges: npt.NDArray[np.intp], counts: npt.NDArray[np.intp]) -> Markup:
    used = [kind for kind in range(len(NAMES)) if counts[:, kind].any()]
    rows = [
        (f"{edges[place]:,} to {edges[place + 1] - 1:,}", *(f"{row[kind]:,}" for kind in used))
        for place, row in enumerate(counts.tolist())
    ]
    return table(("Episodes", *(NAMES[kind].capitalize() for kind in used)), rows, "How episodes ended")
