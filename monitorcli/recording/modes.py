"""Which mode each of Gym's episodes had, from a list that has one mode for each reset.

Gym wrote `episode_types` at every reset (0.3 to 0.22, `stats_recorder.after_reset`) and everything
else at every episode's end. A reset without an episode leaves a surplus item: a last one whose
episode nobody finished, or one that was followed at once by another reset; a reset in the middle of
an episode was an error. Which items are surplus is written nowhere.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

Modes = npt.NDArray[np.bytes_]


def attribute(types: Modes, episodes: int, abandoned: Collection[int] = ()) -> Modes:
    """The mode of each episode, b"" where the list leaves it open; shape (episodes,).

    `types` has one item a reset; `abandoned` are resets that are known to have had no episode. With s
    surplus items left, episode k began at one of the resets k to k + s, and each of them is possible:
    its mode is known when they all have the same.
    """
    if len(types) > episodes:
        types = np.delete(types, sorted(index for index in abandoned if index < len(types)))
    surplus = len(types) - episodes
    if surplus < 0:
        return np.zeros(episodes, "S1")
    evaluations = np.concatenate([[0], np.cumsum(types == b"e")])
    in_reach = evaluations[surplus + 1 :] - evaluations[:episodes]
    modes = np.zeros(episodes, "S1")
    modes[in_reach == 0] = b"t"
    modes[in_reach == surplus + 1] = b"e"
    return modes
