"""How an interval is written, and what must be said beside one."""

from __future__ import annotations

import math

from monitorcli.report.text import number
from monitorcli.summary.group import FEW
from monitorcli.summary.intervals import Interval

OF_ONE_POLICY = "speaks of this policy only, not of another training"
OF_RUNS = "over directories, one value each"


def between(interval: Interval) -> str:
    """` [171.9, 203.0]`; "" when it is not known."""
    if math.isnan(interval.low) or math.isnan(interval.high):
        return ""
    return f" [{number(interval.low)}, {number(interval.high)}]"


def note(confidence: float, n: int = 0) -> str:
    """What `[ ]` means in a table; with the number of episodes where it is of one recording."""
    of = f"{n:,} episodes" if n else "episodes"
    warning = f"; {few(n)}" if few(n) else ""
    return f"[ ] {percent(confidence)} interval over {of}: {OF_ONE_POLICY}{warning}"


def percent(confidence: float) -> str:
    """`95 %`."""
    return f"{100 * confidence:.6g} %"


def few(n: int) -> str:
    """A warning for samples so small that their interval is too narrow; "" for others."""
    return f"{n} are few: the interval is too narrow" if 1 < n < FEW else ""
