"""Run a command as a shell would, and say how it ended."""

from __future__ import annotations

import errno
import signal
import subprocess
from typing import Mapping, NamedTuple, Sequence

from monitorcli.errors import BadRequest

NOT_FOUND, NOT_EXECUTABLE = 127, 126


class CannotRun(BadRequest):
    """The command could not be started; `status` is what a shell would exit with."""

    def __init__(self, message: str, hint: str, status: int) -> None:
        super().__init__(message, hint)
        self.status = status


class Outcome(NamedTuple):
    """How a command ended: by itself with a status, or by a signal."""

    status: int  # as a shell has it: 128 + n for signal n
    signal: int | None


def run(command: Sequence[str], environment: Mapping[str, str]) -> Outcome:
    """Run the command to its end with our standard streams; raises CannotRun.

    Ctrl-C reaches the command from the terminal, and is its to handle; a SIGTERM that only we got
    is handed on.
    """
    try:
        process = subprocess.Popen(command, env=environment)
    except OSError as error:
        raise _cannot_run(command[0], error) from None
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda number, frame: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda number, frame: process.send_signal(number)),
    }
    try:
        status = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return Outcome(128 - status, -status) if status < 0 else Outcome(status, None)


def _cannot_run(name: str, error: OSError) -> CannotRun:
    if isinstance(error, FileNotFoundError):
        hint = "Check its spelling, or activate the environment that has it."
        return CannotRun(f"command not found: {name}", hint, NOT_FOUND)
    if error.errno == errno.ENOEXEC:
        hint = f"Name its interpreter: monitorcli start DIR -- sh {name}"
        return CannotRun(f"{name} is neither a program nor a script with a #! line.", hint, NOT_EXECUTABLE)
    hint = f"If it is a Python script: monitorcli start DIR -- python {name}"
    return CannotRun(f"{name} cannot be run: {error.strerror}.", hint, NOT_EXECUTABLE)
