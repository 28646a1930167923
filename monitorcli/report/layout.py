"""Lines of spans: text with a role, laid out to a width. The front door decides what a role looks like."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Literal, NamedTuple

from monitorcli.report.text import cells, printable

Role = Literal["", "title", "label", "value", "curve", "dim", "good", "bad", "path"]


class Span(NamedTuple):
    """A piece of a line, safe to print; `role` says what it is, not how it looks."""

    text: str
    role: Role = ""


Line = Sequence[Span]


# A label, and the segments that stand behind it.
Row = tuple[str, Sequence[Line]]


class TextTable(NamedTuple):
    """A head (or none), and rows with as many cells. The first cell of a row names it."""

    head: Sequence[str]
    rows: Sequence[Sequence[Line]]


DOT = Span(" · ", "dim")
MARGIN = Span(" ")

# What stands for what when the terminal has no more than ASCII. What stands in columns keeps its width.
_ASCII = str.maketrans({"·": "|", "…": "...", "─": "-", "│": "|", "┤": "|", "└": "+", "✓": "+", "✗": "x"})


def plain(lines: Iterable[Line]) -> str:
    """The lines as text, each with its newline and without trailing blanks."""
    return "".join(words(line).rstrip() + "\n" for line in lines)


def words(line: Line) -> str:
    """The line's text alone."""
    return "".join(span.text for span in line)


def ascii_only(lines: Iterable[Line]) -> list[Line]:
    """The same lines for a terminal that can show ASCII only; what has no likeness is escaped."""
    return [
        [
            Span(span.text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii"), span.role)
            for span in line
        ]
        for line in lines
    ]


def width_of(line: Line) -> int:
    """How many columns the line takes."""
    return sum(cells(span.text) for span in line)


def padded(line: Line, width: int) -> Line:
    """The line with blanks up to `width` columns."""
    return [*line, Span(" " * (width - width_of(line)))]


def joined(segments: Sequence[Line]) -> Line:
    """The segments in one line, with a dot between any two."""
    return [span for index, part in enumerate(segments) for span in ([DOT, *part] if index else part)]


def flow(segments: Sequence[Line], width: int) -> list[Line]:
    """As few lines as hold the segments, whole and joined by dots, within `width` where that can be."""
    lines: list[list[Line]] = []
    used = 0
    for part in segments:
        needed = width_of(part)
        if lines and used + width_of([DOT]) + needed <= width:
            lines[-1].append(part)
            used += width_of([DOT]) + needed
        else:
            lines.append([part])
            used = needed
    return [joined(line) for line in lines]


def labelled(label: str, lines: Sequence[Line], column: int) -> list[Line]:
    """The lines with `label` before the first and all of them beginning at `column`."""
    first, rest = Span(label.ljust(column), "label"), Span(" " * column)
    return [[first if index == 0 else rest, *line] for index, line in enumerate(lines)]


def in_two_columns(left: Sequence[Row], right: Sequence[Row], column: int, width: int) -> list[Line]:
    """The rows beside each other where that fits; else one below the other."""
    if not left or not right:
        return in_one_column([*left, *right], column, width)
    second = max(len(label) for label, _ in right) + 4
    beside = [_one_line(row, column) for row in left], [_one_line(row, second) for row in right]
    start = max(map(width_of, beside[0])) + 4
    if start + max(map(width_of, beside[1])) <= width:
        return [[*padded(one, start), *other] for one, other in zip_longest(*beside, fillvalue=())]
    return in_one_column([*left, *right], column, width)


def in_one_column(rows: Sequence[Row], column: int, width: int) -> list[Line]:
    """The rows one below the other, with all segments beginning at `column`."""
    return [
        line
        for label, segments in rows
        for line in labelled(f" {label}", flow(segments, width - column), column)
    ]


def _one_line(row: Row, column: int) -> Line:
    label, segments = row
    return [MARGIN, Span(label.ljust(column - 1), "label"), *joined(segments)]


def grid(table: TextTable, head: Role = "label") -> list[Line]:
    """The table with its columns aligned; `head` is the role of the words at the top."""
    top: list[Line] = [[Span(word, head)] for word in table.head]
    rows = [top, *table.rows] if top else table.rows
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    lines: list[Line] = []
    for row in rows:
        line: Line = []
        for cell, width in zip(row, widths, strict=True):
            if width:
                line = [*padded(line, width_of(line) + 3 if line else 0), *padded(cell, width)]
        lines.append(line)
    return lines


def fitting(tables: Iterable[TextTable], width: int) -> list[Line]:
    """The first table that fits; else the cells of the last, each row in as many lines as it needs."""
    for table in tables:
        lines = grid(table)
        if max(map(width_of, lines)) <= width:
            return lines
    return [line for row in table.rows for line in flow([cell for cell in row if width_of(cell)], width)]


def indented(lines: Iterable[Line]) -> list[Line]:
    """The lines behind a margin."""
    return [[MARGIN, *line] for line in lines]


def paragraph(mark: str, role: Role, text: str, width: int, text_role: Role = "") -> list[Line]:
    """Text from a file after a mark, wrapped at words; file names are never broken, so they can be copied."""
    room = max(20, width - len(mark))
    wrapped = textwrap.wrap(printable(text, limit=500), room, break_long_words=False, break_on_hyphens=False)
    return [
        [Span(mark if index == 0 else " " * len(mark), role), Span(part, text_role)]
        for index, part in enumerate(wrapped)
    ]
