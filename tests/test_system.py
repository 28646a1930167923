"""Systems on which monitorcli cannot record: one sentence, and what was recorded elsewhere is read."""

import subprocess
import sys

import gymnasium
import pytest
from commands import record, script
from environments import play

from monitorcli import Monitor

# What Python has not on Windows, as far as it can be taken away here.
WITHOUT = """
import os, signal, sys
import click, rich.console, subprocess  # which ask for more of Windows than can be given
sys.modules["fcntl"] = None
for name in ("pwrite", "set_blocking", "geteuid", "killpg", "register_at_fork", "O_NOFOLLOW", "O_NONBLOCK"):
    delattr(os, name)
for name in ("SIGHUP", "SIGQUIT", "SIGKILL", "SIGCHLD", "pthread_sigmask", "valid_signals", "sigwait"):
    delattr(signal, name)
sys.platform = "win32"
from monitorcli.cli import main
main()
"""
SENTENCE = (
    "recording does not work on this system (win32): "
    "it has no os.pwrite, signal.SIGHUP, signal.pthread_sigmask."
)


def elsewhere(folder, *arguments):
    """`monitorcli ARGUMENTS` where Python has less."""
    command = [sys.executable, "-c", WITHOUT, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    "arguments",
    [
        ["start", "runs", "--", "python", "train.py"],
        ["start", "runs", "--check", "--", "python", "train.py"],
        ["start", "runs", "--env", "CartPole-v1", "--policy", "random", "--episodes", "1"],
        ["resume", "runs"],
    ],
)
def test_where_recording_cannot_work_one_sentence_says_so(tmp_path, arguments):
    done = elsewhere(tmp_path, *arguments)
    assert (done.returncode, done.stderr) == (
        2,
        f"monitorcli: {SENTENCE}\n  Record on Linux, where it was tried.\n",
    )
    assert [*tmp_path.iterdir()] == []


def test_what_was_recorded_elsewhere_is_read_there(tmp_path):
    record(script(tmp_path, "import gymnasium\ngymnasium.make('CartPole-v1').reset()"), tmp_path)
    done = elsewhere(tmp_path, "inspect", "runs")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(" runs · 1 run, complete · ")


def test_monitor_raises_the_same_sentence(tmp_path, monkeypatch):
    monkeypatch.delattr("os.pwrite")
    with pytest.raises(Exception, match=r"does not work on this system \(.*\): it has no os\.pwrite\.$"):
        Monitor(gymnasium.make("Countdown-v0"), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
    monkeypatch.undo()
    with Monitor(gymnasium.make("Countdown-v0"), tmp_path / "runs", video_callable=False) as env:
        play(env)
