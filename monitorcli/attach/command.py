"""Run a command as a shell would, and report how it ended."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
from typing import IO, Any, Callable, Iterator, Mapping, NamedTuple, Sequence

from monitorcli.attach.sentinel import Signals, noted
from monitorcli.errors import BadRequest

NOT_FOUND, NOT_EXECUTABLE = 127, 126
HEARTBEAT = 20.0  # seconds; well below lease.PATIENCE

_HANDED_ON = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP)


class CannotRun(BadRequest):
    """The command could not be started. `status` is the exit status that a shell would use."""

    def __init__(self, message: str, hint: str, status: int) -> None:
        super().__init__(message, hint)
        self.status = status


class Outcome(NamedTuple):
    """How a command ended: with an exit status, or by a signal."""

    status: int  # as a shell has it: 128 + n for signal n
    signal: int | None
    interrupted: bool  # by SIGINT, or with its status after we got one too


def run(command: Sequence[str], environment: Mapping[str, str], heartbeat: Callable[[], None]) -> Outcome:
    """Run the command with our standard streams until it ends, calling `heartbeat` every few seconds.

    Signals are left to the command. Most reach it directly, from the terminal or because it is in our
    process group; a signal that only we received is passed on. We do not end before the command, so that
    we can seal what it left unfinished. Raises CannotRun.
    """
    try:
        with noted(_HANDED_ON) as signals:
            status = _to_its_end(_start(command, environment), signals, heartbeat)
    except OSError as error:  # there can be no more processes
        raise _cannot_run(command[0], error) from None
    if status < 0:
        return Outcome(128 - status, -status, -status == signal.SIGINT)
    by_status = status == 128 + signal.SIGINT and signal.SIGINT in signals.came
    return Outcome(status, None, by_status)


@contextlib.contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], output: IO[bytes]
) -> Iterator[subprocess.Popen[bytes]]:
    """Context manager that runs the command without input, with its output going to `output`.

    On exit, all its processes are ended. Raises CannotRun.
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
    try:  # `close_fds`: the shell's `3> file` and `<(command)` are handed on; what Python opens never is
        return subprocess.Popen(command, env=environment, close_fds=False, **more)
    except OSError as error:
        raise _cannot_run(command[0], error) from None


def _to_its_end(process: subprocess.Popen[bytes], signals: Signals, heartbeat: Callable[[], None]) -> int:
    signals.begin()
    while True:
        ended = process.poll()
        signals.wait(HEARTBEAT if ended is None else 0)
        for number in signals.alone():
            process.send_signal(number)
        if ended is not None:
            return ended
        heartbeat()


def _cannot_run(name: str, error: OSError) -> CannotRun:
    if isinstance(error, FileNotFoundError):
        hint = "Check its spelling, or activate the environment that has it."
        return CannotRun(f"command not found: {name}", hint, NOT_FOUND)
    if error.errno == errno.ENOEXEC:
        hint = f"Name its interpreter: monitorcli start DIR -- sh {name}"
        return CannotRun(f"{name} is neither a program nor a script with a #! line.", hint, NOT_EXECUTABLE)
    hint = f"If it is a Python script: monitorcli start DIR -- python {name}"
    return CannotRun(f"{name} cannot be run: {error.strerror}.", hint, NOT_EXECUTABLE)
