"""Which mode each of Gym's episodes had, from a list that has one mode for each reset.

Gym wrote `episode_types` at every reset (0.3 to 0.22, `stats_recorder.after_reset`) and everything
else at every episode's end. A reset without an episode leaves a surplus item: a last one whose
episode nobody finished, or one that was followed at once by another reset; a reset in the middle of
an episode was an error. Which items are surplus is written nowhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from monitorcli.format.modes import EVALUATION, TRAINING
from monitorcli.recording.folder import Folder

Modes = npt.NDArray[np.bytes_]
_LETTERS = (TRAINING.decode(), EVALUATION.decode())


def read_types(document: dict[str, Any], name: str, folder: Folder) -> Modes | None:
    """The list of types as bytes, None when there is none; a bad one costs the modes and no more."""
    values = document.get("episode_types")
    if values is None:
        return None
    if isinstance(values, list) and all(value in _LETTERS for value in values):
        return np.frombuffer("".join(values).encode(), "S1")
    folder.problems.append(f"{name}: episode_types is not a list of t and e; the modes are not known")
    return np.zeros(0, "S1")


def modes_of(types: Modes | None, episodes: int, name: str, folder: Folder) -> Modes:
    """The mode of each episode, b"" where it is not known; a note when the list leaves it open."""
    if types is None:
        return np.zeros(episodes, "S1")
    modes = attribute(types, episodes)
    unknown = np.flatnonzero(modes == b"").tolist()
    if unknown and len(types):
        shown = ", ".join(map(str, unknown[:10])) + (" and others" if len(unknown) > 10 else "")
        folder.notes.append(
            f"{name}: Gym wrote {len(types)} modes, one a reset, for {episodes} episodes, and not which "
            f"reset had none; the mode of its episodes {shown} (from 0) cannot be told."
        )
    return modes


def attribute(types: Modes, episodes: int) -> Modes:
    """The mode of each episode, b"" where the list leaves it open; shape (episodes,).

    `types` has one item a reset. With s surplus items, episode k began at one of the resets k to k + s,
    and each of them is possible: its mode is known when they all have the same.
    """
    modes = np.zeros(episodes, "S1")
    surplus = len(types) - episodes
    if surplus >= 0:
        evaluations = np.concatenate([[0], np.cumsum(types == EVALUATION)])
        in_reach = evaluations[surplus + 1 :] - evaluations[:episodes]
        modes[in_reach == 0] = TRAINING
        modes[in_reach == surplus + 1] = EVALUATION
    return modes
