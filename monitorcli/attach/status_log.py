"""What the processes of a recorded command tell `monitorcli start`, a line each, appended to one file.

python <pid> <executable>      an interpreter started with the hook in it
gymnasium <pid> <module>       it imported Gymnasium, and `make` is recorded from here on
library <pid> <module>         it imported another library of environments
raised <pid> <call> <error>    `make` was called and raised
made <pid> <env id>            an environment was made, or found, and will be recorded when it is reset
begun <pid> <env id>           its files were made, at its first reset
skipped <pid> <env id>         --only or --skip left it out
unseen <pid> <class>           the script defines this class of environments, and no reset of one was seen
remark <pid> <sentence>        something the user should read when the command is over

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

TRAIL = "MONITORCLI_TRAIL"


class Trail(NamedTuple):
    """What was told, by its kind: of every process, or each thing once."""

    python: tuple[str, ...] = ()
    gymnasium: tuple[str, ...] = ()
    library: tuple[str, ...] = ()
    raised: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    begun: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    remark: tuple[str, ...] = ()
    frame: tuple[str, ...] = ()
    unfilmed: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    step: tuple[str, ...] = ()


def tell(kind: str, text: object) -> None:
    """Append one line; a trail that is gone or full is not worth an error."""
    try:
        descriptor = os.open(os.environ[TRAIL], os.O_WRONLY | os.O_APPEND)
        try:
            line = " ".join(str(text).split())
            os.write(descriptor, f"{kind} {os.getpid()} {line}\n".encode("utf-8", "replace"))
        finally:
            os.close(descriptor)
    except (KeyError, OSError):
        pass


@contextlib.contextmanager
def opened() -> Iterator[Path]:
    """Within it, there is an empty trail, under a name that nobody else can find out.

    The processes of root's command may become another user's, and have the more to tell.
    """
    with tempfile.TemporaryDirectory(prefix="monitorcli-") as folder:
        trail = Path(folder) / secrets.token_hex(16)
        trail.touch()
        if os.geteuid() == 0:
            os.chmod(folder, 0o711)
            trail.chmod(0o622)
        yield trail


def read_trail(path: Path) -> Trail:
    """What the processes told so far."""
    told: dict[str, list[str]] = {}
    for line in path.read_text("utf-8", "replace").splitlines():
        kind, _, rest = line.partition(" ")
        told.setdefault(kind, []).append(rest.partition(" ")[2])
    once = {kind: tuple(dict.fromkeys(told.get(kind, ()))) for kind in Trail._fields}
    # Interpreters of one environment tell the same, and are counted.
    return Trail(**once)._replace(python=tuple(told.get("python", ())))
