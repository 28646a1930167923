"""Recordings in, text out: every format `inspect` can write. Prints nothing, opens nothing."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from monitorcli.report.answer import Answer, View, Wanted, answer

__all__ = ["FORMATS", "Answer", "View", "Wanted", "answer", "render"]

# The module of each format, imported when it is asked for; each has `render(answer)`, which returns str
# or bytes. The front door offers these names; it keeps its own list of them only so as to start fast.
FORMATS: dict[str, str] = {
    "table": "as_table",
    "json": "as_json",
    "csv": "as_csv",
    "markdown": "as_markdown",
    "junit": "as_junit",
    "npz": "as_npz",
}


def render(format_name: str, of: Answer) -> bytes:
    """The answer in one of FORMATS. Bytes, because JSON is UTF-8 whatever the terminal's encoding is."""
    module: Any = import_module(f"monitorcli.report.{FORMATS[format_name]}")
    made: Callable[[Answer], str | bytes] = module.render
    written = made(of)
    return written if isinstance(written, bytes) else written.encode()
