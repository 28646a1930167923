"""The one line that says what was recorded where, or why nothing was."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from monitorcli.attach.trail import Trail
from monitorcli.cli.say import say
from monitorcli.errors import NoRecording
from monitorcli.monitor.run import Run
from monitorcli.report.text import number, plural
from monitorcli.summary import statistics

NOTHING_RECORDED = 5


def say_recorded(directory: Path, run: Run) -> bool:
    """Say what this run recorded; False, and silence, when that is nothing."""
    from monitorcli.recording import read

    try:
        recording = read(directory)
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
    parts = [
        ", ".join(names),
        plural(int(completed.sum()), "episode") + (f" ({cut} incomplete)" if cut else ""),
    ]
    if returns.n:
        parts.append(f"mean return {number(returns.mean)}")
    films = [video for video in recording.videos if video.episode is not None and mine[video.episode]]
    if any(not film.broken for film in films):
        parts.append(plural(sum(not film.broken for film in films), "video"))
    say(f"{', '.join(parts)} -> {directory}")
    return True


def say_nothing_recorded(told: Trail, command: Sequence[str]) -> None:
    """Say why nothing was recorded, and the next step."""
    processes = f"{told.pythons} process{'' if told.pythons == 1 else 'es'}"
    if not told.pythons:
        reason = "no Python was started, or none that looks at PYTHONPATH."
        hint = f"If {command[0]} starts Python with -I, -E or a PYTHONPATH of its own, take that away."
    elif not told.gymnasiums:
        reason = f"Python ran ({processes}) but never imported Gymnasium."
        hint = "Is it the right script? Environments of other libraries are not recorded."
    elif not told.made:
        reason = "Gymnasium was imported, but gymnasium.make was never called."
        hint = "Environments built directly from their class are not recorded; make them by id."
    else:
        reason = f"{', '.join(told.made)} was made, but no episode was begun with reset()."
        hint = ""
    say(f"nothing was recorded: {reason}", hint)
