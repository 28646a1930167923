"""Type in what a page of the documentation says, from top to bottom, and compare what it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent

LEFT_OUT = " (and so on)"  # a line of a page that stands for any number of lines

# What differs from machine to machine, and from run to run.
_VARYING = re.compile(
    r"manifest\.0\.\w+\.|written [\d.]+ \w+ ago|\([\d,]+ bytes\)|[\d.]+ [GT]B are free"
    r"|(?<=ffmpeg )[\d.]+|(?<=reached )/\S+(?=/python)|(?<=digest    )[0-9a-f]{16}"
    r"|(?<=digest     )[0-9a-f]{16}"
)


def blocks(page: str) -> Iterator[tuple[str, str, str]]:
    """The language, the name (or "") and the body of each block of code in docs/... or README.md."""
    text = (ROOT / page).read_text(encoding="utf-8")
    yield from re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(page: str) -> list[tuple[str, str]]:
    """What is typed on the page, and what is shown of its output; "" where nothing is."""
    consoles = "".join(body for language, _, body in blocks(page) if language == "console")
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", consoles, re.MULTILINE)


def type_in(page: str, folder: Path, but: tuple[str, ...] = ()) -> None:
    """Type the page in `folder`, but for the commands `but`; blocks with a name become files.

    Every command must exit with 0, unless the next one is `echo $?`.
    """
    files(page, folder)
    typed = [(command, shown) for command, shown in commands(page) if command not in but]
    assert len(typed) + len(but) == len(commands(page))
    status = 0
    for command, shown in typed:
        assert status == 0 or command == "echo $?", f"exit status {status} before: {command}"
        done = run(command, folder, status)
        assert not shown or shows(done.stdout, shown), f"$ {command}\n{done.stdout}"
        status = done.returncode
    assert status == 0


def files(page: str, folder: Path) -> None:
    """Write the blocks with a name into `folder`."""
    for _, name, body in blocks(page):
        if name:
            (folder / name).write_text(body)


def run(command: str, folder: Path, status: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command in a shell of 80 columns whose last one left with `status`; both outputs as one."""
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    return subprocess.run(
        ["bash", "-c", f"(exit {status})\n{command}"],
        cwd=folder,
        env={**os.environ, "PATH": path, "COLUMNS": "80", **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )


def shows(printed: str, shown: str) -> bool:
    """Whether a page may show this of what was printed: all but for what varies and is left out."""
    lines = _VARYING.sub("…", shown).splitlines(keepends=True)
    pattern = "".join("(?:.*\n)*" if line.rstrip("\n") == LEFT_OUT else re.escape(line) for line in lines)
    return re.fullmatch(pattern, _VARYING.sub("…", printed)) is not None
