"""Returns to try the statistics on: policies, equal ones and ones that are a tenth worse."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

_Z = np.linspace(-8, 8, 16_001)
_DENSITY = np.exp(-(_Z**2) / 2)
_SHARE = np.cumsum(_DENSITY) / _DENSITY.sum()
_FINE = (np.arange(1_000_000) + 0.5) / 1_000_000


class Returns(NamedTuple):
    """A distribution of returns by its quantiles; `worse` is that of a policy whose mean is a tenth lower."""

    name: str
    quantile: Callable[[np.ndarray], np.ndarray]
    worse: Callable[[np.ndarray], np.ndarray]

    @property
    def truth(self) -> dict[str, float]:
        """Its mean, median and interquartile mean."""
        values = self.quantile(_FINE)
        quarter = len(values) // 4
        return {
            "mean": float(values.mean()),
            "median": float(self.quantile(np.array([0.5]))[0]),
            "iqm": float(values[quarter:-quarter].mean()),
        }


def normal_of(share: np.ndarray) -> np.ndarray:
    """The normal distribution's quantile."""
    return np.interp(share, _SHARE, _Z)


def share_of(z: np.ndarray) -> np.ndarray:
    """The share of a normal distribution below z."""
    return np.interp(z, _Z, _SHARE)


def capped(at_the_cap: float) -> Callable[[np.ndarray], np.ndarray]:
    """So many returns at 500, the others anywhere below."""
    return lambda share: np.where(share < 1 - at_the_cap, 500 * share / (1 - at_the_cap), 500.0)


def _bimodal(share: np.ndarray) -> np.ndarray:
    """Two in five around 50, the others around 250."""
    low, high = 50 + 10 * normal_of(share / 0.4), 250 + 20 * normal_of((share - 0.4) / 0.6)
    return np.where(share < 0.4, low, high)


def _scaled(quantile: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    return lambda share: 0.9 * quantile(share)


def _made(name: str, quantile: Callable[[np.ndarray], np.ndarray]) -> Returns:
    return Returns(name, quantile, _scaled(quantile))


ALL = (
    _made("normal", lambda share: 100 + 15 * normal_of(share)),
    # The mean is 400; of the worse policy 44 % reach the cap, and it is 360.
    Returns("capped", capped(0.6), capped(0.44)),
    _made("exponential", lambda share: -100 * np.log1p(-share)),
    _made("bimodal", _bimodal),
    _made("log-normal", lambda share: 100 * np.exp(normal_of(share))),
)
AT_THE_CAP = Returns("nine tenths at a cap", capped(0.9), capped(0.7))


def shares(random: np.random.RandomState, samples: int, n: int, correlation: float | None) -> tuple:
    """Shares (samples, n) of old and new episodes; pairs with this correlation of a Gaussian copula."""
    old, new = random.standard_normal((2, samples, n))
    if correlation is not None:
        new = correlation * old + np.sqrt(1 - correlation**2) * new
    return share_of(old), share_of(new)
