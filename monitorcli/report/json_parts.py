"""The parts of the JSON that are estimates or were asked for: intervals, modes, gates, comparison."""

from __future__ import annotations

import math
from typing import Any

from monitorcli.report import modes_and_windows
from monitorcli.report.model import Report, View
from monitorcli.report.verdicts import sentence
from monitorcli.summary.comparison import Comparison
from monitorcli.summary.gates import Verdict
from monitorcli.summary.group import Group
from monitorcli.summary.intervals import MOST_RESAMPLED, SEED, STATISTICS, Interval, draws
from monitorcli.summary.measures import Measured


def more(view: View, report: Report) -> dict[str, Any]:
    """The keys behind `schema`, always all of them: null or empty where nothing was asked for."""
    options, numbers = report.options, view.numbers
    apart = dict(modes_and_windows.modes(view))
    return {
        "confidence": options.confidence,
        "selection": {"mode": options.selection.mode, "last": options.selection.last},
        "success": _success(view.measured),
        "modes": {
            name: {"episodes": count, **_short(apart.get(name, view.measured))}
            for name, count in numbers.modes.items()
        },
        "windows": [
            {"first": first, "last": last, **_short(measured)}
            for first, last, measured in modes_and_windows.per_window(view, options.window)
        ],
        "gates": [_gate(verdict) for of, verdict in report.verdicts if of is view],
        "comparison": _comparison(report),
        "group": _group(report.group),
    }


def of_column(measured: Measured, column: str) -> dict[str, Any]:
    """The interval of every statistic, and how they were had."""
    found = measured.all_intervals(column)
    return {**{name: pair(found[name]) for name in STATISTICS}, **_method(measured.of(column).n)}


def finite(value: float | None) -> float | None:
    """The number, or None where JSON has none for it."""
    return None if value is None or not math.isfinite(value) else value


def pair(interval: Interval) -> list[float | None] | None:
    """Its ends; None when it is not known."""
    if math.isnan(interval.low) or math.isnan(interval.high):
        return None
    return [finite(interval.low), finite(interval.high)]


def _method(n: int) -> dict[str, Any]:
    if n < 2:
        return {"method": None, "seed": None, "draws": None}
    if n > MOST_RESAMPLED:
        return {"method": "closed form", "seed": None, "draws": None}
    return {"method": "percentile bootstrap", "seed": SEED, "draws": draws(n)}


def _success(measured: Measured) -> dict[str, Any]:
    return {
        "n": measured.n("success"),
        "rate": finite(measured.value("success")),
        "interval": pair(measured.interval("success")),
        "method": "Wilson",
    }


def _short(measured: Measured) -> dict[str, Any]:
    return {
        "n": measured.n("mean"),
        **{name: finite(measured.value(name)) for name in ("mean", "median", "iqm")},
        "interval": pair(measured.interval("mean")),
        "success": _success(measured),
    }


def _gate(verdict: Verdict) -> dict[str, Any]:
    return {
        "gate": verdict.gate.option,
        "met": verdict.met,
        "found": finite(verdict.value),
        "baseline": finite(verdict.baseline),
        "n": verdict.n,
        "says": sentence(verdict),
    }


def _comparison(report: Report) -> dict[str, Any] | None:
    comparison = report.comparison
    if comparison is None or report.baseline is None:
        return None
    return {
        "baseline": str(report.baseline.recording.directory),
        "paired": comparison.paired,
        "n_old": comparison.n_old,
        "n_new": comparison.n_new,
        "differences": {of.name: _difference(comparison, of.name) for of in comparison.differences},
        "p_improve": finite(comparison.p_improve),
        "p_improve_interval": pair(comparison.p_interval),
    }


def _difference(comparison: Comparison, name: str) -> dict[str, Any]:
    difference = next(of for of in comparison.differences if of.name == name)
    return {
        "old": finite(difference.old),
        "new": finite(difference.new),
        "change": finite(difference.change),
        "interval": pair(difference.interval),
    }


def _group(group: Group | None) -> dict[str, Any] | None:
    if group is None:
        return None
    return {
        "n": group.statistics.n,
        **{name: finite(getattr(group.statistics, name)) for name in STATISTICS},
        "intervals": {name: pair(group.intervals[name]) for name in STATISTICS},
        "strata": group.strata,
    }
