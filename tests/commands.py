"""Run monitorcli as a user does, in a process of its own."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path


def monitorcli(*arguments, cwd: Path, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """`monitorcli ARGUMENTS` in the folder `cwd`; its output captured as text.

    `changes` are variables of the environment; None takes one away.
    """
    environment = {**os.environ, **changes}
    return subprocess.run(
        [sys.executable, "-m", "monitorcli", *map(str, arguments)],
        cwd=cwd,
        env={name: value for name, value in environment.items() if value is not None},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def script(folder: Path, text: str) -> str:
    """A Python script in `folder`; its name."""
    (folder / "script.py").write_text(text)
    return "script.py"


def recorded(directory: str, cwd: Path) -> list[dict[str, str]]:
    """The rows of `inspect --format csv`."""
    done = monitorcli("inspect", directory, "--format", "csv", cwd=cwd)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))
