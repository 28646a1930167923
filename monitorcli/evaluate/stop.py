"""Let a signal end an evaluation between two steps, so that the recording is closed properly."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import Any


class Stopped(BaseException):
    """A signal asked for the evaluation to end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextlib.contextmanager
def stoppable(act: Callable[[Any], Any]) -> Iterator[Callable[[Any], Any]]:
    """Context manager that gives an `act` which raises Stopped after SIGINT (Ctrl-C), SIGTERM or SIGHUP.

    The signal handler itself does not raise: it can run anywhere, even in a finalizer, where an exception
    is lost. A second signal has its usual effect.
    """
    received: list[int] = []
    before: dict[int, Any] = {}

    def note(number: int, _: Any) -> None:
        received.append(number)
        signal.signal(number, before[number])

    def stoppable_act(observation: Any) -> Any:
        if received:
            raise Stopped(received[0])
        return act(observation)

    for caught in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(caught) is not signal.SIG_IGN:  # as nohup has it
            before[caught] = signal.signal(caught, note)
    try:
        yield stoppable_act
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
