"""How an interval is written, and what must be said beside one."""

from __future__ import annotations

import math
from collections.abc import Iterable

from monitorcli.report.layout import Line, Span, TextTable
from monitorcli.report.text import number
from monitorcli.summary.enough import FEW, FEW_OTHERS
from monitorcli.summary.intervals import Interval

OF_ONE_POLICY = "speaks of this policy only, not of another training"
NARROW = "the interval may be too narrow"
OF_RUNS = "over directories, one value each"


def between(interval: Interval) -> str:
    """`[171.9, 203.0]`; "" when it is not known."""
    if math.isnan(interval.low) or math.isnan(interval.high):
        return ""
    return f"[{number(interval.low)}, {number(interval.high)}]"


def estimated(value: str, interval: Interval) -> Line:
    """`187.4 [171.9, 203.0]`."""
    within = between(interval)
    return [Span(value, "value"), Span(f" {within}" if within else "")]


def estimates(title: str, rows: Iterable[tuple[str, str, Interval, int]]) -> TextTable:
    """A row for each name, value, interval and number of what it is over."""
    cells = ((name, value, between(interval), f"{n:,}") for name, value, interval, n in rows)
    return TextTable((title, "value", "interval", "n"), [[[Span(text)] for text in row] for row in cells])


def note(confidence: float, n: int = 0, warning: str = "") -> str:
    """What `[ ]` means in a table; with the number of episodes where it is of one recording."""
    of = f"{n:,} episodes" if n else "episodes"
    said = f"[ ] {percent(confidence)} interval over {of}: {OF_ONE_POLICY}"
    return f"{said}; {warning}" if warning else said


def percent(confidence: float) -> str:
    """`95 %`."""
    return f"{100 * confidence:.6g} %"


def few(n: int, others: int) -> str:
    """A warning where an interval may be too narrow, or why the mean has none; "" else.

    `others` is how many of the n values differ from the most common one.
    """
    if n > 1 and not others:
        return f"all {n:,} are equal, so that their mean has no interval"
    if 1 < n < FEW:
        return f"{n} are few: {NARROW}"
    return f"only {others} of {n:,} differ from the others: {NARROW}" if 0 < others < FEW_OTHERS else ""
