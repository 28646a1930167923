"""Bootstrap resamples (Efron, 1979) with a fixed seed, and statistics of each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

SEED = 20161
MOST_RESAMPLED = 10_000  # values; of more there is a closed form, see `intervals`
STATISTICS = ("mean", "std", "median", "iqm")

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


def resampled(ordered: Values, counts: Values, names: Sequence[str]) -> dict[str, Values]:
    """The named statistics of each resample, shape (rows,); `ordered` ascends and has shape (n,)."""
    found = {name: _OF_COUNTS[name](ordered, counts) for name in names if name in _OF_COUNTS}
    if len(found) < len(names):
        below = counts.cumsum(axis=1)  # how many of the picks lie at or below each value
        found.update({name: _OF_RANKS[name](ordered, below) for name in names if name in _OF_RANKS})
    return found


def _mean(ordered: Values, counts: Values) -> Values:
    return np.asarray(ordered[0] + counts @ (ordered - ordered[0]) / len(ordered))  # exact when all are equal


def _std(ordered: Values, counts: Values) -> Values:
    n = len(ordered)
    apart = ordered - ordered.mean()  # else the squares of large returns would leave no digits
    squares = counts @ apart**2 - (counts @ apart) ** 2 / n
    return np.asarray(np.sqrt(np.maximum(squares, 0) / (n - 1)))


def _median(ordered: Values, below: Values) -> Values:
    n = len(ordered)
    lower, upper = ((below <= rank).sum(axis=1) for rank in ((n - 1) // 2, n // 2))
    return np.asarray((ordered[lower] + ordered[upper]) / 2)


def _iqm(ordered: Values, below: Values) -> Values:
    n = len(ordered)
    cut = n // 4
    kept = np.clip(below, cut, n - cut)  # of the ranks that are kept, how many lie at or below each value
    steps = np.append(-np.diff(ordered), ordered[-1] - ordered[0])
    return np.asarray(ordered[0] + kept @ steps / (n - 2 * cut))


_OF_COUNTS = {"mean": _mean, "std": _std}
_OF_RANKS = {"median": _median, "iqm": _iqm}
