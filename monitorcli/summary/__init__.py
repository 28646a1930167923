"""Numbers over episodes, and what may be said from them. Pure: reads no file and prints nothing."""

from __future__ import annotations

from monitorcli.summary.overview import Statistics, Summary, curve, statistics, summarise

__all__ = ["Statistics", "Summary", "curve", "statistics", "summarise"]
