"""The comparison with the baseline, and the gates."""

from __future__ import annotations

from monitorcli.report import comparison, verdicts
from monitorcli.report.intervals import between, percent
from monitorcli.report.layout import words
from monitorcli.report.model import Compared, Report
from monitorcli.report.page.markup import NOTHING, Markup, drawn, remark, table, tag
from monitorcli.report.text import number

_HEADER = ("Mean of all", "The baseline's", "Change", "", "Beats it", "Paired")


def section(of: Report) -> Markup:
    """What is known of both; nothing where neither was asked for."""
    name, shown, remarks = "Gates", NOTHING, [said for _, said in verdicts.sentences(of)]
    if len(of.comparisons) == 1:
        (only,) = of.comparisons
        old, new = comparison.sides(only)
        name, remarks = f"{new} beside {old}", [comparison.sentence(only), *remarks]
        shown = drawn(comparison.table(only), name)
    elif of.comparisons:
        name = f"Beside {of.comparisons[0].old.name}"
        shown, remarks = _table(of, name), [_about(of), *remarks]
    elif not remarks:
        return NOTHING
    return tag("section", tag("h2", name), shown, *map(remark, remarks), class_="compared", id="comparison")


def _table(of: Report, name: str) -> Markup:
    """A row for each series that is compared."""
    names = [("Recording", [one.new.name for one in of.comparisons])] if len(of.recordings) > 1 else []
    titles = [one.new.title for one in of.comparisons]
    names += [("Series", titles)] if len(set(titles)) > 1 else []
    rows = ([*who, *_row(one)] for *who, one in zip(*(of for _, of in names), of.comparisons, strict=True))
    return table([*(head for head, _ in names), *_HEADER], rows, name, "scroll sortable rows")


def _row(one: Compared) -> list[str]:
    found = one.comparison
    if not found.n_old or not found.n_new:
        return ["", "", "nothing to compare", "", "", ""]
    _, old, new, change, share = map(words, comparison.table(one).rows[0])
    beats = f"{number(found.p_improve)} {between(found.p_interval)}"
    return [new, old, change, share, beats, "yes" if found.paired else "no"]


def _about(of: Report) -> str:
    said = "Beats it: the probability that an episode's return is higher than one of the baseline's."
    if not of.options.confidence:
        return said
    return (
        f"{said} Intervals are Bonferroni's for {len(of.comparisons):,} comparisons: "
        f"all of them hold together with {percent(of.options.confidence)}."
    )
