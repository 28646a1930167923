"""How soon evaluations that stop when decided stop, and how often wrongly: the tables of docs/stopping.md.

    python tests/simulation/stopping.py [--runs 2000]

Every population of N episodes is drawn anew; "wrong" is against the verdict over all of its N episodes.
All rules get the same populations in the same order, and the same error.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from monitorcli.summary.sequential.mean import MeanRule
from monitorcli.summary.sequential.success import SuccessRule

PAGE = Path(__file__).parents[2] / "docs" / "stopping.md"

ERROR = 0.05
LOW, HIGH = 0.0, 500.0

Population = tuple[np.ndarray, np.ndarray]  # new values and a baseline's, both shape (N,)
# How many episodes it takes to a verdict on a population, and the verdict.
Stops = Callable[[Population], tuple[int, bool]]


# Each row's name, and its cell of each rule.
Rows = Iterator[tuple[str, dict[str, "Cell"]]]


class Cell(NamedTuple):
    """What a rule came to on many populations."""

    episodes: float  # mean
    wrong: float  # share of the populations

    def __str__(self) -> str:
        return f"{self.episodes:.0f} ({100 * self.wrong:.1f})"


def played(rule: SuccessRule | MeanRule, values: np.ndarray, truth: bool) -> tuple[int, bool]:
    """Feed the rule until it decides; one that never does has run all, and knows the truth."""
    for count, value in enumerate(values, 1):
        rule.add(value)
        if rule.decision is not None:
            return count, rule.decision.met
    return len(values), truth


def curtailed(values: np.ndarray, limit: float, low: float, high: float) -> tuple[int, bool]:
    """Stop only when the values that are left cannot change the verdict."""
    left = np.arange(len(values) - 1, -1, -1)
    total, needed, room = values.cumsum(), limit * len(values), 1e-9 * (high - low)
    met, lost = total + low * left >= needed - room, total + high * left < needed - room
    at = int(np.argmax(met | lost))
    return at + 1, bool(met[at])


def bounded(values: np.ndarray, limit: float, kind: str, low: float, high: float) -> tuple[int, bool]:
    """Hoeffding's and the empirical Bernstein supermartingale without replacement, one for each side.

    Waudby-Smith and Ramdas (2020, section 3; 2024, sections 3.1 and 3.2), with curtailment by the range.
    """
    n = len(values)
    x, m = (values - low) / (high - low), (limit - low) / (high - low)
    t = np.arange(1, n + 1)
    before = np.concatenate([[0.0], x.cumsum()[:-1]])
    rest = (n * m - before) / (n - t + 1)
    if kind == "hoeffding":
        bet = np.minimum(1.0, np.sqrt(8 * math.log(1 / ERROR) / (t * np.log(t + 1))))
        cost = bet**2 / 8
    else:
        mean = (0.5 + before) / t
        squares = np.concatenate([[0.0], ((x - mean) ** 2).cumsum()[:-1]])
        spread = (0.25 + squares) / t
        bet = np.minimum(0.5, np.sqrt(2 * math.log(1 / ERROR) / (spread * t * np.log(t + 1))))
        cost = (x - mean) ** 2 * (-np.log1p(-bet) - bet)
    ends = [(bet * (x - rest) - cost).cumsum(), (bet * (rest - x) - cost).cumsum()]
    known, met = curtailed(values, limit, low, high)
    reached = [int(np.argmax(end >= math.log(1 / ERROR))) + 1 if end.max() >= math.log(1 / ERROR) else n + 1
               for end in ends]  # fmt: skip
    first = min(reached)
    return (known, met) if known <= first else (first, reached[0] < reached[1])


def row(rules: dict[str, Stops], draw: Callable[[], Population], truth: Callable[[Population], bool],
        runs: int) -> dict[str, Cell]:  # fmt: skip
    """Every rule on the same populations."""
    found: dict[str, list[tuple[int, bool]]] = {name: [] for name in rules}
    for _ in range(runs):
        population = draw()
        true = truth(population)
        for name, stops in rules.items():
            count, met = stops(population)
            found[name].append((count, met != true))
    return {name: Cell(*np.mean(of, axis=0)) for name, of in found.items()}


def success_rules(n: int, limit: float) -> dict[str, Stops]:
    """Of 0s and 1s."""
    return {
        "curtailment": lambda p: curtailed(p[0], limit, 0, 1),
        "Hoeffding": lambda p: bounded(p[0], limit, "hoeffding", 0, 1),
        "empirical Bernstein": lambda p: bounded(p[0], limit, "bernstein", 0, 1),
        "betting": lambda p: played(MeanRule(n, 0, 1, limit, ERROR), p[0], reaches(limit, p)),
        "monitorcli": lambda p: played(SuccessRule(n, limit, ERROR), p[0], reaches(limit, p)),
    }


def mean_rules(n: int, limit: float) -> dict[str, Stops]:
    """Of returns from LOW to HIGH."""
    return {
        "curtailment": lambda p: curtailed(p[0], limit, LOW, HIGH),
        "Hoeffding": lambda p: bounded(p[0], limit, "hoeffding", LOW, HIGH),
        "empirical Bernstein": lambda p: bounded(p[0], limit, "bernstein", LOW, HIGH),
        "monitorcli": lambda p: played(MeanRule(n, LOW, HIGH, limit, ERROR), p[0], reaches(limit, p)),
    }  # fmt: skip


def regression_rules(n: int, kept: float) -> dict[str, Stops]:
    """Of returns beside a baseline's; the new mean must be at least `kept` of the old one."""

    def limit(p: Population) -> float:
        return kept * float(p[1].mean())

    def paired(p: Population) -> tuple[int, bool]:
        """Betting on new - kept old, whose range is twice as wide."""
        values = p[0] - kept * p[1]
        return played(
            MeanRule(n, LOW - kept * HIGH, HIGH - kept * LOW, 0.0, ERROR), values, values.mean() >= 0
        )

    def alone(p: Population, baseline: np.ndarray | None) -> tuple[int, bool]:
        rule = MeanRule(n, LOW, HIGH, limit(p), ERROR, baseline)
        return played(rule, p[0], keeps(kept, p))

    return {
        "curtailment": lambda p: curtailed(p[0], limit(p), LOW, HIGH),
        "Hoeffding": lambda p: bounded(p[0], limit(p), "hoeffding", LOW, HIGH),
        "empirical Bernstein": lambda p: bounded(p[0], limit(p), "bernstein", LOW, HIGH),
        "new alone": lambda p: alone(p, None),
        "differences": paired,
        "monitorcli": lambda p: alone(p, p[1]),
    }


