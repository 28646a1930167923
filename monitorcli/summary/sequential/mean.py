"""Whether the mean over all N planned episodes is at least so high, of values in a known range.

Betting without replacement (Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by
betting", section 5). If the mean over all N is m, the episodes from the t-th on must average
m_t = (N m - sum of the values before) / (N - t + 1), and what one wins by betting on x - m_t is a martingale,
for every bet that is chosen before x is seen. Who gets rich has disproved m.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from monitorcli.summary.intervals import Interval
from monitorcli.summary.sequential.rule import Decision

Values = npt.NDArray[np.float64]

# Candidates for the mean, equally far apart over the range; the interval's ends are among them.
_CANDIDATES = 401
# The largest share of what a bet may risk; more can lose nearly all in one episode.
_LARGEST = 0.75
# Pairs after which a regression on the baseline's values is believed.
_ENOUGH_PAIRS = 10
# What sums of values may be off by, as a share of the range.
_ROUNDING = 1e-12


class MeanRule:
    """Bets against "the mean is at most m" and against "it is at least m", for the limit and other m."""

    def __init__(
        self,
        episodes: int,
        low: float,
        high: float,
        limit: float,
        error: float,
        baseline: Values | None = None,
    ) -> None:
        """Values lie from `low` to `high`, and their mean over N = `episodes` must reach `limit`.

        `baseline`, shape (N,), has a baseline's values with the same seeds, in the order of visit. What a
        new value owes to an easy or a hard seed is then taken off by regression, which makes it vary less.
        """
        self._low, self._width = low, high - low
        self._episodes, self._error = episodes, error
        self._scaled_limit = (limit - low) / self._width
        # All values are shares of the range.
        self._means = np.union1d(np.linspace(0.0, 1.0, _CANDIDATES), np.clip(self._scaled_limit, 0.0, 1.0))
        self._limit = int(np.searchsorted(self._means, np.clip(self._scaled_limit, 0.0, 1.0)))
        self._above = np.zeros_like(self._means)  # log of the wealth that bets on more than m
        self._below = np.zeros_like(self._means)
        self._disproved = np.zeros((2, len(self._means)), np.bool_)
        self._moments = _Moments()
        self._beside = None if baseline is None else _Beside((baseline - low) / self._width)
        self.void = ""
        self.decision: Decision | None = None
        self._decide()

    def add(self, value: float) -> None:
        """Take the next value; one outside of the range, or that is not finite, voids the rule."""
        x = (value - self._low) / self._width
        if self.void or not 0.0 <= x <= 1.0:
            self.void = self.void or "an episode's return is outside of the range"
            return
        left = self._episodes - self._moments.count
        rest = (self._episodes * self._means - self._moments.total) / left  # m_t of each candidate
        expected, spread, luck, reach = self._moments.mean, self._moments.variance, 0.0, (0.0, 0.0)
        if self._beside is not None:
            slope, expected, spread = self._beside.forecast(self._moments)
            luck, reach = self._beside.next(slope)
        ahead = expected - rest
        bets = ahead / (spread + ahead * ahead)  # aGRAPA
        gain = x - luck - rest
        self._above += _won(bets, gain, rest + reach[1])
        self._below += _won(-bets, -gain, 1.0 - rest - reach[0])
        if self._beside is not None:
            self._beside.add(x)
        self._moments.add(x)
        self._decide()

    def interval(self) -> Interval:
        """Where the mean over all N is; either end is wrong with at most the probability `error`.

        The low end is the highest candidate up to which each "the mean is at most m" has been disproved.
        """
        from_below, from_above = (_leading(of) for of in (self._disproved[0], self._disproved[1, ::-1]))
        last = len(self._means) - 1
        low, high = self._means[max(from_below - 1, 0)], self._means[min(last, last + 1 - from_above)]
        least = self._moments.total / self._episodes
        most = least + 1 - self._moments.count / self._episodes
        low, high = max(float(low), least), min(float(high), most)
        return Interval(self._low + low * self._width, self._low + high * self._width)

    def _decide(self) -> None:
        self._disproved |= np.stack([self._above, self._below]) >= -math.log(self._error)
        least = self._moments.total / self._episodes
        most = least + 1 - self._moments.count / self._episodes
        self._disproved |= np.stack([self._means < least - _ROUNDING, self._means > most + _ROUNDING])
        if self.decision is not None or self._moments.count == self._episodes:
            return
        if least >= self._scaled_limit + _ROUNDING:
            self.decision = Decision(True, certain=True)
        elif most < self._scaled_limit - _ROUNDING:
            self.decision = Decision(False, certain=True)
        elif self._disproved[0, self._limit]:
            self.decision = Decision(True, certain=False)
        elif self._disproved[1, self._limit]:
            self.decision = Decision(False, certain=False)


def _leading(of: npt.NDArray[np.bool_]) -> int:
    """How many are true before the first that is not."""
    return int(np.argmin(np.append(of, False)))


def _won(bets: Values, gain: Values, risk: Values) -> Values:
    """The log of what each bet wins: at least nothing is betted, and `risk` is the most that 1 could lose.

    Nothing is betted where there is no risk, for there the mean is impossible by now, or about to be.
    """
    risky = risk > 1e-9
    most = np.where(risky, _LARGEST / np.where(risky, risk, 1.0), 0.0)
    return np.log1p(np.clip(bets, 0.0, most) * gain)


class _Moments:
    """Sum, mean and variance of the values so far, as if one value in the middle had been seen before."""

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.squares = 0.0

    def add(self, x: float) -> None:
        self.count += 1
        self.total += x
        self.squares += x * x

    @property
    def mean(self) -> float:
        return (0.5 + self.total) / (self.count + 1)

    @property
    def variance(self) -> float:
        mean = self.mean
        around = self.squares - 2 * mean * self.total + self.count * mean * mean
        return (0.25 + max(0.0, around)) / (self.count + 1)


class _Beside:
    """The baseline's values with the same seeds, all known before, and how far they tell the new ones.

    What is taken off a new value is slope (y - mean of the baseline's values that are left), whose expected
    value in a random order is 0, whatever the slope; and the slope is made of episodes before.
    """

    def __init__(self, values: Values) -> None:
        """`values` has shape (N,), in the order of visit, on the scale of the new ones."""
        left = np.arange(len(values), 0, -1)
        self._values = values
        self._means = values[::-1].cumsum()[::-1] / left  # of the values from each one on
        self._least = np.minimum.accumulate(values[::-1])[::-1]
        self._most = np.maximum.accumulate(values[::-1])[::-1]
        self._count = 0
        self._sums = np.zeros(4)  # x, y, x y, y y

    def add(self, x: float) -> None:
        y = self._values[self._count]
        self._sums += (x, y, x * y, y * y)
        self._count += 1

    def forecast(self, moments: _Moments) -> tuple[float, float, float]:
        """The slope, what the new values that are left may average, and how they vary around the line."""
        if self._count < _ENOUGH_PAIRS:
            return 0.0, moments.mean, moments.variance
        x, y, xy, yy = self._sums / self._count
        covariance, variance = xy - x * y, yy - y * y
        if variance < 1e-12:
            return 0.0, moments.mean, moments.variance
        slope = covariance / (variance + 0.25 / self._count)
        explained = slope * (2 * covariance - slope * variance)
        spread = max(moments.variance - explained, 0.25 / (self._count + 1))
        return slope, moments.mean + slope * (self._means[self._count] - y), spread

    def next(self, slope: float) -> tuple[float, tuple[float, float]]:
        """What of the next value is luck of its seed, and from where to where that could have been."""
        at = self._count
        least, luck, most = slope * (
            np.array([self._least[at], self._values[at], self._most[at]]) - self._means[at]
        )
        return luck, (min(least, most), max(least, most))
