"""The file in which the processes of a recorded command report to `monitorcli start`, a line each.

python <pid> <executable>      an interpreter started with the hook in it
gymnasium <pid> <module>       it imported Gymnasium, and `make` is recorded from here on
library <pid> <module>         it imported another library of environments
raised <pid> <call> <error>    `make` was called and raised
made <pid> <env id>            an environment was made, or found, and will be recorded when it is reset
place <pid> <sentence>         where it was made; in a dry run, and where --evaluation names environments
evaluation <pid> <pattern>     it is one that --evaluation names so
reset <pid> <env id>           it was reset for the first time, and its files were made
skipped <pid> <env id>         --only or --skip left it out
unseen <pid> <class>           the script defines this class of environments, and no reset of one was seen
remark <pid> <sentence>        something the user should read when the command is over
filming <pid> <seconds>        how long filming has kept the process so far; the last line counts

And in a dry run, of the first step of an environment:

frame <pid> <size>             a frame was rendered; or, instead:
unfilmed <pid> <reason>        it was not asked for, or the environment has none
broken <pid> <reason>          it could not be rendered
step <pid> <what it gave>      the step was made
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Iterator, NamedTuple

STATUS_LOG = "MONITORCLI_TRAIL"


class StatusLog(NamedTuple):
    """What the processes reported, by kind. Each text appears once, except `python`: once per process."""

    python: tuple[str, ...] = ()
    gymnasium: tuple[str, ...] = ()
    library: tuple[str, ...] = ()
    raised: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    evaluation: tuple[str, ...] = ()
    reset: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    remark: tuple[str, ...] = ()
    filming: tuple[str, ...] = ()
    frame: tuple[str, ...] = ()
    unfilmed: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    step: tuple[str, ...] = ()


def report_status(kind: str, text: object) -> None:
    """Append one line to the log. If it is gone, or the disk is full, the line is lost without an error."""
    try:
        descriptor = os.open(os.environ[STATUS_LOG], os.O_WRONLY | os.O_APPEND)
        try:
            line = " ".join(str(text).split())
            os.write(descriptor, f"{kind} {os.getpid()} {line}\n".encode("utf-8", "replace"))
        finally:
            os.close(descriptor)
    except (KeyError, OSError):
        pass


@contextlib.contextmanager
def failures_reported() -> Iterator[None]:
    """Within it, what fails is reported as not recorded, and stops nothing."""
    try:
        yield
    except Exception as error:
        report_status("remark", f"not recorded: {type(error).__name__}: {error}")


@contextlib.contextmanager
def new_status_log() -> Iterator[Path]:
    """Context manager that makes an empty log for the processes, under a name that cannot be guessed.

    Root's command may continue as another user, whose processes must be able to append to the log.
    """
    with tempfile.TemporaryDirectory(prefix="monitorcli-") as folder:
        path = Path(folder) / secrets.token_hex(16)
        path.touch()
        if os.geteuid() == 0:
            os.chmod(folder, 0o711)
            path.chmod(0o622)
        yield path


def read_status_log(path: Path) -> StatusLog:
    """What the processes have reported so far."""
    reported: dict[str, list[str]] = {}
    filming: dict[str, str] = {}
    for line in path.read_text("utf-8", "replace").splitlines():
        kind, _, rest = line.partition(" ")
        reported.setdefault(kind, []).append(rest.partition(" ")[2])
        if kind == "filming":
            filming[rest.partition(" ")[0]] = rest.partition(" ")[2]
    once = {kind: tuple(dict.fromkeys(reported.get(kind, ()))) for kind in StatusLog._fields}
    # Each interpreter counts, and several may report the same path.
    return StatusLog(**once)._replace(
        python=tuple(reported.get("python", ())), filming=tuple(filming.values())
    )
