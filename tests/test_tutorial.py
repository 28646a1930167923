"""The tutorial, typed in from top to bottom."""

import os
import re
import subprocess
import sys
from pathlib import Path

TUTORIAL = Path(__file__).parent.parent / "docs" / "tutorial.md"


def constant(text):
    """What does not change from run to run: without random names and durations."""
    return re.sub(r"manifest\.0\.\w+\.|written [\d.]+ \w+ ago|[\d,]+ bytes", "…", text)


def test_what_the_tutorial_types_does_what_it_shows(tmp_path):
    blocks = re.findall(r"```(\w+)(?: ([\w.]+))?\n(.*?)```", TUTORIAL.read_text(encoding="utf-8"), re.DOTALL)
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    ran = 0
    for language, name, body in blocks:
        if language == "python":
            (tmp_path / name).write_text(body)
            continue
        for typed, shown in re.findall(r"\$ (.*)\n((?:[^$].*\n)*)", body):
            command, _, status = typed.partition("   # exit status ")
            done = subprocess.run(
                command,
                shell=True,
                cwd=tmp_path,
                env={**os.environ, "PATH": path},
                capture_output=True,
                text=True,
            )
            assert done.returncode == int(status or 0), done.stderr
            if shown:
                assert constant(done.stdout + done.stderr) == constant(shown)
            ran += 1
    assert ran == len(re.findall(r"^\$ ", TUTORIAL.read_text(encoding="utf-8"), re.MULTILINE))
