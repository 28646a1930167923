"""What a killed run left: compared with its ledgers, read, decoded, and given to Gym's own reader."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from kills import KilledRun

from monitorcli import report
from monitorcli.errors import MonitorError, NoRecording
from monitorcli.recording import Recording, read
from monitorcli.recording.decode import decode_mp4, decode_text
from monitorcli.recording.folder import Folder
from monitorcli.summary import gates

# Every format has something to say; intervals are the same arithmetic for every directory, and dear.
EVERYTHING = report.ReportOptions(confidence=0, gates=(gates.enough_episodes(1),))

# A film younger than this when it was killed may have nothing that plays.
YOUNG = 1.0
# Decoding every film of a run of short ones takes longer than the run.
_MOST_FILMS = 6


def examine(run: KilledRun, killed_at: float, ffmpeg: str) -> Counter[str]:
    """Counts of what is there and what is missing, and of each kind of trouble."""
    found: Counter[str] = Counter(kills=1)
    found["killed while a file was replaced"] = int(any(run.directory.glob("openaigym.tmp.*")))
    found["killed between a batch and its manifest"] = int(_ahead(run.directory))
    finished = finished_in(run.ledger)
    found["episodes finished"] = len(finished)
    try:
        recording = read(run.directory)
        for name in report.FORMATS:
            b"".join(report.render(name, report.make_report([recording], EVERYTHING)))
    except NoRecording:  # killed before there was one
        found["episodes lost"] = len(finished)
        return found
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        found["directories unreadable"] = 1
        found[f"unreadable: {error!r}"] = 1
        return found
    found.update(compared(recording, finished))
    found.update(_films(recording, run, killed_at, ffmpeg))
    found.update({f"run: {one.state}": 1 for one in recording.runs})
    found.update({f"problem: {text.partition(': ')[2] or text}": 1 for text in recording.problems})
    return found


def after_resume(run: KilledRun, before: int) -> Counter[str]:
    """The same directory after it was resumed, which added episodes to those it had."""
    found: Counter[str] = Counter()
    try:
        recording = read(run.directory)
    except MonitorError as error:
        return Counter({"directories unreadable": 1, f"unreadable after resume: {error!r}": 1})
    found.update(
        {f"after resume, {key}": n for key, n in compared(recording, finished_in(run.ledger)).items()}
    )
    found["resumes that added nothing"] = int(len(recording.episodes) <= before)
    found["numbers not dense"] = int(numbers_of(recording) != list(range(len(recording.episodes))))
    return found


def _ahead(directory: Path) -> bool:
    """Whether there are more batches than manifests."""
    return len([*directory.glob("*.stats.json")]) > len([*directory.glob("*.manifest.json")])


def numbers_of(recording: Recording) -> list[int]:
    rows = b"".join(report.render("csv", report.make_report([recording]))).splitlines()[1:]
    return [int(row.partition(b",")[0]) for row in rows]


def finished_in(ledger: Path) -> set[float]:
    """The return of every episode whose end a script has seen."""
    lines = (line for path in ledger.iterdir() for line in path.read_text().splitlines())
    return {float(line[2:]) for line in lines if line.startswith("e ")}


def compared(recording: Recording, finished: set[float]) -> Counter[str]:
    returns = recording.episodes.episode_return[recording.episodes.completed].tolist()
    return Counter(
        {
            "episodes recorded": len(returns),
            "episodes lost": len(finished - set(returns)),
            "episodes recorded twice": len(returns) - len(set(returns)),
        }
    )


def _films(recording: Recording, run: KilledRun, killed_at: float, ffmpeg: str) -> Counter[str]:
    """Whether films decode: finished ones to their last frame, the others up to a second before the kill."""
    found: Counter[str] = Counter()
    folder = Folder(recording.directory)
    unfinished = [film for film in recording.videos if not film.finished]
    finished = [film for film in recording.videos if film.finished and not film.broken]
    for film in [*unfinished[-_MOST_FILMS:], *finished[-_MOST_FILMS:]]:
        found["films decoded"] += 1
        young = not film.finished and killed_at - _begun(recording.directory, film.name) < YOUNG
        frames = 0
        if film.name in folder.entries:
            is_text = not film.name.endswith(".mp4")
            try:
                decoded = decode_text(folder, film.name) if is_text else decode_mp4(folder, film.name, ffmpeg)
                frames = decoded.total
            except MonitorError:
                pass
        found["films younger than a second"] += young
        found["films unplayable"] += not frames and not young
        found["young films unplayable"] += not frames and young
        if not film.finished and run.plan.pause and len(unfinished) == 1:
            found["films short of more than a second"] += frames < _due(run.ledger, killed_at)
        if film.finished and film.episode is not None and frames:
            found["finished films of a wrong length"] += frames != recording.episodes.length[film.episode] + 1
    return found


def _begun(directory: Path, video: str) -> float:
    """When a film began: its meta file is written then, and again only when it is finished."""
    meta = directory / (video.rpartition(".")[0] + ".meta.json")
    return meta.stat().st_mtime if meta.exists() else float("inf")


def _due(ledger: Path, killed_at: float) -> int:
    """How many frames of the episode that was running had been rendered a second before the kill.

    Each environment has a ledger; the episode that was running is in that with the latest frame.
    """
    latest = (0.0, 0)
    for path in ledger.iterdir():
        at, count = 0.0, 0
        for line in path.read_text().splitlines():
            if line.startswith("r"):
                count = 0
            elif line.startswith("f "):
                at = float(line[2:])
                count += at < killed_at - YOUNG
        latest = max(latest, (at, count))
    return latest[1]


class OldGym:
    """The `load_results` of an old Gym, in a process of the Python that has it."""

    def __init__(self, python: str) -> None:
        self._process = subprocess.Popen(
            [python, "-W", "ignore", "-c", _READER],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def reads(self, directory: Path) -> Any:
        """How many episodes it finds; a text says why it could not."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{directory}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline() or '"the old reader died"')

    def close(self) -> None:
        """Let the process go."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


_READER = """
import json, os, sys
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever Gym prints
from gym.wrappers.monitor import load_results
for line in sys.stdin:
    try:
        found = load_results(line.rstrip("\\n"))
        answer = "None" if found is None else len(found["timestamps"])
    except Exception as error:
        answer = repr(error)
    answers.write(json.dumps(answer) + "\\n")
    answers.flush()
"""
