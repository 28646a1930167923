"""`monitorcli inspect --watch`: show a recording while it grows, until its run ends."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitorcli.cli.messages import say
from monitorcli.cli.watch_news import News, Rate

if TYPE_CHECKING:
    from rich.console import Console, Group

    from monitorcli.recording.follow import Follower
    from monitorcli.recording.model import Recording
    from monitorcli.report import Report
    from monitorcli.summary.selection import Selection

# Seconds from one picture to the next on a terminal, and from one line to the next elsewhere.
_PICTURE, _LINE = 0.1, 1.0
# Waits so many times as long as the last picture took: a long recording is shown less often, never dearer.
_IDLE = 20.0
_LISTEN = 0.25  # seconds at most without looking whether a run has ended


def watch(directory: Path, kind: str | None, selection: Selection) -> None:
    """Show the recording as it grows, and how its runs end. Returns when no run is active, or on Ctrl-C.

    On a terminal this draws the table of `inspect`, at most ten times a second. Elsewhere it prints a
    line when episodes were added, at most once a second. Reading errors are raised.
    """
    from monitorcli.cli import style
    from monitorcli.recording.follow import Follower

    to, follower = style.console(), Follower(directory, kind=kind)
    try:
        if to.is_terminal and not to.is_dumb_terminal:
            _on_terminal(follower, to, selection)
        else:
            _in_lines(follower, selection)
    except KeyboardInterrupt:
        return


def _on_terminal(follower: Follower, to: Console, selection: Selection) -> None:
    from rich.live import Live

    from monitorcli.cli import style
    from monitorcli.report import ReportOptions, as_table, make_report

    news, rate = News(), Rate()
    recording = shown = None
    worked = 0.0  # seconds; what was there before is read once, so it sets no pace
    said: list[str] = []
    try:
        with Live(console=to, auto_refresh=False, transient=True) as live:
            while recording is None or news.running:
                began = time.perf_counter()
                recording = follower.update()
                said += news.of(recording)
                if recording is not shown:
                    foot = [f"{rate.of(len(recording.episodes))}Ctrl-C leaves", *said]
                    live.update(_picture(_of_a_moment(recording, selection), foot, to), refresh=True)
                    worked = 0.0 if shown is None else time.perf_counter() - began
                    shown = recording
                if news.running:
                    _pause(recording, worked, _PICTURE)
    finally:
        # Outside of the live picture, so that all of it is there and a long path is one word.
        if shown is not None:
            last = make_report([shown], ReportOptions(selection=selection))
            style.show(as_table.lines(last, to.width, style.ascii_only(to)), to)
    for sentence in said + news.none():
        say(sentence)


def _picture(shown: Report, foot: Sequence[str], to: Console) -> Group:
    from rich.console import Group

    from monitorcli.cli import style
    from monitorcli.report import as_table
    from monitorcli.report.layout import Line, Span, ascii_only, labelled
    from monitorcli.report.text import printable

    in_ascii = style.ascii_only(to)
    below: list[Line] = [[], *labelled(" watching", [[Span(printable(line), "dim")] for line in foot], 12)]
    foot_lines = ascii_only(below) if in_ascii else below
    lines = as_table.lines(shown, to.width, in_ascii) + foot_lines
    return Group(*style.texts(lines))


def _of_a_moment(recording: Recording, selection: Selection) -> Report:
    """A report without intervals, which would take longer to compute than everything else."""
    from monitorcli.report import ReportOptions, make_report

    return make_report([recording], ReportOptions(confidence=0, selection=selection))


def _in_lines(follower: Follower, selection: Selection) -> None:
    news = News()
    known = -1
    while known < 0 or news.running:
        began = time.perf_counter()
        recording = follower.update()
        worked = 0.0 if known < 0 else time.perf_counter() - began
        if len(recording.episodes) != known:
            click.echo(_line(recording, max(known, 0), selection))
            known = len(recording.episodes)
        for sentence in news.of(recording):
            say(sentence)
        if news.running:
            _pause(recording, worked, _LINE)
    for sentence in news.none():
        say(sentence)


def _line(recording: Recording, before: int, selection: Selection) -> str:
    """`14:02:11 UTC · 1,204 episodes (37 more) · mean return 187.4 (last 100)`; of several series each."""
    from monitorcli.report.text import number, plural, printable
    from monitorcli.summary import statistics
    from monitorcli.summary.measures import RECENT

    episodes = recording.episodes
    parts = [time.strftime("%H:%M:%S UTC", time.gmtime()), plural(len(episodes), "episode")]
    if before and len(episodes) > before:
        parts[-1] += f" ({len(episodes) - before:,} more)"
    recent = replace(selection, last=selection.last or RECENT)
    for place, series in enumerate(recording.series):
        rows = recent.rows(recording, place)
        if (returns := statistics(episodes.episode_return[rows[episodes.completed[rows]]])).n:
            name = f"{printable(series.name)}: " if len(recording.series) > 1 else ""
            parts.append(f"{name}mean return {number(returns.mean)} (last {returns.n})")
    return " · ".join(parts)


def _pause(recording: Recording, worked: float, least: float) -> None:
    """Wait, so that the picture is drawn at most once in `least` seconds.

    Waits longer if drawing is slow. Returns early if a run's file changes, which is how the end of a run
    is noticed.
    """
    files = [recording.directory / run.file for run in recording.runs if run.state == "running" and run.file]
    written = _written(files)
    left = max(least - worked, _IDLE * worked)
    until = time.perf_counter() + left
    while left > 0 and _written(files) == written:
        time.sleep(min(left, _LISTEN))
        left = until - time.perf_counter()


def _written(files: Sequence[Path]) -> list[int]:
    """The time of the last write to each file; 0 if the file is gone."""
    times = []
    for file in files:
        try:
            times.append(os.stat(file).st_mtime_ns)
        except OSError:
            times.append(0)
    return times
