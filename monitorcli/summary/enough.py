"""Whether values are so few, or so many of them equal, that an interval is narrower than it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from monitorcli.summary.overview import finite

# Below these, intervals hold the truth less often than they say: docs/gates-tables.md.
FEW = 20
FEW_OTHERS = 5  # values that differ from the most common one


def others(values: npt.NDArray[Any]) -> int:
    """How many of the finite values, shape (n,), differ from the most common one."""
    _, counts = np.unique(finite(values), return_counts=True)
    return int(counts.sum() - counts.max()) if len(counts) else 0


def too_narrow(values: npt.NDArray[Any]) -> bool:
    """Whether the interval of these values is said to be too narrow."""
    return len(values) < FEW or others(values) < FEW_OTHERS
