"""A comparison with a baseline, ready to be shown: whoever computed it decides the words."""

from __future__ import annotations

from dataclasses import dataclass

from monitorcli.report.page.markup import Markup, joined, table, tag


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rows of text under a header of the same length; a row's first cell names it.

    `remarks` stand under the table: what was paired, what the intervals speak of, which gate is not met.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    remarks: tuple[str, ...] = ()


def section(of: Comparison) -> Markup:
    """The table and its remarks."""
    shown = [table(of.header, of.rows, of.title)] if of.rows else []
    return joined([*shown, *(tag("p", one, class_="remark") for one in of.remarks)])
