"""Episodes as Parquet: the columns of the CSV, each of its type. Only this module needs pyarrow."""

from __future__ import annotations

import io
from typing import Any

from monitorcli.errors import PackageMissing
from monitorcli.recording.columns import Seeds, Text
from monitorcli.report.model import RecordingView, Report

_ROWS = 1 << 17  # of a row group


def render(report: Report) -> bytes:
    """Null is what is not known; times are UTC. Of several recordings with the column `directory`.

    `seed` is uint64, or text in a file that has seeds of more bits.
    """
    require_pyarrow()
    import pyarrow as pa
    from pyarrow import parquet

    several = len(report.recordings) > 1
    wide = any(one.recording.columns().of(one.rows, ["seed"])["seed"].wide for one in report.recordings)
    written = io.BytesIO()
    writer = None
    for one in report.recordings:
        for first in range(0, max(1, len(one.rows)), _ROWS):
            table = _table(pa, one, first, wide, several)
            writer = writer or parquet.ParquetWriter(written, table.schema)
            writer.write_table(table)
    if writer is not None:
        writer.close()
    return written.getvalue()


def require_pyarrow() -> None:
    """Raise PackageMissing without it."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise PackageMissing("parquet needs pyarrow: pip install 'monitorcli[parquet]'") from None


def _table(pa: Any, one: RecordingView, first: int, wide: bool, several: bool) -> Any:
    """The rows of a recording from `first` on, at most _ROWS."""
    rows = one.rows[first : first + _ROWS]
    found = one.recording.columns().of(rows)
    made = {name: _column(pa, of) for name, of in found.items()}
    made["episode"] = made["episode"].cast(pa.int64())
    made["started_at"] = made["started_at"].cast(pa.timestamp("us", tz="UTC"))
    made["duration"] = pa.array(found["duration"], from_pandas=True)  # NaN is null
    made["success"] = pa.array(found["success"] == 1, mask=found["success"] < 0)
    if wide:
        texts = (None if seed is None else str(seed) for seed in found["seed"].values())
        made["seed"] = pa.array(texts, pa.string())
    if several:
        made["directory"] = pa.array([one.name] * len(rows), pa.string())
    return pa.table(made)


def _column(pa: Any, of: Any) -> Any:
    if isinstance(of, Text):
        words = pa.array([None, *of.words[1:]], pa.string())
        return pa.DictionaryArray.from_arrays(of.codes, words).dictionary_decode()
    if isinstance(of, Seeds):
        return pa.array(of.seed, mask=~of.known)
    return pa.array(of)
