"""An encoder that keeps its frames in memory, for tests that ask what was filmed, not how it looks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from monitorcli.errors import EncoderFailed


class InMemory:
    """In the place of `video.mp4.Mp4`; the file that it leaves is empty."""

    ending = ".mp4"
    content_type = "video/mp4"

    films: dict[str, list[Any]]  # by file name; each test has its own, see the fixture `frames`

    def __init__(self, path: Path, fps: float, ffmpeg: str | None = None, options: Any = None) -> None:
        self._path = path.with_name(path.name + self.ending)
        self._path.touch(exist_ok=False)
        self._frames = self.films.setdefault(self._path.name, [])

    def add(self, frame: Any) -> None:
        """See Encoder."""
        self._frames.append(np.array(frame))

    def close(self) -> None:
        """See Encoder."""

    def abandon(self) -> None:
        """See Encoder."""

    def is_done(self) -> bool:
        """See Encoder."""
        return True

    def collect(self) -> dict[str, Any]:
        """See Encoder."""
        if not self._frames:
            raise EncoderFailed("no frame was rendered")
        return {"backend": "memory", "version": 1}
