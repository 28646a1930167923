"""A recording's episodes as a pandas DataFrame. pandas is imported only here, when it is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from monitorcli.errors import PackageMissing
from monitorcli.recording.columns import Columns, Seeds, Text


def data_frame(of: Columns) -> Any:
    """All rows; what is not known is missing, and seeds of more than 64 bits make theirs Python's integers."""
    try:
        import pandas as pd
    except ImportError:
        raise PackageMissing("to_pandas needs pandas: pip install 'monitorcli[pandas]'") from None
    found = of.of(np.arange(len(of)))
    made = {name: _texts(column, pd) if isinstance(column, Text) else column for name, column in found.items()}
    made["started_at"] = pd.to_datetime(found["started_at"], utc=True)
    made["seed"] = _seeds(found["seed"], pd)
    made["success"] = pd.arrays.BooleanArray(found["success"] == 1, found["success"] < 0)
    return pd.DataFrame(made).set_index("episode")


def _texts(column: Text, pd: Any) -> Any:
    words = pd.array([None, *column.words[1:]], dtype="string")
    return words.take(column.codes)


def _seeds(seeds: Seeds, pd: Any) -> Any:
    if seeds.wide:
        return pd.Series(seeds.values(), dtype=object)
    return pd.arrays.IntegerArray(seeds.seed, ~seeds.known)
