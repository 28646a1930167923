"""Numbers as JSON, a column at a time: a tenth of what `json.dumps` takes, and read back bit for bit.

Every number gets as many bytes as the widest, blanks before its digits: so all of them are made by a
few operations on whole columns.
"""

from __future__ import annotations

import functools
import json
import math
from typing import Any

import numpy as np
import numpy.typing as npt

_COMMA, _BLANK, _MINUS, _POINT, _OPEN = b", -.["

# The least numbers that 7 and 15 decimals tell from their neighbours: half of the distance to those is more
# than what rounding to so many decimals costs, 0.51 or (at 15, where the product is rounded too) 0.57 of
# the last. 7 is for times, 15 for returns, 3 for whole numbers.
# A multiple of four less one: see `_rows`.
_LEAST_FOR_7, _LEAST_FOR_15 = 2.0**29, 8.0
_MOST = 1e15  # what is larger may have more digits than there is room for
_LEAST = 1e-99  # what is smaller, too


def integers(values: npt.NDArray[np.int64]) -> bytes:
    """A JSON list of these numbers, shape (n,), none negative."""
    return _list(_rows(values, None, None, 0))


def floats(values: npt.NDArray[np.float64]) -> bytes:
    """A JSON list of these numbers, shape (n,); null for what is not finite."""
    size = np.abs(values)
    if not np.max(size, initial=0.0) < _MOST:
        return _one_by_one(values)
    whole = np.floor(size)
    rest = size - whole  # exactly
    least = np.min(size, where=rest != 0, initial=np.inf)
    small = np.flatnonzero((rest != 0) & (size < _LEAST_FOR_15))
    if least < _LEAST or 4 * len(small) > len(values):
        return _one_by_one(values)
    decimals = 3 if least == np.inf else 7 if least >= _LEAST_FOR_7 else 15
    part = np.rint(rest * 10.0**decimals).astype(np.int64)
    rows = _rows(whole.astype(np.int64), np.signbit(values), part, decimals)
    for row in small.tolist():
        rows[row, 1:] = np.frombuffer(b"%*a" % (rows.shape[1] - 1, float(values[row])), np.uint8)
    return _list(rows)


def _one_by_one(values: npt.NDArray[np.float64]) -> bytes:
    return json.dumps([value if math.isfinite(value) else None for value in values.tolist()]).encode()


def _list(rows: npt.NDArray[np.uint8]) -> bytes:
    if not len(rows):
        return b"[]"
    rows[0, 0] = _OPEN
    return rows.tobytes() + b"]"


def _rows(whole: Any, negative: Any, part: Any, decimals: int) -> npt.NDArray[np.uint8]:
    """Rows of a comma, blanks, a sign, digits, and then a point and decimals, in words of four bytes."""
    most, least = int(whole.max(initial=0)), int(whole.min(initial=1 << 62))
    signed = negative is not None and bool(negative.any())
    front = (len(str(most)) + signed) // 4 + 1  # words, with room for the comma
    front = max(front, 2) if decimals == 15 else front  # and then for any small number's own digits
    words = np.empty((len(whole), front + (decimals + 1) // 4), np.uint32)
    _put(words[:, :front], whole)
    text = words.view(np.uint8)
    if decimals:
        _put(words[:, front:], part)
        text[:, 4 * front] = _POINT  # there the digit is 0
    pad = np.where(negative, _MINUS, _BLANK).astype(np.uint8) if signed else _BLANK
    for place in range(1, 4 * front - 1):
        if least < (bound := 10 ** (4 * front - 1 - place)):
            short = whole < bound
            if signed and place > 1:
                np.copyto(text[:, place - 1], _BLANK, where=short)  # the sign stands before a digit
            np.copyto(text[:, place], pad, where=short)
    text[:, 0] = _COMMA
    return text


def _put(words: Any, values: Any) -> None:
    """The decimal digits of `values`, shape (n,), with zeros before them, into `words`, shape (n, k)."""
    for column in range(words.shape[1] - 1, 0, -1):
        above = values // 10_000
        words[:, column] = _four_digits().take(values - above * 10_000)
        values = above
    words[:, 0] = _four_digits().take(values)


@functools.lru_cache(maxsize=None)
def _four_digits() -> npt.NDArray[np.uint32]:
    """The digits of 0 to 9999, four bytes each."""
    digits = np.arange(10_000)[:, None] // (1000, 100, 10, 1) % 10 + ord("0")
    return np.ascontiguousarray(digits, np.uint8).view(np.uint32)[:, 0]
