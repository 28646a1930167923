"""Lines of spans: text with a role, laid out to a width. The front door decides what a role looks like."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from monitorcli.report.text import cells, printable

Role = Literal["", "title", "label", "value", "curve", "dim", "good", "bad", "path"]


class Span(NamedTuple):
    """A piece of a line, safe to print; `role` says what it is, not how it looks."""

    text: str
    role: Role = ""


Line = Sequence[Span]


class Table(NamedTuple):
    """A head, and rows with as many cells. The first cell of a row names it."""

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


def grid(rows: Sequence[Sequence[Line]], gap: int = 3) -> list[Line]:
    """The rows with their cells in columns; every row has the same number of cells."""
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    lines: list[Line] = []
    for row in rows:
        line: Line = []
        for cell, width in zip(row, widths, strict=True):
            if width:
                line = [*padded(line, width_of(line) + gap if line else 0), *padded(cell, width)]
        lines.append(line)
    return lines


def columns(table: Table, head: Role = "label") -> list[Line]:
    """The table with its columns aligned behind a margin; `head` is the role of the words at the top."""
    return [[MARGIN, *line] for line in grid([[[Span(word, head)] for word in table.head], *table.rows])]


def paragraph(mark: str, role: Role, text: str, width: int, text_role: Role = "") -> list[Line]:
    """Text from a file after a mark, wrapped at words; file names are never broken, so they can be copied."""
    room = max(20, width - len(mark))
    wrapped = textwrap.wrap(printable(text, limit=500), room, break_long_words=False, break_on_hyphens=False)
    return [
        [Span(mark if index == 0 else " " * len(mark), role), Span(part, text_role)]
        for index, part in enumerate(wrapped)
    ]
