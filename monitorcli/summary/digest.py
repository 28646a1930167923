"""The digest: one short string for all episodes of an evaluation, which two machines can compare."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from monitorcli.format.batch import seeds
from monitorcli.format.ends import ENDS

if TYPE_CHECKING:
    from monitorcli.recording.parts import Episodes

# Characters of it that are shown.
SHOWN = 16

# The seed of an episode, -1 if it has none, and its line.
Line = tuple[int, str]


def digest(episodes: Episodes, rows: npt.NDArray[np.intp]) -> str:
    """SHA-256, in hexadecimal, of the lines of these completed episodes."""
    return of_lines(lines(episodes, rows))


def lines(episodes: Episodes, rows: npt.NDArray[np.intp]) -> set[Line]:
    """A line `seed,return,length,end` for each of these completed episodes, ended by a newline.

    The return is as `float.hex` has it; the end is a word, as in CSV. Lines that are equal count once.
    """
    found = seeds(episodes.seed[rows], episodes.seed_high[rows], episodes.seeded[rows])
    return {
        (-1 if seed is None else seed, f"{seed},{value.hex()},{length},{ENDS[end].kind}\n")
        for seed, value, length, end in zip(
            found,
            episodes.episode_return[rows].tolist(),
            episodes.length[rows].tolist(),
            episodes.end[rows].tolist(),
            strict=True,
        )
    }


def of_lines(found: Iterable[Line]) -> str:
    """SHA-256, in hexadecimal, of the lines in the order of their seeds."""
    return hashlib.sha256("".join(line for _, line in sorted(found)).encode()).hexdigest()
