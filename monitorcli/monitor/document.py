"""Read a JSON object from a file that anybody may have written: of bounded size, depth and numbers."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from monitorcli.errors import BadFile
from monitorcli.monitor.directory import open_regular

# Bytes of JSON that are read at most. A stats file takes some 40 an episode, and has all of a Gym run's.
MOST_STATS = 1 << 28
MOST_JSON = 1 << 25

# Lists and objects in a large file. An empty one takes two bytes there and sixty in memory; a stats file
# has a dozen.
_MOST_PARTS = 10_000

# Python 3.11's own limit, for those that have none: the time to read an integer grows with its square.
_MOST_DIGITS = 4300


def read_json(path: Path, most: int = MOST_JSON) -> dict[str, Any]:
    """The JSON object in a file of at most `most` bytes; raises BadFile when there is none."""
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > most:
                raise BadFile(f"{path.name}: {size:,} bytes is more than is read of such a file")
            # Zeros, as a power cut or a hole leaves them, are known by the first and the last byte.
            for place in (0, max(0, size - 1)):
                file.seek(place)
                if file.read(1) == b"\0":
                    raise BadFile(f"{path.name}: not JSON: it has zero bytes")
            file.seek(0)
            data = file.read(size)
        if size > MOST_JSON and data.count(b"[") + data.count(b"{") > _MOST_PARTS:
            raise BadFile(f"{path.name}: too many lists and objects for such a file")
        document = json.loads(data, parse_int=_PARSE_INT)
    except OSError as error:
        raise BadFile(f"{path.name}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise BadFile(f"{path.name}: not JSON: {str(error) or type(error).__name__}") from None
    if not isinstance(document, dict):
        raise BadFile(f"{path.name}: not a JSON object")
    return document


def _parse_int(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


# None leaves it to json's own, which is quicker.
_PARSE_INT = None if hasattr(sys, "get_int_max_str_digits") else _parse_int
