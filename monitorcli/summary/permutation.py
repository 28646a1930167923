"""Tests of means by permutation: two samples by who is in which, pairs by flipping signs."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from monitorcli.summary.quantiles import below_normal
from monitorcli.summary.resampling import CHUNK, SEED, Values

_MOST_DRAWS, _FEWEST_DRAWS, _PICKS = 4_999, 999, 5_000_000
_ALL_FLIPS = 12  # pairs of which all 2^n flips are tried
_MANY = 5_000  # values on the smaller side from which the normal distribution is as good
_MOST_PERMUTED = 20_000  # values on the larger side; of more a random part
_SAME = 1e-9  # relative; statistics that differ by less are equal
_NO_SPREAD = 1e-14  # a variance of values within [-1, 1] that is rounding


def permutations(old: Values, new: Values) -> Values:
    """Test whether the mean fell, for each row of (samples, n_old) and (samples, n_new): Welch's t, permuted.

    Gives p, shape (samples,), which counts what is observed as one draw (Phipson and Smyth, 2010).
    Studentised, it also holds for large sides of which only the means are equal (Janssen, 1997; Chung and
    Romano, 2013). Two sides of 5,000 and more are compared with the normal distribution.
    """
    sign = 1.0 if new.shape[1] <= old.shape[1] else -1.0
    small, large = (new, old) if sign > 0 else (old, new)
    if small.shape[1] >= _MANY:
        return _by_normal(old, new)
    if large.shape[1] > _MOST_PERMUTED:
        large = large[:, np.random.RandomState(SEED).permutation(large.shape[1])[:_MOST_PERMUTED]]
    pool = _scaled(np.concatenate([small, large], axis=1))
    n, m = pool.shape[1], small.shape[1]
    totals = pool.sum(axis=1), (pool**2).sum(axis=1)
    observed = sign * _welch(pool[:, :m].sum(axis=1), (pool[:, :m] ** 2).sum(axis=1), totals, m, n)
    count, times = np.zeros(len(pool)), 0
    for members in _subsets(n, m):
        drawn = sign * _welch(members @ pool.T, members @ (pool**2).T, totals, m, n)
        count += (drawn <= observed + _SAME * np.abs(observed)).sum(axis=0)
        times += len(members)
    return np.asarray((1 + count) / (times + 1))


def _welch(sums: Values, squares: Values, totals: tuple[Values, Values], m: int, n: int) -> Values:
    """Welch's t of m values with these sums against the other n - m; very large where there is no spread."""
    error, means = np.zeros_like(sums), []
    for total, square, size in ((sums, squares, m), (totals[0] - sums, totals[1] - squares, n - m)):
        mean = total / size
        variance = (square / size - mean**2) * size / (size - 1)
        error += np.where(variance > _NO_SPREAD, variance, 0) / size
        means.append(mean)
    change = means[0] - means[1]
    change = np.where(np.abs(change) < _SAME, 0, change)
    return np.asarray(change / np.sqrt(np.maximum(error, 1e-60)))


def _scaled(pool: Values) -> Values:
    """Each row around its mean, within [-1, 1]."""
    centred = pool - pool.mean(axis=1, keepdims=True)
    size = np.abs(centred).max(axis=1, keepdims=True)
    return np.asarray(centred / np.where(size > 0, size, 1))


def _subsets(n: int, m: int) -> Iterator[Values]:
    """Random subsets of m of n, in pieces of shape (rows, n): 1 for a member, else 0."""
    random = np.random.RandomState(SEED)
    left = min(_MOST_DRAWS, max(_FEWEST_DRAWS, _PICKS // n))
    while left:
        rows = min(left, max(1, CHUNK // n))
        members = np.zeros((rows, n))
        chosen = np.argpartition(random.random_sample((rows, n)), m, axis=1)[:, :m]
        np.put_along_axis(members, chosen, 1.0, axis=1)
        yield members
        left -= rows


def _by_normal(old: Values, new: Values) -> Values:
    squared = sum(side.var(axis=1, ddof=1) / side.shape[1] for side in (old, new))
    change = new.mean(axis=1) - old.mean(axis=1)
    return below_each(change, np.sqrt(squared))


def below_each(change: Values, error: Values) -> Values:
    """P of each change, shape (samples,), with its standard error, by the normal distribution."""
    return np.array(
        [
            below_normal(of / spread) if spread > 0 else float(of >= 0)
            for of, spread in zip(change.tolist(), error.tolist(), strict=True)
        ]
    )


def sign_flips(change: Values) -> Values:
    """Test whether the mean of differences is below 0, for each row of (samples, n), by flipping their signs.

    Gives p, shape (samples,), from all 2^n flips of up to 12. Student's t orders flips as their sum does, for
    the sum of squares stays the same (Fisher, 1935).
    """
    n = change.shape[1]
    if n >= _MANY:
        return below_each(change.mean(axis=1), change.std(axis=1, ddof=1) / math.sqrt(n))
    size = np.abs(change).max(axis=1, keepdims=True)
    scaled = change / np.where(size > 0, size, 1)
    scaled = np.where(np.abs(scaled) < _SAME, 0, scaled)
    observed = scaled.sum(axis=1)
    count, times = np.zeros(len(scaled)), 0
    for signs in _signs(n):
        count += (signs @ scaled.T <= observed + _SAME).sum(axis=0)
        times += len(signs)
    return np.asarray(count / times if n <= _ALL_FLIPS else (1 + count) / (times + 1))


def _signs(n: int) -> Iterator[Values]:
    """Signs of n differences, in pieces of shape (rows, n)."""
    if n <= _ALL_FLIPS:
        yield np.asarray(1.0 - 2.0 * (np.arange(2**n)[:, None] >> np.arange(n) & 1), np.float64)
        return
    random = np.random.RandomState(SEED)
    left = min(_MOST_DRAWS, max(_FEWEST_DRAWS, _PICKS // n))
    while left:
        rows = min(left, max(1, CHUNK // n))
        width = -(-n // 8)
        drawn = np.frombuffer(random.bytes(rows * width), np.uint8).reshape(rows, width)
        yield np.asarray(1.0 - 2.0 * np.unpackbits(drawn, axis=1)[:, :n], np.float64)
        left -= rows
