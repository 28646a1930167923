"""What filming costs a process, and how much of it nobody need ask for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Callable

# Of a process's time, what films that nobody asked for may take, and seconds that are free: all films of a
# short run, and the first ones of a long one.
SHARE = 0.2
FREE = 5.0


class Meter:
    """Measures how long filming keeps a process, in seconds, and says when it is enough."""

    def __init__(self, share: float | None = None, clock: Callable[[], float] = time.perf_counter) -> None:
        """`share` is the part of the time since now that filming may take; None for any."""
        self._share = share
        self._clock = clock
        self._began = clock()
        self.spent = 0.0
        self.films = 0  # that were begun

    @contextmanager
    def running(self) -> Iterator[None]:
        """Context manager: what is done within it is filming."""
        began = self._clock()
        try:
            yield
        finally:
            self.spent += self._clock() - began

    def enough(self) -> bool:
        """Whether filming has taken more than it may."""
        return self._is_too_much(self.spent)

    def enough_for_another(self) -> bool:
        """Whether it would have, with one more film of the usual cost."""
        return self._is_too_much(self.spent + self.spent / max(1, self.films))

    def _is_too_much(self, spent: float) -> bool:
        return self._share is not None and spent > FREE + self._share * self.elapsed()

    def elapsed(self) -> float:
        """Seconds since the meter was made."""
        return self._clock() - self._began

    def costly(self) -> bool:
        """Whether the user should know what filming took."""
        return is_costly(self.spent, self.elapsed())


UNLIMITED = Meter()


def is_costly(spent: float, elapsed: float) -> bool:
    """Whether filming took more than a tenth of the time, and some seconds."""
    return spent > max(FREE, elapsed / 10)
