"""Encode text frames as an asciicast, which a terminal can play."""

from __future__ import annotations

import json
import os
import re
from io import StringIO
from pathlib import Path
from typing import Any

from monitorcli.errors import EncoderFailed
from monitorcli.format.names import CAST_ENDING, CONTENT_TYPES
from monitorcli.format.open_file import OpenFile

# Codes for colour, which take no room on the screen.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CLEAR = "\x1b[2J\x1b[1;1H"


class Asciicast:
    """An asciicast v2: a line with the size of the first frame, then a line for each frame.

    Each frame is handed to the operating system at once, so what was filmed until the process is killed
    plays. Format: https://docs.asciinema.org/manual/asciicast/v2/, with Gym's clear-screen codes. A frame
    that is larger than those before it resizes the screen.
    """

    ending = CAST_ENDING
    content_type = CONTENT_TYPES[CAST_ENDING]

    def __init__(self, path: Path, fps: float) -> None:
        self._fps = fps
        self._path = path.with_name(path.name + self.ending)
        number = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o666)
        self._file = OpenFile(number)
        self._bytes = self._frames = self._width = self._height = 0

    def add(self, frame: Any) -> None:
        """See Encoder. A frame is a str or StringIO."""
        text = frame.getvalue() if isinstance(frame, StringIO) else frame
        if not isinstance(text, str):
            raise EncoderFailed(f"a text frame must be a str, not {type(frame).__name__}")
        rows = text.splitlines()
        when = round(self._frames / self._fps, 6)
        width = max(self._width, max((len(_COLOUR.sub("", row)) for row in rows), default=0) + 2)
        height = max(self._height, len(rows) + 1)
        lines: list[Any] = [[when, "o", _CLEAR + "\r\n".join(rows) + "\r\n"]]
        if not self._frames:
            lines.insert(0, {"version": 2, "width": width, "height": height, "title": "monitorcli episode"})
        elif (width, height) != (self._width, self._height):
            lines.insert(0, [when, "r", f"{width}x{height}"])
        self._write("".join(json.dumps(line) + "\n" for line in lines).encode())
        self._width, self._height = width, height
        self._frames += 1

    def close(self) -> None:
        """See Encoder."""
        self._file.close()

    def abandon(self) -> None:
        """See Encoder."""
        self.close()

    def is_done(self) -> bool:
        """See Encoder."""
        return True

    def collect(self) -> dict[str, Any]:
        """See Encoder."""
        self.close()
        if not self._frames:
            raise EncoderFailed("no frame was rendered")
        return {"backend": "asciicast", "version": 2}

    def _write(self, data: bytes) -> None:
        if os.pwrite(self._file.ensure(self._path), data, self._bytes) != len(data):
            raise EncoderFailed("the disk is full")
        self._bytes += len(data)
