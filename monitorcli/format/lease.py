"""Who writes, and whether that process still lives. A hint for people, never trusted for correctness."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import Any

# A process elsewhere that has shown no sign of life for so long (seconds) counts as stale.
PATIENCE = 90.0


def mine() -> dict[str, Any]:
    """This process: host, boot, process-id namespace, process id and the process's start time.

    A process id repeats, in containers soon; together with its start time (clock ticks since boot,
    proc(5), field 22) and its namespace it does not.
    """
    return {
        "host": socket.gethostname(),
        "boot": _boot(),
        "namespace": _namespace(),
        "pid": os.getpid(),
        "process_started": _process_started(os.getpid()),
    }


def alive(lease: dict[str, Any], last_sign: float) -> bool | None:
    """True: runs; False: is dead; None: elsewhere, and no sign of life within PATIENCE.

    `last_sign` is the time of the last sign of life, in seconds since the epoch; one that is yet to
    come is of another clock, and shows nothing.
    """
    if here(lease):
        pid = lease.get("pid")
        if not isinstance(pid, int):
            return False
        started = _process_started(pid)
        return started is not None and started == lease.get("process_started")
    return True if abs(time.time() - last_sign) < PATIENCE else None


def here(lease: dict[str, Any]) -> bool:
    """Whether the process could be seen: it is of this boot and of this process-id namespace."""
    return lease.get("boot") == _boot() and lease.get("namespace") == _namespace()


def dead(lease: dict[str, Any], last_sign: float) -> bool:
    """Whether the process is known to be dead: gone from here, or of this host before it started anew.

    Of another host's or container's process only silence is known, not death. Two hosts may have one
    name, so of this one's earlier boot silence is asked for too.
    """
    found = alive(lease, last_sign)
    return found is False or (found is None and _rebooted(lease))


def _rebooted(lease: dict[str, Any]) -> bool:
    return lease.get("host") == socket.gethostname() and lease.get("boot") != _boot()


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return socket.gethostname()


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _process_started(pid: int) -> int | None:
    """Clock ticks since boot when the process began; 0 where there is no /proc; None when it is dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None if os.path.exists("/proc/self/stat") else _signalled(pid)
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


def _signalled(pid: int) -> int | None:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return None
    except OSError:
        pass
    return 0
