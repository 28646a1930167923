"""A recording to look at.

`python tests/browser/sample.py PAGE.html [DIR...]` writes its page, or that of DIR.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import writing

from monitorcli.format import log
from monitorcli.recording import read
from monitorcli.report import ReportOptions, as_html, make_report

GYM = Path(__file__).resolve().parent.parent / "recordings" / "gym-0.21.0-cartpole"
FILMED = (0, 1000, 9000)


def write_sample(directory: Path, count: int) -> None:
    """A policy that learns, by our writer; its films are Gym's, real MP4 files."""
    noise = np.random.default_rng(0)
    progress = np.arange(count) / count
    lengths = np.clip(noise.gamma(3, 8 + 120 * progress**2), 8, 500).astype(int).tolist()
    run = writing.begin_run(directory, command=["python", "train.py"], video="0,1000,9000")
    records = [
        writing.packed(
            number, float(length), length=length, duration=length / 1000, seeded=1, seed=number + 7,
            end=_end(number, length),
        )
        for number, length in enumerate(lengths)
    ]  # fmt: skip
    writer = writing.write(directory, *records)
    run.end(exit_status=0)
    stem = next(directory.glob("openaigym.manifest.*")).name.split(".")
    for source, number in zip(sorted(GYM.glob("*.mp4")), FILMED, strict=True):
        base = f"openaigym.video.{stem[2]}.{stem[3]}.video{number:06}"
        (directory / f"{base}.mp4").write_bytes(source.read_bytes())
        meta = source.with_name(source.name.replace(".mp4", ".meta.json"))
        (directory / f"{base}.meta.json").write_bytes(meta.read_bytes())
    assert writer


def _end(number: int, length: int) -> int:
    if number % 997 == 5:
        return log.CUT_RESET
    return log.END_TRUNCATED if length == 500 else log.END_TERMINATED


def main(page: str, *directories: str) -> None:
    """Write the page."""
    output = Path(page).absolute()
    with tempfile.TemporaryDirectory() as made:
        if not directories:
            write_sample(Path(made) / "sample", 10_000)
        found = [read(Path(one)) for one in directories or [f"{made}/sample"]]
        output.write_text(
            as_html.render(make_report(found, ReportOptions(folder=output.parent))), encoding="utf-8"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
