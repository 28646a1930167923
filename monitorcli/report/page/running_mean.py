"""The running mean of the returns, and its interval."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from monitorcli.report.page.axis import Values
from monitorcli.summary.intervals import normal_quantile
from monitorcli.summary.selection import Rows

_POINTS = 240  # of the line
_ENOUGH = 10  # episodes for a mean of several


class RunningMean(NamedTuple):
    """Means of `window` consecutive completed episodes, shape (n,) each; NaN where none is finite.

    `at` is the middle of the window on the axis, `low` and `high` the interval of the mean by the normal
    approximation, episodes taken as independent; NaN for fewer than two values.
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
    spread = (
        np.maximum(squares - mean**2, 0) * window / (window - 1)
        if window > 1
        else np.full(len(mean), math.nan)
    )
    half = normal_quantile(confidence) * np.sqrt(spread / window)
    at = (places[starts] + places[starts + window - 1]) / 2
    with np.errstate(over="ignore"):
        lines = [(of + middle) * unit for of in (mean, mean - half, mean + half)]
    return RunningMean(window, at, *lines)
