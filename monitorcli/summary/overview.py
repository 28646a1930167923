"""What was recorded, counted and averaged; nothing here is an estimate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from monitorcli.format import log, modes

if TYPE_CHECKING:
    from monitorcli.recording.parts import Episodes


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of the n finite values among those given; all NaN when there are none.

    `std` is that of the sample, divided by n - 1, and NaN for fewer than two values; Stable-Baselines3
    and NumPy's default divide by n. `iqm` is the interquartile mean, see `trimmed`.
    """

    n: int
    mean: float
    std: float
    median: float
    min: float
    max: float
    iqm: float


@dataclass(frozen=True, slots=True)
class Summary:
    """A recording in numbers. An episode both terminated and truncated counts as terminated.

    completed - terminated - truncated is how many ended in a way nobody wrote down. `steps` are those
    of all episodes, the incomplete included; `episode_return` and `length` are over the completed.
    `modes` counts all episodes as training, evaluation or unknown. `successes` are out of `judged`
    completed episodes, those of which the environment said whether they were a success.

    Times are seconds since the epoch, None when no episode has a date. `duration` is in seconds: from
    first start to last end of the episodes that have a date, pauses included, plus the durations of
    those that have none; NaN when nothing is known.
    """

    episodes: int
    completed: int
    incomplete: int
    terminated: int
    truncated: int
    steps: int
    episode_return: Statistics
    length: Statistics
    modes: dict[str, int]
    successes: int
    judged: int
    started_at: float | None
    ended_at: float | None
    duration: float


def summarise(episodes: Episodes) -> Summary:
    """The numbers of a recording's episodes."""
    completed = episodes.completed
    terminated = (episodes.end & log.END_TERMINATED != 0) & completed
    truncated = (episodes.end & log.END_TRUNCATED != 0) & completed & ~terminated
    success = episodes.success[completed]
    started_at, ended_at, duration = _span(episodes)
    count = int(np.count_nonzero(completed))
    return Summary(
        episodes=len(episodes),
        completed=count,
        incomplete=len(episodes) - count,
        terminated=int(np.count_nonzero(terminated)),
        truncated=int(np.count_nonzero(truncated)),
        steps=int(episodes.length.sum()),
        episode_return=statistics(episodes.episode_return[completed]),
        length=statistics(episodes.length[completed]),
        modes=_modes(episodes.mode),
        successes=int(np.count_nonzero(success == 1)),
        judged=int(np.count_nonzero(success >= 0)),
        started_at=started_at,
        ended_at=ended_at,
        duration=duration,
    )


def statistics(values: npt.NDArray[Any]) -> Statistics:
    """Mean, spread and middle of an array's finite values, shape (n,)."""
    values = np.sort(finite(values))
    if not len(values):
        return Statistics(0, *[float("nan")] * 6)
    # Returns near the end of the range of floats: infinity is the answer, not a warning.
    with np.errstate(over="ignore", invalid="ignore"):
        return Statistics(
            n=len(values),
            mean=float(values.mean()),
            std=float(values.std(ddof=1)) if len(values) > 1 else float("nan"),
            median=float(values[(len(values) - 1) // 2 : len(values) // 2 + 1].mean()),
            min=float(values[0]),
            max=float(values[-1]),
            iqm=float(trimmed(values).mean()),
        )


def finite(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The values that are neither NaN nor infinite; the array itself when all are."""
    if values.dtype.kind != "f":
        return values
    sound = np.isfinite(values)
    return values if sound.all() else values[sound]


def trimmed(ordered: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The middle of an ascending array: without floor(n / 4) values at either end.

    Their mean is the interquartile mean, SciPy's `trim_mean(values, 0.25)`.
    """
    cut = len(ordered) // 4
    return ordered[cut : len(ordered) - cut]


def curve(values: npt.NDArray[np.float64], width: int) -> npt.NDArray[np.float64]:
    """At most `width` means of consecutive values, for a learning curve; NaN where none is finite.

    The bins differ by at most one value in size. Give it the returns of completed episodes.
    """
    width = min(width, len(values))
    if width < 1:
        return np.zeros(0)
    edges = np.arange(width) * len(values) // width
    finite = np.isfinite(values)
    counts = np.add.reduceat(finite, edges, dtype=np.int64)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        sums = np.add.reduceat(np.where(finite, values, 0.0), edges)
        return np.asarray(sums / counts)


def _modes(mode: npt.NDArray[np.bytes_]) -> dict[str, int]:
    if not mode.strides[0] and len(mode):  # one value for all
        return {word: len(mode) for word, code in modes.READ.items() if code == mode[0]}
    counts = {word: int(np.count_nonzero(mode == code)) for word, code in modes.READ.items()}
    return {word: count for word, count in counts.items() if count}


def _span(episodes: Episodes) -> tuple[float | None, float | None, float]:
    """First start, last end and duration."""
    dated = np.isfinite(episodes.started_at)
    rest = episodes.duration[~dated]
    rest = rest[np.isfinite(rest)]
    with np.errstate(over="ignore"):
        apart = float(rest.sum())
    if not dated.any():
        return None, None, apart if len(rest) else float("nan")
    started = episodes.started_at if dated.all() else episodes.started_at[dated]
    lasted = episodes.duration if dated.all() else episodes.duration[dated]
    ends = started + np.where(np.isfinite(lasted), lasted, 0.0)
    first, last = float(started.min()), float(ends.max())
    return first, last, last - first + apart
