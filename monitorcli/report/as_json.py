"""A recording as JSON for programs: strict (no NaN), UTF-8, keys in a fixed order."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from monitorcli.recording.evaluation import texts
from monitorcli.recording.manifest import UNKNOWN
from monitorcli.report import evaluation_values, file_values, json_text, windows
from monitorcli.report.model import RecordingView, Report, View
from monitorcli.report.verdicts import sentence
from monitorcli.summary.group import Group
from monitorcli.summary.judge import Verdict
from monitorcli.summary.measures import Measured
from monitorcli.summary.resampling import MOST_RESAMPLED, SEED, STATISTICS, draws

# 1: monitorcli 0.1 without this key. 2: intervals, iqm, success, modes, windows, gates, comparison, group.
# 3: series, groups; null at the top what is not one series'; where runs come from.
SCHEMA = 3


def render(report: Report) -> str:
    """One object for one recording, a list of them for several; ends with a newline."""
    documents = [recording_as_json(one, report) for one in report.recordings]
    return json_text.written(documents[0] if len(documents) == 1 else documents)


def recording_as_json(one: RecordingView, report: Report) -> dict[str, Any]:
    """What `inspect --format json` says of one recording; docs/inspect.schema.json says what it means.

    Numbers that are not finite, or that nothing is known of, become null, and at the top all numbers when
    there are several series, which have their own. `duration` is in seconds. Every key is always there.
    """
    recording, options = one.recording, report.options
    parts = [
        (_numbers(view), {**_findings(view, report), **evaluation_values.as_json(one.evaluation(view))})
        for view in one.views
    ]
    alone = len(parts) == 1
    numbers, findings = parts[0] if alone else (dict.fromkeys(part) for part in parts[0])
    modes = {view.series.mode: _mode(view) for view in one.views if view.numbers.episodes}
    return {
        "directory": str(recording.directory),
        "env_id": ", ".join(name for name in recording.env_ids if name != UNKNOWN) or None,
        **numbers,
        "runs": [file_values.run_as_json(run) for run in recording.runs],
        "videos": [file_values.video_as_json(video, recording) for video in one.videos],
        "notes": recording.notes,
        "problems": recording.problems,
        "schema": SCHEMA,
        "confidence": options.confidence,
        "selection": asdict(options.selection),
        "recent": findings["recent"],
        "success": findings["success"],
        "modes": modes if alone else None,
        **{name: findings[name] for name in ("windows", "gates", "comparison", *evaluation_values.KEYS)},
        "series": [
            {**_about(view), **of, **found} for view, (of, found) in zip(one.views, parts, strict=True)
        ],
        "groups": [_group(name, group, report) for name, group in report.groups],
    }


def _about(view: View) -> dict[str, Any]:
    """What a series is."""
    series, environment = view.series, view.series.environment
    return {
        "name": series.name,
        "env_id": None if series.env_id == UNKNOWN else series.env_id,
        "mode": series.mode,
        "place": series.place or None,
        "arguments": file_values.value(environment.arguments),
        "command": environment.command,
        "policy": environment.policy,
        "policy_hash": environment.policy_hash,
        "versions": texts(environment.versions),
        "environments": view.environments,
    }


def _numbers(view: View) -> dict[str, Any]:
    """What there is to count and to average of a series."""
    numbers = view.numbers
    return {
        "episodes": numbers.episodes,
        "completed": numbers.completed,
        "incomplete": numbers.incomplete,
        "terminated": numbers.terminated,
        "truncated": numbers.truncated,
        "steps": numbers.steps,
        "return": _statistics(view.measured, "episode_return"),
        "length": _statistics(view.measured, "length"),
        "duration": numbers.duration,
    }


def _findings(view: View, report: Report) -> dict[str, Any]:
    """How good a series is: by now, in windows, by the gates, beside the baseline."""
    measured = view.measured
    return {
        "recent": {
            "n": measured.n("recent"),
            "mean": measured.value("recent"),
            "interval": measured.interval("recent"),
        },
        "success": _success(measured),
        "windows": [
            {"first": first, "last": last, **_short(part)}
            for first, last, part in windows.per_window(view, report.options.window)
        ],
        "gates": [_gate(verdict) for of, verdict in report.verdicts if of is view],
        "comparison": _comparison(view, report),
    }


def _mode(view: View) -> dict[str, Any]:
    return {"episodes": view.numbers.episodes, **_short(view.measured)}


def _statistics(measured: Measured, column: str) -> dict[str, Any]:
    """The statistics of a column, the interval of each, and how the intervals were had."""
    of = measured.of(column)
    method: tuple[Any, ...] = ("bootstrap", SEED, draws(of.n))
    if measured.anytime or not measured.confidence:
        method = ("anytime" if measured.anytime and measured.confidence else None, None, None)
    elif of.n < 2 or of.n > MOST_RESAMPLED:
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
    method = "anytime" if measured.anytime else "Wilson"
    return {"n": measured.n("success"), "rate": rate, "interval": interval, "method": method}


def _short(measured: Measured) -> dict[str, Any]:
    return {
        "n": measured.n("mean"),
        **{name: measured.value(name) for name in ("mean", "median", "iqm")},
        "interval": measured.interval("mean"),
        "success": _success(measured),
    }


def _gate(verdict: Verdict) -> dict[str, Any]:
    return {
        "gate": verdict.gate.option,
        "met": verdict.met,
        "outcome": verdict.outcome.value,
        "found": verdict.value,
        "baseline": verdict.baseline,
        "n": verdict.n,
        "n_old": verdict.n_old,
        "paired": verdict.paired,
        "p": verdict.p,
        "detectable": verdict.detectable,
        "needed": verdict.needed,
        "says": sentence(verdict),
    }


def _comparison(view: View, report: Report) -> dict[str, Any] | None:
    compared = next((one for one in report.comparisons if one.new is view), None)
    if compared is None:
        return None
    comparison, old = compared.comparison, compared.old
    return {
        "baseline": str(old.recording.directory),
        "series": old.series.name,
        "confidence": comparison.new.confidence,
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


def _group(name: str, group: Group, report: Report) -> dict[str, Any]:
    """A series' statistics across directories, and the evaluation of which each has a part."""
    views = [view for view in report.views if view.series.name == name]
    statistics = {of: getattr(group.statistics, of) for of in ("n", *STATISTICS)}
    shared = (of for among, of in report.evaluations if among[0] in views and len(among) == len(views))
    return {
        "series": name,
        "of": views[0].headline,
        **statistics,
        "intervals": group.intervals,
        **evaluation_values.as_json(next(shared, None)),
    }
