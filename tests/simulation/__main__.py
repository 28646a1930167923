"""Simulate gates and intervals, and write the tables of docs/gates-tables.md and docs/gates.md.

python tests/simulation [--samples N]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import tables

DOCS = Path(__file__).parents[2] / "docs"
BEGIN, END = "<!-- written by make coverage -->", "<!-- end of what it writes -->"

TOP = (Path(__file__).parent / "top.md").read_text(encoding="utf-8").rstrip()

PARTS: tuple[tuple[str, str, Callable[[int], str], int], ...] = (
    (
        "False alarms and power of `mean:5%`",
        "First how often equal policies fail: by the bare comparison that was made before (now `point(mean):5%`\n"
        "and `point(mean):10%`), and by the gate. Then how often a policy a tenth worse fails. Last how often the\n"
        "gate cannot judge, of equal policies and of one a tenth worse.",
        tables.alarms,
        2000,
    ),
    (
        "False alarms of `mean:0`",
        "Of equal policies, without an allowance: the test alone, by the numbers of episodes of the baseline and\n"
        "of the new policy.",
        tables.without_allowance,
        2000,
    ),
    (
        "Median and iqm",
        "False alarms / power at a tenth worse, of `iqm:0` and `median:0`, by the number of episodes a side; 1,000\n"
        "samples, of pairs 200.",
        lambda samples: tables.ranked(samples // 2, samples // 10),
        2000,
    ),
    (
        "Success rates",
        "False alarms at the first rate / power at the second, of `success:0`, by the number of episodes a side.",
        tables.successes,
        2000,
    ),
    ("`p_improve:0.5`", "False alarms of equal policies, with 1,000 samples.", tables.improvements, 1000),
    (
        "Intervals of one recording",
        "How often a 95 % interval holds the truth, with 1,000 samples. `warned` is how often `inspect` says beside\n"
        "it that it may be too narrow, or that there is none, because all values are equal.",
        tables.of_values,
        1000,
    ),
    (
        "Intervals of a change",
        "The same for new - old of equal policies, with 500 samples; median and iqm of pairs with 300.",
        tables.of_differences,
        500,
    ),
    (
        "Intervals of p_improve",
        "By the number of episodes on either side, with 2,000 samples. Normal stands for every distribution with\n"
        "the same ranks, as the log-normal; ties are normal values rounded to whole standard deviations.",
        tables.of_improvement,
        2000,
    ),
    (
        "Intervals of success rates",
        "Of a rate exactly; of a change of 0 with 1,000 samples.",
        tables.of_rates,
        1000,
    ),
)


def main() -> None:
    """Write the tables; with fewer samples only show them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=float, default=1.0, help="of the usual number, to only show them")
    share = parser.parse_args().samples
    made = {}
    for title, about, make, samples in PARTS:
        began = time.monotonic()
        made[title] = f"## {title}\n\n{about}\n\n{make(max(100, int(share * samples)))}"
        print(f"{title}: {time.monotonic() - began:.0f} s", flush=True)
        if share != 1.0:
            print(made[title])
    if share == 1.0:
        (DOCS / "gates-tables.md").write_text("\n\n".join([TOP, *made.values()]) + "\n", encoding="utf-8")
        write_short(next(iter(made.values())))


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
