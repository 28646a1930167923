"""Run a command as a shell would, and say how it ended."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
from typing import IO, Any, Callable, Iterator, Mapping, NamedTuple, Sequence

from monitorcli.errors import BadRequest

NOT_FOUND, NOT_EXECUTABLE = 127, 126
HEARTBEAT = 20.0  # seconds; well below lease.PATIENCE

_FROM_TERMINAL = (signal.SIGINT, signal.SIGQUIT)
_HANDED_ON = (signal.SIGTERM, signal.SIGHUP)


class CannotRun(BadRequest):
    """The command could not be started; `status` is what a shell would exit with."""

    def __init__(self, message: str, hint: str, status: int) -> None:
        super().__init__(message, hint)
        self.status = status


class Outcome(NamedTuple):
    """How a command ended: by itself with a status, or by a signal."""

    status: int  # as a shell has it: 128 + n for signal n
    signal: int | None


def run(command: Sequence[str], environment: Mapping[str, str], beat: Callable[[], None]) -> Outcome:
    """Run the command to its end with our standard streams, calling `beat` every few seconds.

    Ctrl-C and Ctrl-\\ reach the command from the terminal, and are its to handle; a SIGTERM or SIGHUP
    that only we may have got is handed on. We outlive the command, to seal what it could not.
    Raises CannotRun.
    """
    before = {number: signal.getsignal(number) for number in (*_FROM_TERMINAL, *_HANDED_ON)}
    process: list[subprocess.Popen[bytes]] = []

    def hand_on(number: int, _: Any) -> None:
        for started in process:
            started.send_signal(number)

    try:
        for number in _FROM_TERMINAL:
            signal.signal(number, lambda number, frame: None)
        for number in _HANDED_ON:
            signal.signal(number, hand_on)
        process.append(_start(command, environment))
        status = _wait(process[0], beat)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return Outcome(128 - status, -status) if status < 0 else Outcome(status, None)


@contextlib.contextmanager
def begun(
    command: Sequence[str], environment: Mapping[str, str], output: IO[bytes]
) -> Iterator[subprocess.Popen[bytes]]:
    """Within it, the command runs without input, and prints into `output`; after it, nothing of it runs.

    Raises CannotRun.
    """
    silent: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
    process = _start(command, environment, start_new_session=True, **silent)
    try:
        yield process
    finally:
        for number, seconds in ((signal.SIGTERM, 5), (signal.SIGKILL, None)):
            with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the second of zombies
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)


def _start(command: Sequence[str], environment: Mapping[str, str], **more: Any) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command, env=environment, **more)
    except OSError as error:
        raise _cannot_run(command[0], error) from None


def _wait(process: subprocess.Popen[bytes], beat: Callable[[], None]) -> int:
    while True:
        try:
            return process.wait(timeout=HEARTBEAT)
        except subprocess.TimeoutExpired:
            beat()


def _cannot_run(name: str, error: OSError) -> CannotRun:
    if isinstance(error, FileNotFoundError):
        hint = "Check its spelling, or activate the environment that has it."
        return CannotRun(f"command not found: {name}", hint, NOT_FOUND)
    if error.errno == errno.ENOEXEC:
        hint = f"Name its interpreter: monitorcli start DIR -- sh {name}"
        return CannotRun(f"{name} is neither a program nor a script with a #! line.", hint, NOT_EXECUTABLE)
    hint = f"If it is a Python script: monitorcli start DIR -- python {name}"
    return CannotRun(f"{name} cannot be run: {error.strerror}.", hint, NOT_EXECUTABLE)
