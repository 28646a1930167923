"""The quick form of `make torture`: real runs, really killed."""

import subprocess
import sys
from pathlib import Path

TORTURE = Path(__file__).parent / "torture"


def run(*command):
    return subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, timeout=280)


def test_runs_killed_at_random_moments_lose_no_finished_episode():
    # This seed's runs: monitors, a script, its workers and an evaluation, with and without films.
    done = run(TORTURE, "--kills", 6, "--seed", 51)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "         6  kills\n" in done.stdout


def test_writers_into_one_directory_lose_nothing_and_share_no_name():
    done = run(TORTURE / "many_writers.py", "--writers", 6, "--seconds", 1)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "           6  writers\n" in done.stdout
