"""The comparison with the baseline, and the gates."""

from __future__ import annotations

from monitorcli.report import comparison, verdicts
from monitorcli.report.model import Report
from monitorcli.report.page.markup import NOTHING, Markup, drawn, remark, tag


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
        shown = drawn(comparison.tables_of_several(of.comparisons)[0], name, "scroll sortable rows")
        remarks = [comparison.BEATS, comparison.corrected(of), *remarks]
    elif not remarks:
        return NOTHING
    return tag("section", tag("h2", name), shown, *map(remark, remarks), class_="compared", id="comparison")
