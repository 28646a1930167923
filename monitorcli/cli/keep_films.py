"""Of the films that several processes and runs kept by outcome, keep what the rules leave for the series."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np

from monitorcli.cli.messages import say
from monitorcli.errors import NoRecording
from monitorcli.format.mp4_frames import count_mp4
from monitorcli.format.names import META_ENDING, MP4_ENDING
from monitorcli.monitor.active_writers import json_or_nothing
from monitorcli.monitor.recovery import remove_films
from monitorcli.monitor.run import RunFile
from monitorcli.recording import Recording, read
from monitorcli.video import keep
from monitorcli.video.keep import Outcome


def keep_films(directory: Path, run: RunFile, typed: str | None) -> None:
    """Remove films that `--keep TYPED` would not have kept, had one process seen all episodes.

    Films of runs that live are left alone, but for those of `run` itself.
    """
    if typed is None:
        return
    try:
        recording = read(directory, kind="monitorcli")
        others = [known for known in recording.runs if known.file != run.path.name]
        living = {other.number for other in others if other.state in ("running", "stale")}
        remove_films(directory, _surplus(recording, living, keep.parse(typed)))
    except NoRecording:
        return
    except OSError as error:
        say(f"films that --keep does not keep could not be removed: {error.strerror}.")


def say_what_was_not_kept(directory: Path, run: RunFile, typed: str | None) -> None:
    """A remark if `failed` kept no film in this run because nobody knows which episodes failed."""
    if typed is None or not any(rule.kind == "failed" for rule in keep.parse(typed)):
        return
    with contextlib.suppress(NoRecording):
        recording = read(directory, kind="monitorcli")
        ours = next((known.number for known in recording.runs if known.file == run.path.name), None)
        mine = [writer.run == ours for writer in recording.writers]
        success = recording.episodes.success[np.array(mine, np.bool_)[recording.episodes.writer]]
        if len(success) and (success < 0).all():
            say(
                "--keep failed kept nothing: no episode said whether it succeeded.",
                "It is read from is_success or success in the info of the last step.",
            )


def _surplus(recording: Recording, living: set[int], rules: tuple[keep.Rule, ...]) -> set[str]:
    """Films that these rules have kept so far, by name: those not chosen of their series, and empty ones."""
    episodes = recording.episodes
    ends = np.argsort(np.argsort(episodes.started_at + episodes.duration, kind="stable"), kind="stable")
    by_series: dict[int, dict[Outcome, Path]] = {}
    empty = set()
    for video in recording.films:
        row = video.episode
        if row is None or recording.writers[episodes.writer[row]].run in living:
            continue
        film = recording.directory / video.name
        if _is_empty(film) and _kept_by(rules, film):
            empty.add(film)
            continue
        outcome = Outcome(
            int(ends[row]),
            float(episodes.episode_return[row]),
            bool(episodes.completed[row]),
            int(episodes.success[row]),
        )
        by_series.setdefault(int(episodes.series[row]), {})[outcome] = film
    worse = (films[one] for films in by_series.values() for one in films.keys() - keep.chosen(rules, films))
    return {film.name for film in empty} | {film.name for film in worse if _kept_by(rules, film)}


def _is_empty(film: Path) -> bool:
    """Whether this is an mp4 without a frame, which is what the kill of a young encoder leaves."""
    return film.suffix == MP4_ENDING and not count_mp4(film)


def _kept_by(rules: tuple[keep.Rule, ...], film: Path) -> bool:
    return json_or_nothing(film.with_name(film.stem + META_ENDING)).get("keep") == keep.as_typed(rules)
