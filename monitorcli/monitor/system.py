"""Whether this system has what recording needs."""

from __future__ import annotations

import os
import signal
import sys

from monitorcli.errors import BadRequest

_NEEDED = ((os, "pwrite"), (signal, "SIGHUP"), (signal, "pthread_sigmask"))


def check_system() -> None:
    """Raise BadRequest where nothing can be recorded, as on Windows."""
    missing = [f"{module.__name__}.{name}" for module, name in _NEEDED if not hasattr(module, name)]
    if missing:
        raise BadRequest(
            f"recording does not work on this system ({sys.platform}): it has no {', '.join(missing)}.",
            "Record on Linux, where it was tried.",
        )
