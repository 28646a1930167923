"""The last line of `start` and `resume`: how much was recorded, and where; with a line per environment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from monitorcli.attach.status_log import StatusLog
from monitorcli.cli.messages import say
from monitorcli.cli.nothing_recorded import first_few, why_none
from monitorcli.errors import NoRecording
from monitorcli.monitor.run import RunFile
from monitorcli.report.text import number, plural
from monitorcli.summary import statistics

if TYPE_CHECKING:
    from monitorcli.recording.model import Recording

_MOST_LINES = 20  # environments that get a line each; `inspect` has them all


def say_recorded(directory: Path, run: RunFile, told: StatusLog | None = None) -> bool:
    """Print what this run recorded. Returns False, and prints nothing, if it recorded nothing.

    If there were several environments, each gets a line that says how much was recorded of it, or why
    nothing was.
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
    completed = mine & recording.episodes.completed
    returns = statistics(recording.episodes.episode_return[completed])
    cut = int((mine & ~completed).sum())
    seen, first = np.unique(recording.episodes.writer[mine], return_index=True)
    names = dict.fromkeys(recording.writers[index].env_id for index in seen[first.argsort()])
    parts = [first_few(list(names)), counted(int(completed.sum()), cut)]
    if returns.n:
        parts.append(f"mean return {number(returns.mean)}")
    films = [video for video in recording.videos if video.episode is not None and mine[video.episode]]
    if any(not film.broken for film in films):
        parts.append(plural(sum(not film.broken for film in films), "video"))
    say(f"{', '.join(parts)} -> {directory}", "\n".join(_by_environment(recording, mine, told)))
    return True


def counted(completed: int, incomplete: int) -> str:
    """The number of complete and incomplete episodes: `220 episodes, 12 more incomplete`."""
    if incomplete and not completed:
        return plural(incomplete, "incomplete episode")
    return plural(completed, "episode") + (f", {incomplete:,} more incomplete" if incomplete else "")


def _by_environment(recording: Recording, mine: NDArray[np.bool_], told: StatusLog | None) -> list[str]:
    """One line per environment id; an empty list if there was only one."""
    of_writer = np.array([writer.env_id for writer in recording.writers], object)
    ids = of_writer[recording.episodes.writer]
    said = {}
    for env_id in dict.fromkeys(ids[mine].tolist()):
        chosen = mine & (ids == env_id)
        completed = int((chosen & recording.episodes.completed).sum())
        said[env_id] = counted(completed, int(chosen.sum()) - completed)
    if told:
        for env_id in told.made:
            said.setdefault(env_id, f"nothing: {why_none(env_id, told)}")
        for env_id in told.skipped:
            said.setdefault(env_id, "nothing: left out by --only or --skip")
    if len(said) < 2:
        return []
    shown = list(said.items())[:_MOST_LINES]
    width = max(len(env_id) for env_id, _ in shown)
    more = [f"and {len(said) - len(shown):,} more environments"] if len(said) > len(shown) else []
    return [f"{env_id:<{width}}  {what}" for env_id, what in shown] + more
