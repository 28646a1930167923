"""Episodes as CSV, a row each, for spreadsheets and data frames: columns are made whole, then joined."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from monitorcli.format import batch, modes
from monitorcli.format.ends import ENDS, NOT_KNOWN
from monitorcli.recording.model import Episodes
from monitorcli.report.model import Report, refuse_several
from monitorcli.summary.selection import Rows

HEADER = "episode,slot,mode,return,length,started_at,duration,end,seed,success\n"

# Rows made at a time, so that a hundred million episodes need no more memory than a hundred thousand.
_ROWS = 1 << 16
_SUCCESS = {1: "true", 0: "false"}
_ENDS = {code: end.kind for code, end in ENDS.items() if end.kind != NOT_KNOWN}
# The years that ISO 8601 and Python's datetime can say, in seconds since the epoch.
_FIRST, _LAST = -62_135_596_800.0, 253_402_300_799.0


def render(report: Report) -> Iterator[str]:
    """The rows of the one recording: those of several could not be told apart."""
    refuse_several(len(report.views), "csv holds the episodes")
    (view,) = report.views
    return chunks(view.recording.episodes, view.rows)


def chunks(episodes: Episodes, numbers: Rows) -> Iterator[str]:
    """The header, then the episodes in start order, as pieces of text that each end with a newline.

    `numbers` are the episodes' numbers in the whole recording.
    Nothing known is an empty field. `return` and `duration` round-trip through Python's float; `end` is
    "terminated" for an episode that was truncated at the same step.
    """
    yield HEADER
    for first in range(0, len(episodes), _ROWS):
        rows = slice(first, first + _ROWS)
        columns = (
            map(str, numbers[rows].tolist()),
            map(str, episodes.slot[rows].tolist()),
            (modes.WORDS.get(mode, "") for mode in episodes.mode[rows].tolist()),
            map(repr, episodes.episode_return[rows].tolist()),
            map(str, episodes.length[rows].tolist()),
            _times(episodes.started_at[rows]),
            ("" if value != value else repr(value) for value in episodes.duration[rows].tolist()),
            (_ENDS.get(end, "") for end in episodes.end[rows].tolist()),
            _seeds(episodes, rows),
            (_SUCCESS.get(success, "") for success in episodes.success[rows].tolist()),
        )
        yield "\n".join(map(",".join, zip(*columns, strict=True))) + "\n"


def _seeds(episodes: Episodes, rows: slice) -> Iterator[str]:
    found = batch.seeds(episodes.seed[rows], episodes.seed_high[rows], episodes.seeded[rows])
    return ("" if seed is None else str(seed) for seed in found)


def _times(seconds: npt.NDArray[np.float64]) -> list[str]:
    """ISO 8601 in UTC with microseconds; empty when not known or outside the calendar."""
    known = (seconds >= _FIRST) & (seconds <= _LAST)
    micro = np.rint(np.where(known, seconds, 0.0) * 1e6).astype("datetime64[us]")
    # To a fixed-width string: three times quicker than datetime_as_string.
    words = np.char.add(micro.astype("U26"), "Z")
    return np.where(known, words, "").tolist()  # type: ignore[no-any-return]
