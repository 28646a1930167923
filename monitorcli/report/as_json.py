"""A recording as JSON for programs: strict (no NaN), UTF-8, keys in a fixed order."""

from __future__ import annotations

import json
import math
from typing import Any

from monitorcli.recording.manifest import UNKNOWN
from monitorcli.recording.model import Run, Video
from monitorcli.report import windows
from monitorcli.report.model import Report, View
from monitorcli.report.text import moment
from monitorcli.report.verdicts import sentence
from monitorcli.summary.gates import Verdict
from monitorcli.summary.intervals import Interval
from monitorcli.summary.measures import Measured
from monitorcli.summary.resampling import MOST_RESAMPLED, SEED, STATISTICS, draws

# 1: monitorcli 0.1 without this key. 2: intervals, iqm, success, modes, windows, gates, comparison, group.
SCHEMA = 2


def render(report: Report) -> str:
    """One object for one recording, a list of them for several; ends with a newline.

    Control, bidi and invisible characters are written as \\u escapes, so that a terminal can show the
    text as it is; programs read back what the files say.
    """
    documents = [_known(recording_as_json(view, report)) for view in report.views]
    text = json.dumps(
        documents[0] if len(documents) == 1 else documents, indent=2, ensure_ascii=False, allow_nan=False
    )
    return _safe(text) + "\n"


def recording_as_json(view: View, report: Report) -> dict[str, Any]:
    """What `inspect --format json` says of one recording; docs/inspect.schema.json says what it means.

    `env_id` is always one string (several are joined by ", "), or null when no file names one. Numbers
    that are not finite, or that nothing is known of, become null. `duration` is in seconds. Every key is
    always there: null or empty where nothing was asked for.
    """
    numbers, recording, options = view.numbers, view.recording, report.options
    modes = dict(modes_and_windows.modes(view))
    return {
        "directory": str(recording.directory),
        "env_id": ", ".join(name for name in recording.env_ids if name != UNKNOWN) or None,
        "episodes": numbers.episodes,
        "completed": numbers.completed,
        "incomplete": numbers.incomplete,
        "terminated": numbers.terminated,
        "truncated": numbers.truncated,
        "steps": numbers.steps,
        "return": _statistics(view.measured, "episode_return"),
        "length": _statistics(view.measured, "length"),
        "duration": numbers.duration,
        "runs": [_run(run) for run in recording.runs],
        "videos": [_video(video) for video in recording.videos],
        "notes": recording.notes,
        "problems": recording.problems,
        "schema": SCHEMA,
        "confidence": options.confidence,
        "selection": {"mode": options.selection.mode, "last": options.selection.last},
        "success": _success(view.measured),
        "modes": {
            name: {"episodes": count, **_short(modes.get(name, view.measured))}
            for name, count in numbers.modes.items()
        },
        "windows": [
            {"first": first, "last": last, **_short(measured)}
            for first, last, measured in windows.per_window(view, options.window)
        ],
        "gates": [_gate(verdict) for of, verdict in report.verdicts if of is view],
        "comparison": _comparison(report),
        "group": _group(report),
    }


def _statistics(measured: Measured, column: str) -> dict[str, Any]:
    """The statistics of a column, the interval of each, and how the intervals were had."""
    of = measured.of(column)
    method: tuple[Any, ...] = ("percentile bootstrap", SEED, draws(of.n))
    if of.n < 2 or of.n > MOST_RESAMPLED:
        method = ("closed form" if of.n > 1 else None, None, None)
    return {
        **{name: getattr(of, name) for name in ("n", "mean", "std", "median", "min", "max", "iqm")},
        "intervals": {
            **measured.all_intervals(column),
            **dict(zip(("method", "seed", "draws"), method, strict=True)),
        },
    }


def _success(measured: Measured) -> dict[str, Any]:
    rate, interval = measured.value("success"), measured.interval("success")
    return {"n": measured.n("success"), "rate": rate, "interval": interval, "method": "Wilson"}


def _short(measured: Measured) -> dict[str, Any]:
    return {
        "n": measured.n("mean"),
        **{name: measured.value(name) for name in ("mean", "median", "iqm")},
        "interval": measured.interval("mean"),
        "success": _success(measured),
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "number": run.number,
        "recorder": run.recorder,
        "state": run.state,
        "started_at": _time(run.started_at),
        "ended_at": _time(run.ended_at),
        "episodes": run.episodes,
        "exit_status": run.exit_status,
    }


def _video(video: Video) -> dict[str, Any]:
    return {
        "file": video.name,
        "episode": video.episode,
        "bytes": video.size,
        "finished": video.finished,
        "broken": video.broken,
    }


def _gate(verdict: Verdict) -> dict[str, Any]:
    return {
        "gate": verdict.gate.option,
        "met": verdict.met,
        "found": verdict.value,
        "baseline": verdict.baseline,
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
        "differences": {
            of.name: {"old": of.old, "new": of.new, "change": of.change, "interval": of.interval}
            for of in comparison.differences
        },
        "p_improve": comparison.p_improve,
        "p_improve_interval": comparison.p_interval,
    }


def _group(report: Report) -> dict[str, Any] | None:
    group = report.group
    if group is None:
        return None
    statistics = {name: getattr(group.statistics, name) for name in ("n", *STATISTICS)}
    return {**statistics, "intervals": group.intervals, "strata": group.strata}


def _time(seconds: float | None) -> str | None:
    """ISO 8601 in UTC with microseconds, as in the CSV."""
    at = moment(seconds)
    return None if at is None else at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _known(value: Any) -> Any:
    """The value as JSON can have it: an interval as its ends, null for a number that is none."""
    if isinstance(value, dict):
        return {name: _known(of) for name, of in value.items()}
    if isinstance(value, (list, tuple)):
        return [_known(of) for of in value]
    if isinstance(value, Interval):
        ends = [_known(value.low), _known(value.high)]
        return None if math.isnan(value.low) or math.isnan(value.high) else ends
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _safe(text: str) -> str:
    """The JSON with every unprintable character escaped; all of them stand inside its strings."""
    return "".join(
        char if char == "\n" or char.isprintable() else json.dumps(char)[1:-1].replace("\x7f", "\\u007f")
        for char in text
    )
