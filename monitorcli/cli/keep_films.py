"""Of the films that several processes kept by outcome, keep what the rules leave for the whole series."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np

from monitorcli.cli.messages import say
from monitorcli.errors import NoRecording
from monitorcli.format.names import META_ENDING
from monitorcli.monitor.active_writers import json_or_nothing
from monitorcli.monitor.recovery import remove_films
from monitorcli.monitor.run import RunFile
from monitorcli.recording import Recording, read
from monitorcli.video import keep
from monitorcli.video.keep import Outcome


def keep_films(directory: Path, run: RunFile, typed: str | None) -> None:
    """Remove films of this run that `--keep TYPED` would not have kept, had one process seen all episodes."""
    if typed is None:
        return
    with contextlib.suppress(NoRecording):
        recording, rules = read(directory, kind="monitorcli"), keep.parse(typed)
        ours = next((known.number for known in recording.runs if known.file == run.path.name), None)
        remove_films(directory, _surplus(recording, ours, rules))
        mine = [writer.run == ours for writer in recording.writers]
        success = recording.episodes.success[np.array(mine, np.bool_)[recording.episodes.writer]]
        if any(rule.kind == "failed" for rule in rules) and len(success) and (success < 0).all():
            say(
                "--keep failed kept nothing: no episode said whether it succeeded.",
                "It is read from is_success or success in the info of the last step.",
            )


def _surplus(recording: Recording, ours: int | None, rules: tuple[keep.Rule, ...]) -> set[str]:
    """The names of films that were kept by outcome in run `ours`, and are not among their series' chosen."""
    episodes = recording.episodes
    ends = np.argsort(np.argsort(episodes.started_at + episodes.duration, kind="stable"), kind="stable")
    by_series: dict[int, dict[Outcome, str]] = {}
    for video in recording.films:
        row = video.episode
        if row is None or recording.writers[episodes.writer[row]].run != ours:
            continue
        outcome = Outcome(
            int(ends[row]),
            float(episodes.episode_return[row]),
            bool(episodes.completed[row]),
            int(episodes.success[row]),
        )
        by_series.setdefault(int(episodes.series[row]), {})[outcome] = video.name
    return {
        name
        for films in by_series.values()
        for outcome, name in films.items()
        if outcome not in keep.chosen(rules, films) and _kept_by_outcome(recording.directory / name)
    }


def _kept_by_outcome(film: Path) -> bool:
    return "keep" in json_or_nothing(film.with_name(film.stem + META_ENDING))
