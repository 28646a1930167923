"""What was recorded where, in one line and one for each environment; or why nothing was."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from monitorcli.attach.status_log import StatusLog
from monitorcli.cli.say import say
from monitorcli.errors import NoRecording
from monitorcli.monitor.run import RunFile
from monitorcli.report.text import number, plural
from monitorcli.summary import statistics

if TYPE_CHECKING:
    from monitorcli.recording.model import Recording

NOTHING_RECORDED = 5
_FEW = 3
_MOST_LINES = 20  # environments that get a line each; `inspect` has them all


def say_recorded(directory: Path, run: RunFile, told: StatusLog | None = None) -> bool:
    """Say what this run recorded; False, and silence, when that is nothing.

    When there were several environments, a line for each says how much of it, or why nothing.
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
    parts = [_first_few(list(names)), counted(int(completed.sum()), cut)]
    if returns.n:
        parts.append(f"mean return {number(returns.mean)}")
    films = [video for video in recording.videos if video.episode is not None and mine[video.episode]]
    if any(not film.broken for film in films):
        parts.append(plural(sum(not film.broken for film in films), "video"))
    say(f"{', '.join(parts)} -> {directory}", "\n".join(_by_environment(recording, mine, told)))
    return True


def counted(completed: int, incomplete: int) -> str:
    """`220 episodes`, `220 episodes, 12 more incomplete`: those that ended, and those that did not."""
    if incomplete and not completed:
        return plural(incomplete, "incomplete episode")
    return plural(completed, "episode") + (f", {incomplete:,} more incomplete" if incomplete else "")


def _by_environment(recording: Recording, mine: NDArray[np.bool_], told: StatusLog | None) -> list[str]:
    """A line for each environment id; [] when there was only one."""
    of_writer = np.array([writer.env_id for writer in recording.writers], object)
    ids = of_writer[recording.episodes.writer]
    said = {}
    for env_id in dict.fromkeys(ids[mine].tolist()):
        chosen = mine & (ids == env_id)
        completed = int((chosen & recording.episodes.completed).sum())
        said[env_id] = counted(completed, int(chosen.sum()) - completed)
    if told:
        for env_id in told.made:
            said.setdefault(env_id, f"nothing: {_why_none(env_id, told)}")
        for env_id in told.skipped:
            said.setdefault(env_id, "nothing: left out by --only or --skip")
    if len(said) < 2:
        return []
    shown = list(said.items())[:_MOST_LINES]
    width = max(len(env_id) for env_id, _ in shown)
    more = [f"and {len(said) - len(shown):,} more environments"] if len(said) > len(shown) else []
    return [f"{env_id:<{width}}  {what}" for env_id, what in shown] + more


def _why_none(env_id: str, told: StatusLog) -> str:
    if _something_lost(told):
        return "see the remark"
    return "its first episode did not end" if env_id in told.reset else "it was never reset"


def _something_lost(told: StatusLog) -> bool:
    """Whether a process told that something was not recorded, and why."""
    return any("not recorded" in remark or "are being lost" in remark for remark in told.remark)


def why_nothing(told: StatusLog, command: Sequence[str]) -> tuple[str, str]:
    """Why nothing was recorded, as far as it was seen, and the next step."""
    processes = f"{len(told.python)} process{'' if len(told.python) == 1 else 'es'}"
    others = "Is it the right script? Environments of other libraries are not recorded."
    if told.library:
        others = f"It imported {', '.join(told.library)}, whose own environments are not recorded."
    if not told.python:
        return (
            "no Python was started, or none that looks at PYTHONPATH.",
            f"If {command[0]} starts Python with -I, -E or its own PYTHONPATH, install monitorcli there too.",
        )
    if not told.gymnasium:
        return (
            f"Python ran ({processes}) but never imported Gymnasium.",
            f"{others}\n"
            "If it starts another Python with -I, -E or its own PYTHONPATH, install monitorcli there too.",
        )
    made = f"{', '.join(told.made)} was made" if told.made else ""
    if _something_lost(told):
        return f"{made}; see the remark." if made else "see the remark.", ""
    if told.reset:
        return (
            f"the first episode of {', '.join(told.reset)} did not end.",
            "What it left can be cleared, or resumed.",
        )
    if made:
        return f"{made}, but no episode was begun with reset().", ""
    if told.skipped:
        return (
            f"--only and --skip left out all there was: {', '.join(told.skipped)}.",
            "* and ? match any part of an id:  --only 'CartPole*'",
        )
    if told.raised:
        return told.raised[0], ""
    never = "Gymnasium was imported, but gymnasium.make was never called"
    if told.unseen:
        return (
            f"{never}, and no reset() of {_first_few(told.unseen, ' classes')} was seen.",
            "What is built directly is seen when its reset() calls super().reset(seed=seed)."
            + (f"\n{others}" if told.library else ""),
        )
    return f"{never}.", others


def _first_few(names: Sequence[str], what: str = "") -> str:
    more = f" and {len(names) - _FEW:,} more{what}" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more
