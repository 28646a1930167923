"""A recording's episodes as a pandas DataFrame. pandas is imported only here, when it is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from monitorcli.errors import PackageMissing
from monitorcli.recording.columns import Columns, Seeds, Text


def data_frame(columns: Columns) -> Any:
    """All rows. What is not known is missing; with seeds of more than 64 bits all are Python's integers."""
    try:
        import pandas as pd
    except ImportError:
        raise PackageMissing("to_pandas needs pandas: pip install 'monitorcli[pandas]'") from None
    found = columns.of(np.arange(len(columns)))
    made = {name: _texts(of, pd) if isinstance(of, Text) else of for name, of in found.items()}
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
