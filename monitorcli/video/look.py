"""Look at the frames of a film as they pass: is there anything on them, and does anything change."""

from __future__ import annotations

from io import StringIO
from typing import Any

import numpy as np

# Up to this value of 255 a picture counts as black, and up to so many frames may well be alike.
_BLACK = 3
_SHORT = 3


class Look:
    """Looks at frames only until one is not black and one differs from the first, which is soon."""

    def __init__(self) -> None:
        self._first: Any = None
        self._black = self._alike = True

    def see(self, frame: Any) -> None:
        """Look at the next frame: an array, a str or a StringIO."""
        if not (self._black or self._alike):
            return
        if isinstance(frame, (str, StringIO)):
            frame = frame.getvalue() if isinstance(frame, StringIO) else frame
            self._black = self._black and not frame.strip()
        elif self._black:
            self._black = int(np.max(frame)) <= _BLACK
        if self._first is None:
            self._first = np.array(frame)
        elif self._alike:
            self._alike = np.array_equal(self._first, frame)
            if not self._alike:
                self._first = True  # it is not needed any more

    def suspect(self, frames: int) -> str:
        """What is wrong with a film of so many frames: "black", "constant", or "" when it looks sound."""
        if self._black and frames:
            return "black"
        return "constant" if self._alike and frames > _SHORT else ""
