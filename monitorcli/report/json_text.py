"""Strict JSON of what a report found: no NaN, and nothing that a terminal would act on."""

from __future__ import annotations

import json
import math
from typing import Any

from monitorcli.summary.intervals import Interval


def written(document: Any) -> str:
    """The document as indented JSON that ends with a newline.

    Control, bidi and invisible characters are written as \\u escapes, so that a terminal can show the
    text as it is; programs read back what the files say.
    """
    return _safe(json.dumps(_known(document), indent=2, ensure_ascii=False, allow_nan=False)) + "\n"


def _known(value: Any) -> Any:
    """The value as JSON can have it: an interval as its ends, null for a number that is none."""
    if isinstance(value, dict):
        return {name: _known(of) for name, of in value.items()}
    if isinstance(value, (list, tuple)):
        return [_known(of) for of in value]
    if isinstance(value, Interval):
        ends = [_known(value.low), _known(value.high)]
        return None if math.isnan(value.low) or math.isnan(value.high) else ends
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _safe(text: str) -> str:
    """The JSON with every unprintable character escaped; all of them stand inside its strings."""
    return "".join(
        char if char == "\n" or char.isprintable() else json.dumps(char)[1:-1].replace("\x7f", "\\u007f")
        for char in text
    )
