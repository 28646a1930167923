"""Simulate gates and intervals, and write the tables of docs/gates-tables.md and docs/gates.md.

python tests/simulation [--samples N]
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import tables

DOCS = Path(__file__).parents[2] / "docs"
BEGIN, END = "<!-- written by make coverage -->", "<!-- end of what it writes -->"

TOP = (Path(__file__).parent / "top.md").read_text(encoding="utf-8").rstrip()

PARTS: tuple[tuple[str, str, Callable[[int], str], int], ...] = (
    (
        "False alarms and power of `mean:5%`",
        "First how often equal policies fail: by the bare comparison that was made before (now\n"
        "`point(mean):5%` and `point(mean):10%`), and by the gate. Then how often a policy a tenth worse\n"
        "fails. Last how often the gate cannot judge, of equal policies and of one a tenth worse.",
        tables.alarms,
        2000,
    ),
    (
        "Intervals of one recording",
        "How often a 95 % interval holds the truth. `warned` is how often `inspect` says beside it that it\n"
        "may be too narrow, or that there is none, because all values are equal.",
        tables.of_values,
        500,
    ),
    (
        "Intervals of p_improve",
        "By the number of episodes on either side. Normal stands for every distribution with the same\n"
        "ranks, as the log-normal; ties are normal values rounded to whole standard deviations.",
        tables.of_improvement,
        2000,
    ),
    (
        "False alarms of `mean:0`",
        "Of equal policies, without an allowance: the test alone, by the numbers of episodes of the\n"
        "baseline and of the new policy.",
        tables.without_allowance,
        1000,
    ),
    (
        "False alarms of `p_improve:0.5`",
        "Of equal policies. Of pairs without ties they are known exactly: at most 3.8, with 16 pairs.",
        tables.improvements,
        5000,
    ),
    (
        "Success rates",
        "False alarms at the first rate / power at the second, of `success:0`.",
        tables.successes,
        1000,
    ),
    (
        "Intervals of success rates",
        "Of a rate exactly; of a change of 0 by simulation.",
        tables.of_rates,
        5000,
    ),
    (
        "Intervals of a change",
        "Of equal policies; median and iqm of pairs with half of the samples.",
        tables.of_differences,
        2000,
    ),
    (
        "Median and iqm",
        "False alarms / power at a tenth worse, of `iqm:0` and `median:0`; of pairs with half "
        "of the samples.",
        tables.ranked,
        2000,
    ),
)


def main() -> None:
    """Write the tables; with fewer samples only show them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=float, default=1.0, help="share of them, only shown")
    share = parser.parse_args().samples
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        waiting = [pool.submit(part, number, share) for number in range(len(PARTS))]
        made = [one.result() for one in waiting]
    if share == 1.0:
        write(made)
    else:
        print("\n\n".join(made))


def part(number: int, share: float) -> str:
    """One table with its heading, with this share of its samples."""
    title, about, make, usual = PARTS[number]
    samples = max(100, int(share * usual))
    began = time.monotonic()
    made = f"## {title}\n\n{about} {samples:,} samples.\n\n{make(samples)}"
    print(f"{title}: {time.monotonic() - began:.0f} s", flush=True)
    return made


def write(made: list[str]) -> None:
    """Write all tables into gates-tables.md, and of the first the short form into gates.md."""
    (DOCS / "gates-tables.md").write_text("\n\n".join([TOP, *made]) + "\n", encoding="utf-8")
    write_short(made[0])


def write_short(alarms: str) -> None:
    """Into gates.md the rows of alarms that most people read: unpaired, and pairs of correlation 0.8."""
    page = DOCS / "gates.md"
    head, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    lines = [line for line in alarms.splitlines() if line.startswith("|")]
    kept = lines[:2] + [line for line in lines[2:] if "0.3" not in line.split("|")[2]]
    page.write_text(f"{head}{BEGIN}\n\n" + "\n".join(kept) + f"\n\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
