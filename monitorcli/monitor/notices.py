"""Remarks of the recorder to the user: said once, however often the cause comes back."""

from __future__ import annotations

import contextlib
from typing import Callable


def once(notify: Callable[[str], None]) -> Callable[[str], None]:
    """`notify`, but for remarks it was given before; `-W error` makes no error of them."""
    said: set[str] = set()

    def remark(text: str) -> None:
        if text not in said:
            said.add(text)
            with contextlib.suppress(Warning):
                notify(text)

    return remark


def trouble(error: Exception) -> str:
    """What is said of an error of ours; without the file's name, which may be a new one at every try."""
    strerror = error.strerror if isinstance(error, OSError) else None
    return f"not recorded: {type(error).__name__}: {strerror or error}; the run goes on."
