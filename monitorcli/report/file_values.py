"""Runs, videos and what files say of them, as JSON values: nothing there is believed to be of its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitorcli.recording.evaluation import texts
from monitorcli.recording.model import Recording, Run, Video
from monitorcli.report.text import moment

_DEEPEST = 20


def run_as_json(run: Run) -> dict[str, Any]:
    """A run, with what its file says of how it was started."""
    command = run.how.get("command")
    typed = isinstance(command, list) and all(isinstance(word, str) for word in command)
    return {
        "number": run.number,
        "recorder": run.recorder,
        "state": run.state,
        "started_at": _time(run.started_at),
        "ended_at": _time(run.ended_at),
        "episodes": run.episodes,
        "exit_status": run.exit_status,
        "command": command if typed else None,
        "provenance": _provenance(run.how.get("provenance")),
    }


def _provenance(said: Any) -> dict[str, Any] | None:
    """What a run's file says of where it comes from, as far as it is of the right type."""
    if not isinstance(said, dict):
        return None
    git = said.get("git")
    return {
        "directory": _of_type(str, said.get("directory")),
        "host": _of_type(str, said.get("host")),
        "git": {"commit": _of_type(str, git.get("commit")), "dirty": _of_type(bool, git.get("dirty"))}
        if isinstance(git, dict)
        else None,
        "versions": texts(said.get("versions")),
    }


def _of_type(kind: type, said: Any) -> Any:
    return said if isinstance(said, kind) else None


def value(said: Any, depth: int = 0) -> Any:
    """A JSON value from a file; what is nested deeper than anybody's arguments is left out."""
    if isinstance(said, (Mapping, list)) and depth == _DEEPEST:
        return None
    if isinstance(said, Mapping):
        return {name: value(each, depth + 1) for name, each in said.items()}
    return [value(each, depth + 1) for each in said] if isinstance(said, list) else said


def video_as_json(video: Video, recording: Recording) -> dict[str, Any]:
    """A video, and whose episode it shows."""
    known = video.episode is not None and video.episode < len(recording.episodes)
    suspect = {"suspect": video.suspect} if video.suspect else {}
    return {
        "file": video.name,
        "episode": video.episode,
        "series": recording.series[recording.episodes.series[video.episode]].name if known else None,
        "bytes": video.size,
        "finished": video.finished,
        "broken": video.broken,
        **suspect,
    }


def _time(seconds: float | None) -> str | None:
    """ISO 8601 in UTC with microseconds, as in the CSV."""
    at = moment(seconds)
    return None if at is None else at.isoformat(timespec="microseconds").replace("+00:00", "Z")
