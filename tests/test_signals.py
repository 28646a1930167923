"""Signals to `monitorcli start`: the script gets each once, as it does alone, and the recording is closed."""

import os
import signal
import subprocess
import sys

import pytest
from commands import script

RECORDED = """
import gymnasium
env = gymnasium.make("CartPole-v1", max_episode_steps=1)
env.reset(seed=0)
env.step(0)
print("ready", flush=True)
"""

# Prints the signals it gets, each a line, until SIGQUIT. They are blocked before NumPy starts its threads.
LISTENER = f"""
import signal
numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
{RECORDED}
number = None
while number != signal.SIGQUIT:
    number = signal.sigwait(numbers)
    print(number.name, flush=True)
"""


def start(folder, text, before=(), **pipes):
    """`start` of a script with this text, in a session of its own, as far as the script's line "ready"."""
    command = [sys.executable, "-m", "monitorcli", "start", "runs", "--video", "none", "--"]
    process = subprocess.Popen(
        [*before, *command, sys.executable, script(folder, text)],
        cwd=folder,
        text=True,
        start_new_session=True,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **pipes},
    )
    while process.stdout and process.stdout.readline() != "ready\n":
        assert process.poll() is None, process.stderr.read()
    return process


def _one_by_one(group, number):
    """As a supervisor does that knows the processes; the last to be started is the last to be told."""
    found = subprocess.run(["pgrep", "-g", str(group)], capture_output=True, text=True, check=True)
    for pid in found.stdout.split():
        os.kill(int(pid), number)


def _both(group, number):
    """As timeout(1) does: first its child, then the group."""
    os.kill(group, number)
    os.killpg(group, number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("send", [os.killpg, os.kill, _one_by_one, _both])
def test_a_signal_reaches_the_script_once_however_it_is_sent(tmp_path, send, number):
    process = start(tmp_path, LISTENER)
    send(process.pid, number)
    assert process.stdout.readline() == f"{number.name}\n"
    os.kill(process.pid, signal.SIGQUIT)  # behind what may still be on its way
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "SIGQUIT\n")
    assert err == "monitorcli: CartPole-v1, 1 episode, mean return 1 -> runs\n"


def test_what_nohup_has_ignored_stays_ignored(tmp_path):
    nohup = ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh"]
    process = start(tmp_path, RECORDED + "input()", nohup, stdin=subprocess.PIPE)
    os.killpg(process.pid, signal.SIGHUP)
    _, err = process.communicate("\n", timeout=60)
    assert (process.returncode, err) == (0, "monitorcli: CartPole-v1, 1 episode, mean return 1 -> runs\n")
