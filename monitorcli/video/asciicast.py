"""Encode text frames as an asciicast, which a terminal can play."""

from __future__ import annotations

import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

from monitorcli.errors import EncoderFailed
from monitorcli.format.open_file import OpenFile


class Asciicast:
    """An asciicast v1 document that is complete after every frame, because its end is rewritten each time.

    Format: https://docs.asciinema.org/manual/asciicast/v1/, with Gym's clear-screen codes.
    """

    ending = ".json"
    content_type = "video/vnd.openai.ansivid"

    def __init__(self, path: Path, fps: float) -> None:
        self._delay = 1 / fps
        self._path = path.with_name(path.name + self.ending)
        number = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o666)
        self._file = OpenFile(number)
        self._end = os.write(number, b'{"version": 1, "stdout": [')
        self._frames = self._width = self._height = 0

    def add(self, frame: Any) -> None:
        """See Encoder. A frame is a str or StringIO."""
        text = frame.getvalue() if isinstance(frame, StringIO) else frame
        if not isinstance(text, str):
            raise EncoderFailed(f"a text frame must be a str, not {type(frame).__name__}")
        lines = text.splitlines()
        self._width = max(self._width, max(map(len, lines), default=0) + 2)
        self._height = max(self._height, len(lines) + 1)
        event = json.dumps([self._delay, "\x1b[2J\x1b[1;1H" + "\r\n".join(lines) + "\r\n"])
        data = (", " if self._frames else "") + event
        self._frames += 1
        os.pwrite(self._file.ensure(self._path), (data + self._tail()).encode(), self._end)
        self._end += len(data)

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
        return {"backend": "TextEncoder", "version": 1}

    def _tail(self) -> str:
        rest = {
            "width": self._width,
            "height": self._height,
            "duration": self._frames * self._delay,
            "command": "-",
            "title": "monitorcli episode",
            "env": {},
        }
        return "], " + json.dumps(rest)[1:]
