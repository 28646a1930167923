"""The frames of an asciicast: version 2, as monitorcli writes it, and version 1, as Gym and 0.1 did."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from monitorcli.errors import BadFile
from monitorcli.format.json_files import parse_json
from monitorcli.format.names import CAST_ENDING
from monitorcli.recording.folder import Folder

# Bytes of a line. One of ours has a frame of text.
_MOST_LINE = 1 << 20


def text_frames(folder: Folder, name: str) -> Iterator[str]:
    """The text of each frame; raises BadFile when the file is no asciicast."""
    return _version_2(folder, name) if name.endswith(CAST_ENDING) else _version_1(folder, name)


def _version_1(folder: Folder, name: str) -> Iterator[str]:
    """One JSON document, with a list of [delay, text]."""
    events = folder.json(name).get("stdout")
    if not isinstance(events, list):
        raise BadFile(f"{name}: not an asciicast")
    for event in events:
        if not (isinstance(event, list) and len(event) == 2 and isinstance(event[1], str)):
            raise BadFile(f"{name}: not an asciicast")
        yield event[1]


def _version_2(folder: Folder, name: str) -> Iterator[str]:
    """A JSON document a line: a header, then [time, code, data], of which code "o" is a frame.

    A file without a header has no frame yet.
    """
    before = 0.0
    for number, line in enumerate(_lines(folder, name)):
        if number == 0:
            if not (isinstance(line, dict) and line.get("version") == 2):
                raise BadFile(f"{name}: not an asciicast")
            continue
        if not (isinstance(line, list) and len(line) == 3 and isinstance(line[2], str) and _is_time(line[0])):
            raise BadFile(f"{name}: line {number + 1} is no event of an asciicast")
        if line[0] < before:
            raise BadFile(f"{name}: line {number + 1} has an earlier time than the line before it")
        before = line[0]
        if line[1] == "o":
            yield line[2]


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and 0 <= value < math.inf


def _lines(folder: Folder, name: str) -> Iterator[Any]:
    """The JSON of each line; a line without an end is what a kill or a power cut left of it."""
    try:
        with folder.open(name) as file:
            while (line := file.readline(_MOST_LINE)).endswith(b"\n"):
                yield parse_json(line)
            if len(line) == _MOST_LINE:
                raise BadFile(f"{name}: a line is too long")
    except OSError as error:
        raise BadFile(f"{name}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise BadFile(f"{name}: not JSON: {str(error) or type(error).__name__}") from None
