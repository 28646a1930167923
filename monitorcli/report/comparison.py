"""What is said of a recording beside its baseline."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from monitorcli.report.intervals import between, estimated, percent
from monitorcli.report.layout import Line, Span, TextTable
from monitorcli.report.model import Compared, Report
from monitorcli.report.text import number
from monitorcli.summary.comparison import Comparison, Difference

BEATS = "beats it: the probability that an episode's return is higher than one of the baseline"

# What each measure is called, in the order of the rows.
_NAMES = {
    "mean": "mean return",
    "iqm": "iqm return",
    "median": "median return",
    "std": "std of return",
    "success": "success rate",
    "length_mean": "mean length",
}


def table(of: Compared) -> TextTable:
    """A row a measure that both have: both sides, the change with its interval, and it in percent."""
    known = (difference for difference in of.comparison.differences if not math.isnan(difference.change))
    rows = [_row(difference, of.comparison) for difference in known]
    return TextTable(("", *sides(of), "change", ""), rows)


def table_of_several(comparisons: Sequence[Compared]) -> TextTable:
    """A row for each series: its mean return, the baseline's, the change, and how probably it beats it."""
    head = ("directory", "series", "mean return", "of the baseline", "change", "", "beats it")
    return TextTable(head, [_whole_row(one) for one in comparisons])


def _whole_row(of: Compared) -> list[Line]:
    found = of.comparison
    row: list[Line] = [[Span(of.new.name, "path")], [Span(of.new.title or "not known")]]
    if not found.n_old or not found.n_new:
        return [*row, [Span("nothing to compare", "bad")], (), (), (), ()]
    mean = next(difference for difference in found.differences if difference.name == "mean")
    _, old, new, change, share = _row(mean, found)
    paired = " paired by seed" if found.paired else ""
    beats = [*estimated(number(found.p_improve), found.p_interval), Span(paired)]
    return [*row, new, old, change, share, beats]


def corrected(report: Report) -> str:
    """That the intervals are corrected, where there are several comparisons; "" else."""
    count = len(report.comparisons)
    if count < 2 or not report.options.confidence:
        return ""
    return (
        f"[ ] Bonferroni's intervals for {count:,} comparisons: "
        f"all of them hold together with {percent(report.options.confidence)}"
    )


def sides(of: Compared) -> tuple[str, str]:
    """What to call the baseline and the new recording: their last names where those differ.

    Of one directory, the names of their series.
    """
    paths = of.old.name, of.new.name
    if paths[0] == paths[1] and of.old.title != of.new.title:
        return of.old.title, of.new.title
    short = tuple(path.rstrip("/\\").replace("\\", "/").split("/")[-1] for path in paths)
    return (short[0], short[1]) if short[0] != short[1] and all(short) else paths


def sentence(of: Compared, quoted: Callable[[str], str] = str) -> str:
    """The probability that an episode of the new one beats one of the old one; names as `quoted` has them."""
    comparison = of.comparison
    if not comparison.n_old or not comparison.n_new:
        return "nothing to compare: one side has no completed episode"
    old, new = map(quoted, sides(of))
    return (
        f"probability that an episode of {new} beats one of {old}: "
        f"{' '.join(filter(None, (number(comparison.p_improve), between(comparison.p_interval))))}, "
        f"{'' if comparison.paired else 'not '}paired{' by seed' if comparison.paired else ''}"
    )


def _row(difference: Difference, comparison: Comparison) -> list[Line]:
    name, change = difference.name, difference.change
    sign = "+" if change > 0 else ""
    share = f"{100 * change / abs(difference.old):+.3g} %" if difference.old else ""
    return [
        [Span(_NAMES[name], "label")],
        [Span(number(difference.old), "value"), Span(f" (n={comparison.old.n(name):,})", "dim")],
        [Span(number(difference.new), "value"), Span(f" (n={comparison.new.n(name):,})", "dim")],
        estimated(sign + number(change), difference.interval),
        [Span(share)],
    ]
