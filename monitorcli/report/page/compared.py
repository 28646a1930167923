"""The comparison with the baseline, and the gates."""

from __future__ import annotations

from monitorcli.report import comparison, verdicts
from monitorcli.report.intervals import between, percent
from monitorcli.report.layout import words
from monitorcli.report.model import Compared, Report
from monitorcli.report.page.markup import NOTHING, Markup, drawn, remark, table, tag
from monitorcli.report.text import number

_HEADER = ("Recording", "Series", "Mean return", "Of the baseline", "Change", "", "Beats it", "Paired")


def section(of: Report) -> Markup:
    """What is known of both; nothing where neither was asked for."""
    name, shown, remarks = "Gates", NOTHING, [said for _, said in verdicts.sentences(of)]
    if len(of.comparisons) == 1:
        (only,) = of.comparisons
        old, new = comparison.sides(only)
        name, remarks = f"{new} beside {old}", [comparison.sentence(only), *remarks]
        shown = drawn(comparison.table(only), name)
    elif of.comparisons:
        name, shown = (
            f"Beside {of.comparisons[0].old.name}",
            _table(of, f"Beside {of.comparisons[0].old.name}"),
        )
        remarks = [_about(of), *remarks]
    elif not remarks:
        return NOTHING
    return tag("section", tag("h2", name), shown, *map(remark, remarks), class_="compared", id="comparison")


def _table(of: Report, name: str) -> Markup:
    """A row for each series that is compared."""
    return table(_HEADER, map(_row, of.comparisons), name, "scroll sortable")


def _row(one: Compared) -> list[object]:
    found = one.comparison
    mean = (
        [words(cell) for cell in comparison.table(one).rows[0]] if found.n_old and found.n_new else [""] * 5
    )
    _, old, new, change, share = mean
    beats = f"{number(found.p_improve)} {between(found.p_interval)}" if found.n_old and found.n_new else ""
    return [one.new.name, one.new.title, new, old, change, share, beats, "by seed" if found.paired else "no"]


def _about(of: Report) -> str:
    said = "Beats it: the probability that an episode's return is higher than one of the baseline."
    if not of.options.confidence:
        return said
    return (
        f"{said} Intervals are Bonferroni's for {len(of.comparisons):,} comparisons: all of them hold together "
        f"with {percent(of.options.confidence)}."
    )
