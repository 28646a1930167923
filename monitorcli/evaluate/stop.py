"""Let a signal end an evaluation between two steps, so that the recording is closed properly."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import Any

# Raises Stopped once a signal has come; to be called where it may.
Check = Callable[[], None]


class Stopped(BaseException):
    """A signal asked for the evaluation to end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextlib.contextmanager
def stoppable() -> Iterator[Check]:
    """Context manager that gives a function which raises Stopped after SIGINT (Ctrl-C), SIGTERM or SIGHUP.

    The signal handler itself does not raise: it can run anywhere, even in a finalizer, where an exception
    is lost. A second signal has its usual effect.
    """
    received: list[int] = []
    before: dict[int, Any] = {}

    def note(number: int, _: Any) -> None:
        received.append(number)
        signal.signal(number, before[number])

    def check() -> None:
        if received:
            raise Stopped(received[0])

    for caught in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(caught) is not signal.SIG_IGN:  # as nohup has it
            before[caught] = signal.signal(caught, note)
    try:
        yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
