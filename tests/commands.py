"""Run monitorcli as a user does, in a process of its own."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

# Five episodes, of 11, 10, 9, 9 and 8 steps; what stands before it says what `make` is.
PLAY = """
env = make("CartPole-v1")
for seed in range(5):
    env.reset(seed=seed)
    total, over = 0.0, False
    while not over:
        _, reward, terminated, truncated, _ = env.step(0)
        total += reward
        over = terminated or truncated
    print(total)
"""


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


def record(name: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Record a Python script in the folder `cwd` into "runs" there, without films."""
    return monitorcli(*_start(name, "none"), cwd=cwd, **environment)


def running(name: str, cwd: Path, video: str = "none", **pipes: int | None) -> subprocess.Popen[str]:
    """The same in a session of its own, as far as the script's line "ready"."""
    process = subprocess.Popen(
        [sys.executable, "-m", "monitorcli", *_start(name, video)],
        cwd=cwd,
        text=True,
        start_new_session=True,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **pipes},
    )
    while process.stdout.readline() != "ready\n":
        assert process.poll() is None, process.stderr and process.stderr.read()
    return process


def _start(name: str, video: str) -> list[str]:
    return ["start", "runs", "--video", video, "--", sys.executable, name]
