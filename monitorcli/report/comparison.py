"""What is said of a recording beside its baseline."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from monitorcli.report.intervals import between, estimated, percent
from monitorcli.report.layout import Line, Span, TextTable
from monitorcli.report.model import Compared, Report
from monitorcli.report.text import number
from monitorcli.summary.comparison import Comparison, Difference
from monitorcli.summary.measures import RECENT

BEATS = "beats it: the probability that an episode's return is higher than one of the baseline"

_COLUMNS = ("directory", "series", "mean return", "baseline", "change", "", "beats it")

# What each measure is called, in the order of the rows.
_NAMES = {
    "recent": f"mean of the last {RECENT}",
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


def tables_of_several(comparisons: Sequence[Compared]) -> list[TextTable]:
    """A row for each series: its mean return, the baseline's, the change, and how probably it beats it.

    Each table after the first has fewer columns, for narrower terminals.
    """
    rows = [_cells(one) for one in comparisons]
    several = len({one.new.title for one in comparisons}) > 1
    heads = [
        [name for name in _COLUMNS if name not in left_out and (several or name != "series")]
        for left_out in ((), ("baseline",), ("baseline", ""), ("baseline", "", "beats it"))
    ]
    return [TextTable(head, [[row[name] for name in head] for row in rows]) for head in heads]


def _cells(of: Compared) -> dict[str, Line]:
    found = of.comparison
    row: dict[str, Line] = dict.fromkeys(_COLUMNS, ())
    row["directory"] = [Span(of.new.name, "path")]
    row["series"] = [Span(of.new.title or "not known")]
    row["mean return"] = [Span("nothing to compare", "bad")]
    if found.n_old and found.n_new:
        mean = next(one for one in found.differences if one.name in ("recent", "mean"))
        _, row["baseline"], row["mean return"], row["change"], row[""] = _row(mean, found)
        paired = " paired by seed" if found.paired else ""
        row["beats it"] = [*estimated(number(found.p_improve), found.p_interval), Span(paired)]
    return row


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
        f"probability that an episode of {new} beats one of {old}{_last(of)}: "
        f"{' '.join(filter(None, (number(comparison.p_improve), between(comparison.p_interval))))}, "
        f"{'' if comparison.paired else 'not '}paired{' by seed' if comparison.paired else ''}"
    )


def _last(of: Compared) -> str:
    """`, of the last 100 of each`, where only these are compared."""
    first = of.comparison.differences[0].name if of.comparison.differences else "mean"
    return f", of the last {RECENT} of each" if first == "recent" else ""


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
