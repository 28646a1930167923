"""Read an episode log without trusting it: whole and plausible records only, in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from monitorcli.errors import BadFile
from monitorcli.format import log
from monitorcli.recording.folder import Folder

Records = npt.NDArray[np.void]
# Gives the sound records of the log of this name, in chunks.
ReadLog = Callable[[Folder, str], Iterator[Records]]

_HEADER = len(log.header(0))
# One mebibyte at a time: what is read is still in the processor's cache when it is taken apart.
_CHUNK = 1 << 14

# Chunks without one sound record after which the rest is given up: a sparse file can seem endless.
_PATIENCE = 64


def check(folder: Folder, name: str) -> None:
    """Raise BadFile unless the file is an episode log; a torn tail becomes a problem."""
    with folder.open(name) as file:
        log.check_header(file.read(_HEADER), name)
        size = os.fstat(file.fileno()).st_size
    listed = folder.entries[name].size
    torn = (listed - _HEADER) % log.SIZE
    if torn and size == listed:  # else it is the writer's that is at it
        folder.problems.append(f"{name}: its last {torn} bytes are a part of a record, and are left out")


def read_log(folder: Folder, name: str, first: int = 0) -> Iterator[Records]:
    """The plausible records that were there when the folder was listed, in chunks of dtype `log.RECORD`.

    The `first` in the file, sound or not, are left out.
    """
    damaged = nonsense = 0
    for records in _chunks(folder, name, first, log.count_in(folder.entries[name].size) - first):
        sound = log.plausible(records)
        if sound.all():
            nonsense = 0
            yield records
            continue
        damaged += int(np.count_nonzero(~sound))
        nonsense = 0 if sound.any() else nonsense + 1
        yield records[sound]
        if nonsense == _PATIENCE:
            folder.problems.append(f"{name}: what follows {nonsense} MiB without a sound record is not read")
            break
    if damaged:
        folder.problems.append(f"{name}: {damaged} records are damaged, and are left out")


def _chunks(folder: Folder, name: str, first: int, left: int) -> Iterator[Records]:
    """At most `left` whole records from the `first` on, sound or not."""
    try:
        with folder.open(name) as file:
            file.seek(_HEADER + first * log.SIZE)
            while left > 0:
                data = file.read(min(left, _CHUNK) * log.SIZE)
                records = np.frombuffer(data, log.RECORD, count=len(data) // log.SIZE)
                if not len(records):
                    return
                left -= len(records)
                yield records
    except BadFile as error:
        folder.problems.append(str(error))
    except OSError as error:
        folder.problems.append(f"{name}: cannot be read to its end: {error.strerror}")
