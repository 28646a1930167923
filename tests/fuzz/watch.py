"""Watch what a piece of code does to the world: which files it opens, for how long, how much memory."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Seconds after which one directory counts as a hang.
PATIENCE = 10.0
# Bytes of address space; what wants more fails as if the machine had no more.
MOST_MEMORY = 4 << 30


class Hang(BaseException):
    """It took too long. No Exception, so that nothing takes it for trouble of its own."""


class Watch:
    """Notes every attempt, while it is watching, to reach a file outside of one directory."""

    def __init__(self, directory: Path, also: tuple[str, ...] = ()) -> None:
        """`also` are prefixes of paths that may be opened too."""
        self._directory, self._also = os.path.realpath(directory), ("/proc/", *also)
        self._watching = self._changing = False
        self.outside: list[str] = []
        sys.addaudithook(self._hook)
        signal.signal(signal.SIGALRM, _hang)

    @contextlib.contextmanager
    def watching(self, changing: bool = False) -> Iterator[None]:
        """Within it, reaching out is noted; raises Hang when it takes too long.

        With `changing` files of the directory may come and go, but no link of it be written through.
        """
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        self._watching, self._changing = True, changing
        try:
            yield
        finally:
            self._watching = False
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._watching:
            return
        if event == "open" and not isinstance(arguments[0], int):
            self._opened(os.fsdecode(arguments[0]), arguments[2])
        elif event in ("os.listdir", "os.scandir"):
            if not isinstance(arguments[0], int):
                self._opened(os.fsdecode(arguments[0]), 0)
        elif event in ("os.remove", "os.rename") and self._changing:
            self._renamed(arguments[: 1 if event == "os.remove" else 2], arguments[-1])
        elif event.startswith(
            ("os.re", "os.un", "os.mk", "os.ch", "os.link", "os.sym", "socket.", "subprocess.")
        ):
            self.outside.append(f"{event} {arguments!r:.200}")

    def _opened(self, path: str, flags: int) -> None:
        if path.startswith(self._also):
            return
        absolute = os.path.abspath(path)
        if absolute != self._directory and os.path.dirname(absolute) != self._directory:
            self.outside.append(f"open {path}")
        elif self._changing and flags & (os.O_EXCL | os.O_NOFOLLOW):
            return
        elif flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            self.outside.append(f"open for writing {path}")
        elif absolute != self._directory and not flags & os.O_NOFOLLOW:
            self.outside.append(f"open following links {path}")

    def _renamed(self, names: tuple[Any, ...], place: int) -> None:
        """Files that go or are replaced, in the directory or in the one that is open as `place`."""
        for name in map(os.fsdecode, names):
            if os.path.dirname(os.path.abspath(name) if place == -1 else name) not in (self._directory, ""):
                self.outside.append(f"removed or replaced {name}")


def limit_memory() -> None:
    """Let what wants too much memory fail rather than the machine."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def peak_memory() -> int:
    """Bytes of memory that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _hang(number: int, frame: Any) -> None:
    raise Hang
