"""What the processes of a recorded command tell `monitorcli start`, a line each, appended to one file.

python <pid> <executable>      an interpreter started with the hook in it
gymnasium <pid> <version>      it imported Gymnasium, and `make` is recorded from here on
made <pid> <env id>            an environment was made, or found, and will be recorded when it is reset
begun <pid> <env id>           its files were made, at its first reset
skipped <pid> <env id>         --only or --skip left it out
unseen <pid> <class>           the script has this class of environments, and none was seen
remark <pid> <sentence>        something the user should read when the command is over
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

TRAIL = "MONITORCLI_TRAIL"


class Trail(NamedTuple):
    """What was told: how many interpreters, how many with Gymnasium, environment ids, remarks."""

    pythons: int
    gymnasiums: int
    made: tuple[str, ...]
    begun: tuple[str, ...]
    skipped: tuple[str, ...]
    unseen: tuple[str, ...]
    remarks: tuple[str, ...]


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


def read_trail(path: Path) -> Trail:
    """What the processes told; each remark once."""
    told: dict[str, list[str]] = {}
    for line in path.read_text("utf-8", "replace").splitlines():
        kind, _, rest = line.partition(" ")
        told.setdefault(kind, []).append(rest.partition(" ")[2])
    return Trail(
        len(told.get("python", ())),
        len(told.get("gymnasium", ())),
        tuple(dict.fromkeys(told.get("made", ()))),
        tuple(dict.fromkeys(told.get("begun", ()))),
        tuple(dict.fromkeys(told.get("skipped", ()))),
        tuple(dict.fromkeys(told.get("unseen", ()))),
        tuple(dict.fromkeys(told.get("remark", ()))),
    )