def successes(random: np.random.Generator, n: int, rate: float) -> Population:
    """0s and 1s."""
    values = (random.random(n) < rate).astype(np.float64)
    return values, values


def capped(random: np.random.Generator, n: int, mean: float) -> Population:
    """Returns like CartPole's: many at the cap of 500, the others anywhere below; `mean` from 250 on."""
    at_cap = random.random(n) < (mean - 250) / 250
    values = np.where(at_cap, HIGH, random.uniform(LOW, HIGH, n))
    return values, values


def pairs(random: np.random.Generator, n: int, fall: float, correlation: float) -> Population:
    """Old returns around 300, and new ones that fell by a share, on the same seeds."""
    shared = random.normal(size=n)
    old, new = (
        math.sqrt(correlation) * shared + math.sqrt(1 - correlation) * random.normal(size=n) for _ in range(2)
    )
    return np.clip(300 * (1 - fall) + 100 * new, LOW, HIGH), np.clip(300 + 100 * old, LOW, HIGH)


def reaches(limit: float, population: Population) -> bool:
    """The verdict over all episodes."""
    return bool(population[0].mean() >= limit)


def keeps(kept: float, population: Population) -> bool:
    """The same of a regression."""
    return bool(population[0].mean() >= kept * population[1].mean())


def as_table(first: str, rows: Rows) -> str:
    """A table of markdown: mean episodes, and the wrong verdicts in percent."""
    lines = []
    for name, cells in rows:
        if not lines:
            lines = [f"| {first} | {' | '.join(cells)} |", "|" + "---|" * (len(cells) + 1)]
        lines.append(f"| {name} | {' | '.join(map(str, cells.values()))} |")
        print(lines[-1], flush=True)
    return "\n".join(lines)


def write(name: str, table: str) -> None:
    """Put the table between its marks on the page."""
    begin, end = f"<!-- {name}: written by make coverage -->", "<!-- end -->"
    before, mark, rest = PAGE.read_text(encoding="utf-8").partition(f"{begin}\n")
    assert mark, f"{PAGE} has no {begin}"
    behind = rest.partition(end)[2]
    PAGE.write_text(f"{before}{begin}\n{table}\n{end}{behind}", encoding="utf-8")


def success_table(n: int, limit: float, rates: tuple[float, ...], runs: int) -> Rows:
    """A row for each true rate."""
    for rate in rates:
        random = np.random.default_rng([n, round(1000 * rate)])
        draw = partial(successes, random, n, rate)
        yield f"{rate:g}", row(success_rules(n, limit), draw, partial(reaches, limit), runs)


def mean_table(n: int, limit: float, means: tuple[float, ...], runs: int) -> Rows:
    """A row for each true mean."""
    for mean in means:
        draw = partial(capped, np.random.default_rng([n, round(mean)]), n, mean)
        yield f"{mean:g}", row(mean_rules(n, limit), draw, partial(reaches, limit), runs)


def regression_table(
    n: int, kept: float, falls: tuple[float, ...], correlations: tuple[float, ...], runs: int
) -> Rows:
    """A row for each correlation and true fall."""
    for correlation, fall in product(correlations, falls):
        random = np.random.default_rng([n, round(100 * fall), round(10 * correlation)])
        draw = partial(pairs, random, n, fall, correlation)
        name = f"correlation {correlation:g}, fall {100 * fall:g} %"
        yield name, row(regression_rules(n, kept), draw, partial(keeps, kept), runs)


def main() -> None:
    """Compute the tables, and write them into the page; the last one of a quarter of the runs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=2000)
    runs = parser.parse_args().runs
    rates = (0.5, 0.6, 0.75, 0.79, 0.81, 0.85, 0.9, 0.95)
    means = (300.0, 400.0, 440.0, 460.0, 475.0, 490.0)
    falls = (0.0, 0.05, 0.1, 0.2)
    write("success", as_table("true rate", success_table(200, 0.8, rates, runs)))
    write("mean", as_table("true mean", mean_table(200, 450, means, runs)))
    table = regression_table(1000, 0.9, falls, (0.0, 0.8), runs // 4)
    write("regression", as_table("seeds and fall", table))


if __name__ == "__main__":
    main()
