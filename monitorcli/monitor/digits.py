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

# Decimals, and the least number that they tell from its neighbours: half of the distance to those is more
# than what rounding to so many decimals costs, 0.51 or (at 15, where the product is rounded too) 0.57 of
# the last. 7 is for times, 15 for returns. One decimal less than a multiple of four: see `_write`.
_DECIMALS = ((3, np.inf), (7, 2.0**29), (15, 8.0))
_MOST = 1e15  # what is larger may have more digits than there is room for


def integers(values: npt.NDArray[np.int64]) -> bytes:
    """A JSON list of these numbers, shape (n,), none negative."""
    return _write(values, None, None, 0)


def floats(values: npt.NDArray[np.float64]) -> bytes:
    """A JSON list of these numbers, shape (n,); null for what is not finite."""
    size = np.abs(values)
    if not np.max(size, initial=0.0) < _MOST:
        return _one_by_one(values)
    whole = np.floor(size)
    rest = size - whole  # exactly
    least = np.min(size, where=rest != 0, initial=np.inf)
    for decimals, enough in _DECIMALS:
        if least >= enough:
            part = np.rint(rest * 10.0**decimals).astype(np.int64)
            return _write(whole.astype(np.int64), np.signbit(values), part, decimals)
    return _one_by_one(values)


def _one_by_one(values: npt.NDArray[np.float64]) -> bytes:
    return json.dumps([value if math.isfinite(value) else None for value in values.tolist()]).encode()


def _write(whole: Any, negative: Any, part: Any, decimals: int) -> bytes:
    """Rows of a comma, blanks, a sign, digits, and then a point and decimals, in words of four bytes."""
    if not len(whole):
        return b"[]"
    most, least = int(whole.max()), int(whole.min())
    signed = negative is not None and bool(negative.any())
    front = (len(str(most)) + signed) // 4 + 1  # words, with room for the comma
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
    text[0, 0] = _OPEN
    return words.tobytes() + b"]"


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
