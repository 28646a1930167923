"""Let a signal end an evaluation between two steps, so that the recording is closed properly."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from typing import Any

from monitorcli.evaluate.policy import Policy


class Stopped(BaseException):
    """A signal asked for the end of the evaluation."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextlib.contextmanager
def stoppable(policy: Policy) -> Iterator[Policy]:
    """`policy`, which raises Stopped after Ctrl-C, a SIGTERM or a closed terminal.

    Not the handler raises: it may run anywhere, in a finalizer too, where an exception is lost. A
    second signal does what it does to any program.
    """
    received: list[int] = []
    before: dict[int, Any] = {}

    def note(number: int, _: Any) -> None:
        received.append(number)
        signal.signal(number, before[number])

    def stoppable_policy(observation: Any) -> Any:
        if received:
            raise Stopped(received[0])
        return policy(observation)

    for caught in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(caught) is not signal.SIG_IGN:  # as nohup has it
            before[caught] = signal.signal(caught, note)
    try:
        yield stoppable_policy
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
