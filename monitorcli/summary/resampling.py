"""Bootstrap resamples (Efron, 1979) with a fixed seed, and statistics of each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

SEED = 20161
MOST_RESAMPLED = 10_000  # values; of more there is a closed form, see `intervals`
STATISTICS = ("mean", "std", "median", "iqm")
ESTIMATED = ("mean", "median", "iqm")  # with an interval: that of std would hold too seldom

# 9,999 draws up to 400 values; for more, fewer: an interval is narrower then, and so its ends' error.
_MOST_DRAWS, _FEWEST_DRAWS = 9_999, 999
PICKS = 4_000_000
CHUNK = 250_000  # picks in memory at a time


def draws(n: int) -> int:
    """How many resamples `resamples` makes of n values."""
    return min(_MOST_DRAWS, max(_FEWEST_DRAWS, PICKS // max(n, 1)))


def resamples(n: int, seed: int = SEED, times: int | None = None) -> Iterator[Values]:
    """Bootstrap resamples in pieces of shape (rows, n): how often each of the n values was picked.

    From NumPy's legacy generator, whose stream is frozen: the same in every release of NumPy.
    """
    random = np.random.RandomState(seed)
    left = draws(n) if times is None else times
    while left:
        rows = min(left, max(1, CHUNK // n))
        picked = (random.random_sample((rows, n)) * n).astype(np.intp)
        picked += np.arange(rows)[:, None] * n
        yield np.bincount(picked.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)
        left -= rows


def resamples_of_two(n_old: int, n_new: int) -> Iterator[tuple[Values, Values]]:
    """Resamples of two samples, each apart, in pieces with as many rows."""
    # The side with more values makes smaller pieces, so the other follows it, a piece at a time.
    times = draws(max(n_old, n_new))
    piece = max(1, CHUNK // max(n_old, n_new))
    for first in range(0, times, piece):
        rows = min(piece, times - first)
        yield (
            next(resamples(n_old, SEED + 2 * first, rows)),
            next(resamples(n_new, SEED + 2 * first + 1, rows)),
        )


def resampled(ordered: Values, counts: Values, names: Sequence[str]) -> dict[str, Values]:
    """The named statistics (median, iqm) of each resample of each sample, shape (rows, samples).

    `ordered` has shape (samples, n), each ascending; `counts` (rows, n).
    """
    below = counts.cumsum(axis=1)  # how many of the picks lie at or below each value
    return {name: _OF_RANKS[name](ordered, below) for name in names}


def moments(centred: Values, counts: Values) -> tuple[Values, Values]:
    """Mean and sample variance of each resample of each sample, shape (rows, samples).

    `centred` has shape (samples, n) and means near 0, else the squares would leave no digits.
    """
    n = centred.shape[1]
    mean = counts @ centred.T / n
    return mean, np.maximum(counts @ (centred**2).T / n - mean**2, 0) * n / (n - 1)


def _median(ordered: Values, below: Values) -> Values:
    n = ordered.shape[1]
    lower, upper = ((below <= rank).sum(axis=1) for rank in ((n - 1) // 2, n // 2))
    return np.asarray((ordered[:, lower] + ordered[:, upper]).T / 2)


def _iqm(ordered: Values, below: Values) -> Values:
    n = ordered.shape[1]
    cut = n // 4
    kept = np.clip(below, cut, n - cut)  # of the ranks that are kept, how many lie at or below each value
    first, last = ordered[:, :1], ordered[:, -1:]
    steps = np.concatenate([-np.diff(ordered, axis=1), last - first], axis=1)
    return np.asarray(first.T + kept @ steps.T / (n - 2 * cut))


_OF_RANKS = {"median": _median, "iqm": _iqm}
