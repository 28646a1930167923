"""Recordings in, text out: every format `inspect` can write. Prints nothing, opens nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from monitorcli.recording.model import Recording
from monitorcli.report import as_csv, as_json, as_table

# The front door offers these names; it keeps its own list of them only so as to start fast.
FORMATS: dict[str, Callable[[Sequence[Recording]], str]] = {
    "table": as_table.render,
    "json": as_json.render,
    "csv": as_csv.render,
}
