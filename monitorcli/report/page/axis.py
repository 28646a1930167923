"""Where values lie on an axis, and which of them are written beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

# An axis of at least so many values is cut where a few of them would squeeze the rest flat.
_ENOUGH = 100
_SQUEEZED = 4.0


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`, both finite and low < high. Fractions are of the axis's length."""

    low: float
    high: float

    def at(self, values: Values) -> Values:
        """The values as fractions, 0 at `low` and 1 at `high`; those outside lie at an end."""
        # Made small first: the distance between two large floats may itself be no float.
        unit = max(abs(self.low), abs(self.high))
        low, high = self.low / unit, self.high / unit
        return np.asarray(np.clip((values / unit - low) / (high - low), 0.0, 1.0))

    def ticks(self, most: int = 6) -> list[float]:
        """At most about `most` round values on the axis."""
        step = nice_step(self.high / most - self.low / most)
        if not step:
            return [self.low, self.high]
        first, last = math.ceil(self.low / step), math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)][: most + 2]


def nice_step(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5, 10 times a power of ten that is `least` or more; 0 when there is none."""
    if not (least > 1e-300 and math.isfinite(least) and least < 1e300):
        return 0.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10, 20) if factor * power >= least * (1 - 1e-9))


def fitting(values: Values) -> Axis:
    """An axis for finite values, at least one: all of them, unless a few lie far from the rest."""
    low, high = float(values.min()), float(values.max())
    if len(values) >= _ENOUGH:
        inner = np.quantile(values, (0.005, 0.995))
        spread = float(inner[1] / 2 - inner[0] / 2)
        if spread > 0 and high / 2 - low / 2 > _SQUEEZED * spread:
            low, high = max(low, float(inner[0]) - spread / 4), min(high, float(inner[1]) + spread / 4)
    if 0 <= low < 0.4 * high:
        low = 0.0
    if not low < high:
        room = abs(low) / 10 or 1.0
        return Axis(max(low - room, -1.7e308), min(high + room, 1.7e308))
    return Axis(low, high)


def padded(axis: Axis, share: float = 0.04) -> Axis:
    """The axis with a little room at its ends, but not below a zero it begins at."""
    room = (axis.high / 2 - axis.low / 2) * 2 * share
    if not math.isfinite(room) or max(abs(axis.low), abs(axis.high)) > 1e307:
        return axis
    return Axis(axis.low if axis.low == 0 else axis.low - room, axis.high + room)
