"""A recording as JSON for programs: strict (no NaN), UTF-8, keys in a fixed order."""

from __future__ import annotations

import json
from typing import Any

from monitorcli.recording.manifest import UNKNOWN
from monitorcli.recording.model import Run, Video
from monitorcli.report import json_parts
from monitorcli.report.json_parts import finite
from monitorcli.report.model import Report, View
from monitorcli.report.text import moment
from monitorcli.summary import Statistics

# 1: monitorcli 0.1 without this key. 2: intervals, iqm, success, modes, windows, gates, comparison, group.
SCHEMA = 2


def render(report: Report) -> str:
    """One object for one recording, a list of them for several; ends with a newline.

    Control, bidi and invisible characters are written as \\u escapes, so that a terminal can show the
    text as it is; programs read back what the files say.
    """
    documents = [recording_as_json(view, report) for view in report.views]
    text = json.dumps(
        documents[0] if len(documents) == 1 else documents, indent=2, ensure_ascii=False, allow_nan=False
    )
    return _safe(text) + "\n"


def recording_as_json(view: View, report: Report) -> dict[str, Any]:
    """What `inspect --format json` says of one recording; docs/inspect.schema.json says what it means.

    `env_id` is always one string (several are joined by ", "), or null when no file names one. Numbers
    that are not finite, or that nothing is known of, are null. `duration` is in seconds.
    """
    numbers, recording = view.numbers, view.recording
    return {
        "directory": str(recording.directory),
        "env_id": ", ".join(name for name in recording.env_ids if name != UNKNOWN) or None,
        "episodes": numbers.episodes,
        "completed": numbers.completed,
        "incomplete": numbers.incomplete,
        "terminated": numbers.terminated,
        "truncated": numbers.truncated,
        "steps": numbers.steps,
        "return": _statistics(numbers.episode_return, json_parts.of_column(view.measured, "episode_return")),
        "length": _statistics(numbers.length, json_parts.of_column(view.measured, "length")),
        "duration": finite(numbers.duration),
        "runs": [_run(run) for run in recording.runs],
        "videos": [_video(video) for video in recording.videos],
        "notes": list(recording.notes),
        "problems": list(recording.problems),
        "schema": SCHEMA,
        **json_parts.more(view, report),
    }


def _statistics(of: Statistics, intervals: dict[str, Any]) -> dict[str, Any]:
    names = ("mean", "std", "median", "min", "max", "iqm")
    return {"n": of.n, **{name: finite(getattr(of, name)) for name in names}, "intervals": intervals}


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


def _time(seconds: float | None) -> str | None:
    """ISO 8601 in UTC with microseconds, as in the CSV."""
    at = moment(seconds)
    return None if at is None else at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _safe(text: str) -> str:
    """The JSON with every unprintable character escaped; all of them stand inside its strings."""
    return "".join(
        char if char == "\n" or char.isprintable() else json.dumps(char)[1:-1].replace("\x7f", "\\u007f")
        for char in text
    )
