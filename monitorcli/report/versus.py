"""A recording beside its baseline, as a table."""

from __future__ import annotations

from monitorcli.report.answers import Answer
from monitorcli.report.intervals import between
from monitorcli.report.layout import Line, Span, grid
from monitorcli.report.text import number
from monitorcli.summary.comparison import Comparison, Difference

# What each measure is called, in the order of the rows.
NAMES = {
    "mean": "mean return",
    "iqm": "iqm return",
    "median": "median return",
    "std": "std of return",
    "success": "success rate",
    "length_mean": "mean length",
}


def lines(answer: Answer) -> list[Line]:
    """Both sides, the difference with its interval, the probability of improvement, and how it was had."""
    comparison, baseline = answer.comparison, answer.baseline
    if comparison is None or baseline is None:
        return []
    old, new = sides(answer)
    head: list[Line] = [[], [Span(old, "title")], [Span(new, "title")], [Span("change", "title")], []]
    rows = [head] + [row(difference, comparison) for difference in comparison.differences]
    return [[Span(" "), *line] for line in [*grid(rows), [], *_verdict(comparison, old, new)]]


def sides(answer: Answer) -> tuple[str, str]:
    """What to call the baseline and the new recording: their last names where those differ."""
    assert answer.baseline is not None
    paths = answer.baseline.name, answer.views[0].name
    short = tuple(path.rstrip("/\\").replace("\\", "/").split("/")[-1] for path in paths)
    return (short[0], short[1]) if short[0] != short[1] and all(short) else paths


def improvement(comparison: Comparison, old: str, new: str) -> str:
    """The sentence with the probability that the new one beats the old one."""
    if not comparison.n_old or not comparison.n_new:
        return "nothing to compare: one side has no completed episode"
    return (
        f"probability that an episode of {new} beats one of {old}: "
        f"{number(comparison.p_improve)}{between(comparison.p_interval)}, "
        + ("paired by seed" if comparison.paired else "not paired")
    )


def relative(difference: Difference) -> str:
    """`-9.3 %`; "" where a percentage means nothing."""
    if not difference.old:
        return ""
    return f"{100 * difference.change / abs(difference.old):+.3g} %"


def signed(value: float) -> str:
    """A number that says its sign: `+4.2`, `-44.2`, `0`."""
    return ("+" if value > 0 else "") + number(value)


def row(difference: Difference, comparison: Comparison) -> list[Line]:
    """One measure: its name, both sides, the change with its interval, and the change in percent."""
    name = difference.name
    return [
        [Span(NAMES[name], "label")],
        [Span(number(difference.old), "value"), Span(f" (n={comparison.old.n(name):,})", "dim")],
        [Span(number(difference.new), "value"), Span(f" (n={comparison.new.n(name):,})", "dim")],
        [Span(signed(difference.change), "value"), Span(between(difference.interval))],
        [Span(relative(difference))],
    ]


def _verdict(comparison: Comparison, old: str, new: str) -> list[Line]:
    return [[Span(improvement(comparison, old, new))]]
