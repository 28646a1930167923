"""The running mean of the returns, and its interval."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from monitorcli.report.page.axis import Values
from monitorcli.summary.intervals import intervals_of_each
from monitorcli.summary.quantiles import t_quantile
from monitorcli.summary.selection import Rows

_POINTS = 240  # of the line
_ENOUGH = 10  # episodes for a mean of several
_RESAMPLED = 50  # episodes of a window; for more Student's t is as good, and fast
_NO_SPREAD = 1e-13  # a variance of values near 1 that is rounding


class RunningMean(NamedTuple):
    """Means of `window` consecutive completed episodes, shape (n,) each; NaN where none is finite.

    `at` is the middle of the window on the axis, `low` and `high` the interval of the mean, episodes taken as
    independent: of up to 50 that of `intervals`, of more Student's t. NaN where there is none.
    """

    window: int
    at: Values
    mean: Values
    low: Values
    high: Values


def of_returns(places: Rows | Values, returns: Values, confidence: float) -> RunningMean:
    """A running mean at up to 240 places, over a twentieth of the episodes: 5 at least, 1,000 at most.

    Of so many episodes that those would leave gaps, the windows touch. Of fewer than ten no mean is worth
    a line, and it goes from one to the next.
    """
    n = len(returns)
    window = max(5, min(1000, n // 20), -(-n // _POINTS)) if n >= _ENOUGH else 1
    starts = np.unique(np.rint(np.linspace(0, n - window, _POINTS)).astype(int))
    # Of values near one around their middle, else the squares lose what they are summed up for.
    unit = float(np.abs(returns).max()) or 1.0
    middle = float((returns / unit).mean())
    near = returns / unit - middle
    mean, squares = (
        (sums[starts + window] - sums[starts]) / window
        for sums in (np.concatenate([[0.0], np.cumsum(near**power)]) for power in (1, 2))
    )
    if window == 1 or not confidence:
        low = high = np.full(len(mean), math.nan)
    elif window <= _RESAMPLED:
        samples = near[starts[:, None] + np.arange(window)]
        found = intervals_of_each(samples, confidence, ["mean"])["mean"]
        low, high = (np.array([getattr(of, end) for of in found]) for end in ("low", "high"))
    else:
        half = _half(mean, squares, window, confidence)
        low, high = mean - half, mean + half
    at = (places[starts] + places[starts + window - 1]) / 2
    with np.errstate(over="ignore"):
        lines = [(of + middle) * unit for of in (mean, low, high)]
    return RunningMean(window, at, *lines)


def _half(mean: Values, squares: Values, window: int, confidence: float) -> Values:
    """Half the width of Student's interval; NaN where all values are equal."""
    spread = (squares - mean**2) * window / (window - 1)
    known = np.where(spread > _NO_SPREAD, spread, math.nan)
    return np.asarray(t_quantile(confidence, window - 1) * np.sqrt(known / window))
