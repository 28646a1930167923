"""Start real runs, kill them at random moments, resume them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FOREVER = "1000000000"
# Seconds until a run must have begun, and until killed processes must be gone.
PATIENCE = 60.0


class Plan(NamedTuple):
    """One run and how it is to be killed."""

    script: str  # monitor, start, workers, evaluation
    video: str  # none, rgb_array, ansi
    victim: str  # script, worker, tree
    steps: int
    pause: float  # seconds a step
    delay: float  # seconds from the first episode to the kill
    early: bool  # killed that long after the start instead, wherever it is then
    options: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """For the table of what was killed."""
        return f"{self.script}{'' if self.video == 'none' else ', video'}"


def plan(random: Random) -> Plan:
    """A run like those that people lose."""
    script = random.choice(("monitor", "monitor", "start", "workers", "evaluation"))
    video = random.choice(("none", "none", "none", "rgb_array", "rgb_array", "ansi"))
    if script == "workers":
        victim = random.choice(("worker", "worker", "script", "tree"))
    else:
        victim = random.choice(("script", "tree"))
    if script != "monitor":
        video = "none" if video == "none" else "rgb_array"
    slow = video == "rgb_array" and random.random() < 0.4
    return Plan(
        script=script,
        video=video,
        victim=victim,
        steps=random.choice((40, 200)) if slow else random.choice((1, 2, 30)),
        pause=0.02 if slow else 0.0,
        delay=random.uniform(0, 3.0 if slow else 1.0),
        early=random.random() < 0.1,
        options=("write_upon_reset",) if script == "monitor" and random.random() < 0.3 else (),
    )


class KilledRun:
    """A run of a plan in a folder: recording in `run`, ledgers in `ledger`."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan, self.directory, self.ledger = plan, folder / "run", folder / "ledger"
        self.folder = folder
        self.ledger.mkdir(parents=True, exist_ok=True)

    def run_and_kill(self) -> float:
        """Run it and kill it; gives back when, in seconds since the epoch."""
        with open(self.folder / "output", "ab") as output:
            process = self._spawn(self._command(FOREVER, resume=False), output, self.plan.pause)
        if not self.plan.early:
            wait_until(lambda: any(self.ledger.iterdir()) or process.poll() is not None)
        time.sleep(self.plan.delay)
        processes = [process.pid, *descendants(process.pid)]
        killed_at = time.time()
        for pid in self._victims(processes) or processes:  # so early that there is only the one
            kill(pid)
        (self.ledger / "stop").touch()
        process.wait(PATIENCE)
        wait_until(lambda: not any(map(lives, processes)))
        return killed_at

    def resume(self) -> int:
        """Go on for a few episodes; gives back the exit status."""
        (self.ledger / "stop").unlink(missing_ok=True)
        with open(self.folder / "output", "ab") as output:
            return self._spawn(self._command("20", resume=True), output, pause=0.0).wait(PATIENCE)

    def _spawn(self, command: list[str], output, pause: float) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "PYTHONPATH": f"{HERE}{os.pathsep}{ROOT}",
            "TORTURE_LEDGER": str(self.ledger),
            "TORTURE_STEPS": str(self.plan.steps),
            "TORTURE_PAUSE": str(pause),
        }
        return subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=ROOT
        )  # fmt: skip

    def _command(self, episodes: str, resume: bool) -> list[str]:
        plan, script = self.plan, [sys.executable, str(HERE / "scripts.py")]
        if plan.script == "monitor":
            again = ["resume"] if resume else []
            return [*script, "monitor", episodes, str(self.directory), plan.video, *plan.options, *again]
        # Killed before it claimed the directory, there is nothing to resume.
        verb = "resume" if resume and any(self.directory.glob("openaigym.run.*")) else "start"
        ours = [sys.executable, "-m", "monitorcli", verb, str(self.directory)]
        ours += ["--video", "all" if plan.video != "none" else "none"]
        if plan.script == "evaluation":
            # Without repeats: the environment notes every episode, and those are not recorded.
            ours += ["--env", "scripts:Ledger-v0", "--policy", "random", "--repeat", "0"]
            return [*ours, "--episodes", self._asked(episodes)]
        return [*ours, "--", *script, "workers" if plan.script == "workers" else "plain", episodes]

    def _asked(self, episodes: str) -> str:
        """An evaluation is resumed up to a total; at first it is asked for more than there is time for."""
        if episodes == FOREVER:
            return "500000"
        from monitorcli.errors import NoRecording
        from monitorcli.recording import read

        try:
            return str(int(read(self.directory).episodes.completed.sum()) + int(episodes))
        except NoRecording:
            return episodes

    def _victims(self, processes: list[int]) -> list[int]:
        pythons = [pid for pid in processes if "ffmpeg" not in name_of(pid) and not is_sentinel(pid)]
        if self.plan.victim == "tree":
            return processes
        if self.plan.script in ("monitor", "evaluation"):
            return pythons[:1]
        if self.plan.victim == "worker" and len(pythons) > 2:
            return pythons[2:3]
        return pythons[1:2]  # the script under `monitorcli start`


def descendants(pid: int) -> list[int]:
    """The children of a process and theirs, parents first."""
    try:
        found = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [*found, *(below for child in found for below in descendants(child))]


def name_of(pid: int) -> str:
    """What the process is called, "" when it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""


def is_sentinel(pid: int) -> bool:
    """Whether this is what `monitorcli start` has beside it to hear of signals; see attach/sentinel.py."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[1:4] == [b"-I", b"-S", b"-c"]
    except OSError:
        return False


def lives(pid: int) -> bool:
    """Whether the process can still do anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


def kill(pid: int) -> None:
    """SIGKILL, unless it is gone."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def wait_until(true) -> None:
    """Poll until it holds; TimeoutError when it never does."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {PATIENCE:.0f} s")
        time.sleep(0.002)
