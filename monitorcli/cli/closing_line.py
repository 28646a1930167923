"""What was recorded where, in one line and one for each series."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from monitorcli.attach.status_log import StatusLog
from monitorcli.cli.messages import say
from monitorcli.cli.nothing_recorded import why_none
from monitorcli.errors import NoRecording
from monitorcli.format.modes import MODES
from monitorcli.monitor.run import RunFile
from monitorcli.report.text import number, plural, printable
from monitorcli.summary import statistics
from monitorcli.summary.measures import RECENT

if TYPE_CHECKING:
    from monitorcli.recording.model import Recording

_MOST_LINES = 20  # series that get a line each; `inspect` has them all


def say_recorded(
    directory: Path, run: RunFile, told: StatusLog | None = None, more: Sequence[str] = ()
) -> bool:
    """Print what this run recorded. Returns False, and prints nothing, if it recorded nothing.

    When there were several series, a line for each says how much of it; or why nothing of an environment.
    `more` are lines that stand below.
    """
    from monitorcli.recording import read

    try:
        recording = read(directory, kind="monitorcli")
    except NoRecording:
        return False
    ours = next((known.number for known in recording.runs if known.file == run.path.name), None)
    writers = [index for index, writer in enumerate(recording.writers) if writer.run == ours]
    mine = np.isin(recording.episodes.writer, writers)
    if not mine.any():
        return False
    series = {one.name: mine & (recording.episodes.series == at) for at, one in enumerate(recording.series)}
    series = {name: rows for name, rows in series.items() if rows.any()}
    completed = int((mine & recording.episodes.completed).sum())
    parts = [counted(completed, int(mine.sum()) - completed)]
    if len(series) == 1:
        ((name, rows),) = series.items()
        env_id = next(one.env_id for one in recording.series if one.name == name)
        parts = [printable(env_id), *_told(recording, rows)]
    else:
        parts.insert(0, f"{len(series):,} series")
    films = [video for video in recording.videos if video.episode is not None and mine[video.episode]]
    if any(not film.broken for film in films):
        parts.append(plural(sum(not film.broken for film in films), "video"))
    said = {name: ", ".join(_told(recording, rows)) for name, rows in series.items()}
    said.update(_nothing_of([one.env_id for one in recording.series], told))
    say(f"{', '.join(parts)} -> {directory}", "\n".join([*_lines(said), *more]))
    return True


def counted(completed: int, incomplete: int) -> str:
    """The number of complete and incomplete episodes: `220 episodes, 12 more incomplete`."""
    if incomplete and not completed:
        return plural(incomplete, "incomplete episode")
    return plural(completed, "episode") + (f", {incomplete:,} more incomplete" if incomplete else "")


def _told(recording: Recording, rows: NDArray[np.bool_]) -> list[str]:
    """How many episodes these rows are, and their mean return: of training how good it is by now."""
    episodes = recording.episodes
    completed = np.flatnonzero(rows & episodes.completed)
    parts = [counted(len(completed), int(rows.sum()) - len(completed))]
    recent = len(completed) > RECENT and not (episodes.mode[completed] == MODES["evaluation"]).any()
    returns = statistics(episodes.episode_return[completed[-RECENT:] if recent else completed])
    if returns.n:
        parts.append(f"mean return{f' of the last {RECENT}:' if recent else ''} {number(returns.mean)}")
    return parts


def _nothing_of(known: Collection[str], told: StatusLog | None) -> dict[str, str]:
    """Why there is nothing of environments that were made."""
    if told is None:
        return {}
    said = {name: f"nothing: {why_none(name, told)}" for name in told.made if name not in known}
    skipped = [name for name in told.skipped if name not in known]
    return {**said, **dict.fromkeys(skipped, "nothing: left out by --only or --skip")}


def _lines(said: Mapping[str, str]) -> list[str]:
    """A line for each series; [] when there is only one."""
    if len(said) < 2:
        return []
    shown = list(said.items())[:_MOST_LINES]
    width = max(len(name) for name, _ in shown)
    more = [f"and {len(said) - len(shown):,} more"] if len(said) > len(shown) else []
    return [f"{name:<{width}}  {what}" for name, what in shown] + more
