"""Tell a signal that the whole process group received from one that was sent to us alone.

A signal does not say to whom it was sent: to its receivers, `kill PID` and `kill -- -GROUP` look the same
(sigaction(2), SI_USER). So a small process, the sentinel, runs beside us in our group, and reports the
signals that it receives. If it received a signal too (from Ctrl-C, from `kill -- -GROUP`, or from a
supervisor that signals each process), so did the command.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from subprocess import DEVNULL, PIPE, Popen
from typing import Iterator, Sequence

# Seconds from a signal of ours until the sentinel has told of the same one. It also makes one of those
# that come together, as the kernel does: timeout(1) sends its signal to us, and then to our group.
_TOGETHER = 0.1
_STARTED = 5.0  # seconds until a sentinel listens, at most; some 10 ms are usual
# Added by the sentinel to the number of a signal that it got; alone, it says that the sentinel listens.
_ITS = 128

_SENTINEL = """
import os, signal
for number in {numbers}:
    signal.signal(number, lambda number, frame: os.write(1, bytes([{its} + number])))
signal.pthread_sigmask(signal.SIG_UNBLOCK, {numbers})
os.write(1, bytes([{its}]))
os.read(0, 1)
"""


class Signals:
    """Signals that we and the sentinel received, read from one pipe. They are noted and not acted upon."""

    def __init__(self, pipe: int) -> None:
        self.came: set[int] = set()  # to us, so far
        self._pipe = pipe
        self._noted: set[int] = set()

    def begin(self) -> None:
        """Wait until the sentinel listens. An earlier signal would look as if it was sent to us alone."""
        until = time.monotonic() + _STARTED
        while _ITS not in self._noted and self.wait(until - time.monotonic()):
            pass

    def wait(self, seconds: float) -> bool:
        """Wait for a signal, SIGCHLD included. Returns False if none comes within `seconds`."""
        if not select.select([self._pipe], [], [], max(0, seconds))[0]:
            return False
        self._noted |= set(os.read(self._pipe, 4096))
        return True

    def alone(self) -> set[int]:
        """The signals since the last call that we received and the sentinel did not."""
        if self._noted - {signal.SIGCHLD, _ITS}:
            until = time.monotonic() + _TOGETHER
            while self.wait(until - time.monotonic()):
                pass
        noted, self._noted = self._noted, set()
        ours = {number for number in noted if number < _ITS} - {signal.SIGCHLD}
        self.came |= ours
        return {number for number in ours if _ITS + number not in noted}


@contextlib.contextmanager
def noted(numbers: Sequence[int]) -> Iterator[Signals]:
    """Context manager that notes these signals, except those that are ignored (as under nohup).

    Works only in the main thread. Raises OSError if the sentinel cannot be started.
    """
    numbers = [int(number) for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    pipe, end = os.pipe()
    os.set_blocking(end, False)
    before = {number: signal.getsignal(number) for number in (*numbers, signal.SIGCHLD)}
    earlier = signal.set_wakeup_fd(end, warn_on_full_buffer=False)
    try:
        for number in before:
            signal.signal(number, lambda number, frame: None)
        with _sentinel(numbers, end):
            yield Signals(pipe)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(earlier)
        os.close(pipe)
        os.close(end)


@contextlib.contextmanager
def _sentinel(numbers: Sequence[int], pipe: int) -> Iterator[None]:
    """Context manager: a process in our group writes to `pipe` which of these signals it receives."""
    code = _SENTINEL.format(numbers=numbers, its=_ITS)
    # It begins with all signals blocked, so that none can end it before it listens, and none but these later.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        command = [sys.executable, "-I", "-S", "-c", code]
        process = Popen(command, stdin=PIPE, stdout=pipe, stderr=DEVNULL)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    with process:
        try:
            yield
        finally:
            process.kill()
