"""A recording as read back: one frozen value that every renderer takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from monitorcli.recording import frame, presentation
from monitorcli.recording.columns import Columns
from monitorcli.recording.parts import Episodes, Run, Series, Video, Writer

__all__ = ["Episodes", "Recording", "Run", "Series", "Video", "Writer"]


@dataclass(frozen=True, slots=True)
class Recording:
    """Everything a monitor directory holds that could be read soundly.

    There is one series at least; of a recording without an episode it has none.
    `problems` names each file that could not be read and why; `notes` says where the files leave
    the truth open (times that have no date, episode types that had to be repaired). `numbers` has the
    number of each episode in its writer's log, shape (n,).
    """

    directory: Path
    env_ids: tuple[str, ...]
    episodes: Episodes
    runs: tuple[Run, ...]
    writers: tuple[Writer, ...]
    series: tuple[Series, ...]
    videos: tuple[Video, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    numbers: npt.NDArray[np.uint64] = field(
        default_factory=lambda: np.empty(0, np.uint64), repr=False, compare=False
    )

    @property
    def films(self) -> tuple[Video, ...]:
        """The videos that can be looked at: not broken, and there."""
        return tuple(video for video in self.videos if not video.broken)

    def columns(self, spelt: Callable[[str], str] = str) -> Columns:
        """The episodes as a table has them; every text, safe to print, passes `spelt`."""
        return Columns(self.episodes, self.series, self.writers, self.films, spelt)

    def to_pandas(self) -> Any:
        """A pandas DataFrame with a row for each episode: the columns of `inspect --format csv`.

        The index is the episode's number. Raises PackageMissing without pandas.
        """
        return frame.data_frame(self.columns())

    def __repr__(self) -> str:
        return presentation.text(self.directory, self.episodes, self.series)

    def _repr_html_(self) -> str:
        return presentation.html(self.directory, self.episodes, self.series)
