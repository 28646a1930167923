"""JSON objects in files: written whole or not at all; read from what anybody wrote, within bounds."""

from __future__ import annotations

import errno
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any

from monitorcli.errors import BadFile
from monitorcli.format.files import open_regular
from monitorcli.format.names import TEMPORARY_PREFIX

# Bytes of JSON that are read at most. A stats file takes some 40 an episode, and has all of a Gym run's.
MOST_STATS = 1 << 28
MOST_JSON = 1 << 25

# Lists and objects in a large file. An empty one takes two bytes there and sixty in memory; a stats file
# has a dozen.
_MOST_PARTS = 10_000

# Python 3.11's own limit, for those that have none: the time to read an integer grows with its square.
_MOST_DIGITS = 4300

_FULL = (errno.ENOSPC, errno.EDQUOT)


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
        document = parse_json(data)
    except OSError as error:
        raise BadFile(f"{path.name}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise BadFile(f"{path.name}: not JSON: {str(error) or type(error).__name__}") from None
    if not isinstance(document, dict):
        raise BadFile(f"{path.name}: not a JSON object")
    return document


def parse_json(data: bytes) -> Any:
    """The JSON document `data`; raises ValueError or RecursionError."""
    return json.loads(data, parse_int=_PARSE_INT)


def _parse_int(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


# None leaves it to json's own, which is quicker.
_PARSE_INT = None if hasattr(sys, "get_int_max_str_digits") else _parse_int


def write_json(path: Path, document: dict[str, Any], durable: bool = True) -> None:
    """`write_whole` of a JSON document. JSON has no NaN: callers write null for it."""
    write_whole(path, json.dumps(document, allow_nan=False).encode(), durable)


def write_whole(path: Path, data: bytes, durable: bool = True) -> None:
    """Write the file whole or not at all; raises OSError.

    `durable` waits until the disk has it, so that a power cut leaves the old or the new file.
    """
    temporary = path.with_name(TEMPORARY_PREFIX + secrets.token_hex(8))
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if not isinstance(error, OSError) or error.errno not in _FULL or not _overwrite(path, data):
            raise


def _overwrite(path: Path, data: bytes) -> bool:
    """On a full disk, write into the blocks that the file already has; False, and unchanged, if too few."""
    try:
        # A link is not followed: whoever put it there may want something else overwritten.
        flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(path, flags), "r+b", buffering=0) as file:
            before = file.read()
            if os.pwrite(file.fileno(), data, 0) == len(data):
                file.truncate(len(data))
                return True
            os.pwrite(file.fileno(), before, 0)
            file.truncate(len(before))
    except OSError:
        pass
    return False


def create_json(path: Path, document: dict[str, Any]) -> None:
    """Write a file that must not exist yet; FileExistsError when it does. When that fails, there is none."""
    data = json.dumps(document, allow_nan=False)
    with open(path, "x", encoding="utf-8") as file:
        try:
            file.write(data)
            file.flush()
        except OSError:
            path.unlink()
            raise
