"""Recordings in, text out: every format `inspect` can write. Prints nothing, opens nothing."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from monitorcli.report.model import Report, ReportOptions, View, make_report

__all__ = ["FORMATS", "Report", "ReportOptions", "View", "make_report", "render"]

# The module of each format, imported when it is asked for; each has `render(report)`, which returns str,
# bytes, or pieces of str where the whole would take much memory. The front door offers these names; it
# keeps its own list of them only so as to start fast.
FORMATS: dict[str, str] = {
    "table": "as_table",
    "json": "as_json",
    "csv": "as_csv",
    "markdown": "as_markdown",
    "junit": "as_junit",
    "html": "as_html",
    "npz": "as_npz",
    "parquet": "as_parquet",
}


def render(format_name: str, of: Report) -> Iterator[bytes]:
    """The report in one of FORMATS, in pieces. Bytes, because JSON is UTF-8 whatever the terminal speaks."""
    module: Any = import_module(f"monitorcli.report.{FORMATS[format_name]}")
    written: str | bytes | Iterator[str] = module.render(of)
    if isinstance(written, bytes):
        yield written
    else:
        yield from (piece.encode() for piece in ([written] if isinstance(written, str) else written))
