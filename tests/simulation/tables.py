"""The cells as tables of Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from cells import (
    Alarms,
    bare,
    coverage,
    coverage_of_difference,
    coverage_of_improvement,
    coverage_of_success,
    coverage_of_wilson,
    gate,
    improvement_gate,
    ranked_gate,
    success_gate,
)
from distributions import ALL, AT_THE_CAP

SIZES = (10, 20, 50, 200)
RANKED = (10, 20, 50)
KINDS = {"unpaired": None, "pairs, correlation 0.3": 0.3, "pairs, correlation 0.8": 0.8}


def alarms(samples: int, kinds: Iterable[str] = tuple(KINDS)) -> str:
    """Before and after: false alarms of equal policies, and how often a policy a tenth worse is found."""
    measured = [
        "equal: bare 5 %",
        "bare 10 %",
        "gate 5 %",
        "a tenth worse: bare 5 %",
        "gate 5 %",
        "cannot judge",
    ]
    head = ["returns", "compared", "n", *measured]
    rows = []
    for of in ALL:
        for kind in kinds:
            for n in SIZES:
                of_both = [bare(of, allowed, False, n, KINDS[kind], samples) for allowed in (0.05, 0.1)]
                equal, worse = (gate(of, 0.05, worse, n, KINDS[kind], samples) for worse in (False, True))
                power = bare(of, 0.05, True, n, KINDS[kind], samples)
                shares = [*of_both, equal, power, worse]
                rows.append([of.name, kind, n, *(_percent(one.fires) for one in shares), _both(equal, worse)])
    return table(head, rows, 2)


def _both(equal: Alarms, worse: Alarms) -> str:
    return f"{_percent(equal.cannot_judge)}, {_percent(worse.cannot_judge)}"


def without_allowance(samples: int) -> str:
    """The test alone (`mean:0`), sides of unequal sizes too."""
    sizes = ((5, 5), (10, 10), (20, 20), (50, 50), (5, 200), (200, 5), (20, 200), (200, 20))
    rows = [
        [of.name, *(_percent(gate(of, 0, False, old, None, samples, new).fires) for old, new in sizes)]
        for of in (*ALL, AT_THE_CAP)
    ]
    return table(["returns", *(f"{old}, {new}" for old, new in sizes)], rows)


def ranked(samples: int) -> str:
    """Median and iqm: false alarms and power of the bootstrap."""
    rows = []
    for of in ALL:
        for kind, correlation in KINDS.items():
            row: list[object] = [of.name, kind]
            for statistic in ("iqm", "median"):
                for n in RANKED:
                    many = samples if correlation is None else samples // 2
                    found = [
                        ranked_gate(of, statistic, worse, n, correlation, many) for worse in (False, True)
                    ]
                    row.append(" / ".join(_percent(one.fires) for one in found))
            rows.append(row)
    names = [f"{statistic} {n}" for statistic in ("iqm", "median") for n in RANKED]
    return table(["returns", "compared", *names], rows, 2)


def successes(samples: int) -> str:
    """Success rates: false alarms and power of Fisher's and McNemar's tests."""
    rows = []
    for rate, worse in ((0.5, 0.3), (0.8, 0.6), (0.95, 0.8), (0.99, 0.89)):
        for kind, correlation in KINDS.items():
            cells = []
            for n in SIZES:
                found = [success_gate(rate, to, n, correlation, samples) for to in (rate, worse)]
                cells.append(" / ".join(_percent(one.fires) for one in found))
            rows.append([f"{rate} to {worse}", kind, *cells])
    return table(["rate", "compared", *map(str, SIZES)], rows, 2)


def improvements(samples: int) -> str:
    """`p_improve:0.5` of equal policies."""
    rows = [
        [of.name, kind, *(_percent(improvement_gate(of, n, correlation, samples).fires) for n in SIZES)]
        for of in ALL
        for kind, correlation in KINDS.items()
    ]
    return table(["returns", "compared", *map(str, SIZES)], rows, 2)


def of_values(samples: int, names: Sequence[str] = ("mean", "median", "iqm")) -> str:
    """Coverage of the intervals of one recording; in brackets, where `inspect` does not warn."""
    rows = []
    for of in (*ALL, AT_THE_CAP):
        for n in (5, *SIZES):
            found = coverage(of, n, samples)
            cells = [_percent(found[name].holds) for name in names]
            mean = found["mean"]
            unsaid = "" if math.isnan(mean.unsaid) else _percent(mean.unsaid)
            rows.append([of.name, n, *cells, _percent(mean.said), unsaid])
    return table(["returns", "n", *names, "warned", "mean, where not warned"], rows)


def of_differences(samples: int) -> str:
    """Coverage of the intervals of a change, of equal policies."""
    rows = []
    for of in ALL:
        for kind, correlation in KINDS.items():
            for n in SIZES if correlation is None else SIZES[:-1]:
                found = coverage_of_difference(of, n, correlation, samples)
                rows.append([of.name, kind, n, *(_percent(one.holds) for one in found.values())])
    return table(["returns", "compared", "n", "mean", "median", "iqm"], rows, 2)


def of_improvement(samples: int) -> str:
    """Coverage of the interval of p_improve."""
    rows = []
    for kind in ("normal", "exponential", "ties", "pairs"):
        for truth in (0.5, 0.8, 0.92, 0.98):
            sizes = [(n, n) for n in (5, *SIZES)]
            if kind != "pairs":
                sizes += [(100, 10), (10, 100)]
            cells = [_percent(coverage_of_improvement(kind, truth, *size, samples)) for size in sizes]
            rows.append([kind, truth, *cells, *[""] * (7 - len(cells))])
    head = [*(f"{n}, {n}" for n in (5, *SIZES)), "100, 10", "10, 100"]
    return table(["returns", "truth", *head], rows)


def of_rates(samples: int) -> str:
    """Coverage of Wilson's interval, computed exactly, and of those of a change of 0."""
    rows = []
    for rate in (0.5, 0.8, 0.9, 0.95, 0.98):
        exact = [_percent(coverage_of_wilson(rate, n)) for n in SIZES]
        rows.append([rate, "rate", *exact])
        for kind, correlation in KINDS.items():
            cells = [_percent(coverage_of_success(rate, n, correlation, samples)) for n in SIZES]
            rows.append([rate, f"change, {kind}", *cells])
    return table(["rate", "interval of", *map(str, SIZES)], rows, 2)


def table(head: Sequence[str], rows: Iterable[Sequence[object]], words: int = 1) -> str:
    """Markdown; the first columns are words."""
    rule = ["---" if index < words else "---:" for index in range(len(head))]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in (head, rule, *rows))


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
