"""Many processes record into one directory at once, each with a resumed Monitor.

python tests/torture/many_writers.py [--writers N] [--seconds S]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from findings import compared, finished_in, numbers_of
from kills import FOREVER, HERE, ROOT, wait_until

from monitorcli.errors import NoRecording
from monitorcli.format import log
from monitorcli.recording import read
from monitorcli.recording.verify import verify

FORBIDDEN = (
    "episodes lost", "episodes recorded twice", "gaps in the numbers", "writers that failed",
    "names used twice",
    "complaints of verify", "readings beside the writers that failed",
)  # fmt: skip


def write_together(folder: Path, writers: int, seconds: float) -> Counter[str]:
    """Let them write for that long, reading all the time; what is there then."""
    directory, ledger = folder / "run", folder / "ledger"
    ledger.mkdir()
    environment = {
        **os.environ, "PYTHONPATH": f"{HERE}{os.pathsep}{ROOT}", "TORTURE_LEDGER": str(ledger),
        "TORTURE_STEPS": "20", "TORTURE_PAUSE": "0",
    }  # fmt: skip
    command = [sys.executable, str(HERE / "scripts.py"), "monitor", FOREVER, str(directory), "none", "resume"]
    processes = [subprocess.Popen(command, env=environment, cwd=ROOT) for _ in range(writers)]
    wait_until(lambda: len([*ledger.iterdir()]) == writers)
    found: Counter[str] = Counter(writers=writers)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found.update(_beside(directory))
    (ledger / "stop").touch()
    statuses = [process.wait() for process in processes]
    recording = read(directory)
    numbers = numbers_of(recording)
    found.update(compared(recording, finished_in(ledger)))
    found["episodes finished"] = len(finished_in(ledger))
    found["gaps in the numbers"] = len(set(range(len(numbers))) - set(numbers))
    found["gaps in the numbers"] += sum(map(_gaps, directory.glob("openaigym.episode_log.*")))
    found["writers that failed"] = sum(map(bool, statuses))
    found["names used twice"] = len(recording.writers) - len({one.name for one in recording.writers})
    found["runs"] = len(recording.runs)
    found["complaints of verify"] = len(verify(directory))
    return found


def _gaps(path: Path) -> int:
    """How many numbers of one writer are missing or there twice: it counts every episode it begins."""
    numbers = np.sort(log.read(path)["number"].astype(np.int64))
    return int(np.count_nonzero(np.diff(numbers) != 1))


def _beside(directory: Path) -> Counter[str]:
    """One reading while the others write: a short one, because they share the processor."""
    try:
        problems = read(directory).problems
    except NoRecording:
        return Counter()
    time.sleep(0.5)
    return Counter(
        {"readings beside the writers": 1, "readings beside the writers that failed": int(bool(problems))}
    )


def main() -> int:
    """1 when something forbidden happened."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--writers", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="many-writers-") as folder:
        found = write_together(Path(folder), asked.writers, asked.seconds)
    for key in [*FORBIDDEN, *sorted(set(found) - set(FORBIDDEN))]:
        print(f"{found[key]:>12,}  {key}")
    return int(any(found[key] for key in FORBIDDEN))


if __name__ == "__main__":
    sys.exit(main())
