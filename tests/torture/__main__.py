"""Kill real runs at random moments and count what was lost.

python tests/torture [--kills N] [--seed S] [--old-gym PYTHON] [--keep DIR]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

from findings import OldGym, after_resume, examine
from kills import KilledRun, plan

from monitorcli.video.ffmpeg import find_ffmpeg

# What must not happen.
FORBIDDEN = (
    "episodes lost", "episodes recorded twice", "films unplayable", "films short of more than a second",
    "finished films of a wrong length", "directories unreadable", "after resume, episodes lost",
    "after resume, episodes recorded twice", "resumes that failed", "resumes that added nothing",
    "numbers not dense", "old reader failures", "old Gym reads other episodes",
)  # fmt: skip


def torture(run: KilledRun, ffmpeg: str, old_gym: OldGym | None) -> Counter[str]:
    """One run: killed, looked at, resumed, and looked at again."""
    killed_at = run.run_and_kill()
    found = examine(run, killed_at, ffmpeg)
    status = run.resume()
    if status:
        found["resumes that failed"] = 1
        return found
    found.update(after_resume(run, found["episodes recorded"]))
    if old_gym:
        answer = old_gym.reads(run.directory)
        found["directories read by old Gym"] = 1
        if isinstance(answer, int):
            found["episodes that old Gym reads"] = answer
            found["old Gym reads other episodes"] = int(answer != found["after resume, episodes recorded"])
        else:
            found["old reader failures"] = 1
            found[f"old reader: {answer}"] = 1
    return found


def bad(found: Counter[str]) -> list[str]:
    """What happened that must not."""
    return [name for name in FORBIDDEN if found[name]]


def main() -> int:
    """Kill as often as asked; 1 when something forbidden happened."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--old-gym", metavar="PYTHON", help="a Python that has gym 0.9 to 0.21")
    parser.add_argument("--keep", type=Path, help="copy there every directory in which something is wrong")
    asked = parser.parse_args()
    ffmpeg, old_gym = find_ffmpeg(), OldGym(asked.old_gym) if asked.old_gym else None
    total: Counter[str] = Counter()
    started = time.monotonic()
    for number in range(asked.kills):
        with tempfile.TemporaryDirectory(prefix="torture-") as name:
            run = KilledRun(plan(Random(asked.seed * 1_000_003 + number)), Path(name))
            found = torture(run, ffmpeg, old_gym)
            total.update(found)
            total[f"killed {run.plan.victim} of: {run.plan.kind}"] += 1
            if bad(found):
                print(f"{number}: {', '.join(bad(found))}: {run.plan}", file=sys.stderr, flush=True)
                if asked.keep:
                    shutil.copytree(name, asked.keep / str(number), dirs_exist_ok=True)
    if old_gym:
        old_gym.close()
    total["seconds"] = round(time.monotonic() - started)
    for key in [*FORBIDDEN, *sorted(set(total) - set(FORBIDDEN))]:
        print(f"{total[key]:>10,}  {key}")
    return int(bool(bad(total)))


if __name__ == "__main__":
    sys.exit(main())
