"""A report as Markdown, short enough for a pull request and for GitHub's step summary (1,024 kB)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from monitorcli.report import comparison, numbers, overview, verdicts, windows
from monitorcli.report.intervals import OF_ONE_POLICY, OF_RUNS, estimates, few, percent
from monitorcli.report.layout import TextTable
from monitorcli.report.layout import words as plain_text
from monitorcli.report.model import Report, View
from monitorcli.report.text import printable, shortened
from monitorcli.summary.group import Group

# More rows than that nobody reads, and the limit of the step summary stays far away.
_MOST_ROWS = 200
_MOST_TEXT = 200
_PARTS = ("return of", "mean", "interval", "iqm", "n")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$@])")


def render(report: Report) -> str:
    """Headings, tables and the gates; ends with a newline."""
    parts = [_verdicts(report), _several(report) if len(report.views) > 1 else _one(report.views[0], report)]
    if report.comparison is not None:
        parts.append(_comparison(report))
    parts += [_remarks(view, len(report.views) > 1) for view in report.views[:_MOST_ROWS]]
    return _joined(parts) + "\n"


def escaped(text: object) -> str:
    """Text from a file as Markdown that shows it and does nothing else: no markup, no mention, no link."""
    shown = _SPECIAL.sub(r"\\\1", printable(text, limit=_MOST_TEXT))
    return shown.replace("://", ":\\/\\/").replace("www.", "www\\.")


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def _verdicts(report: Report) -> str:
    if not report.verdicts:
        return ""
    unmet = len(verdicts.unmet(report))
    head = f"### ❌ {unmet} of {len(report.verdicts)} gates not met" if unmet else "### ✅ every gate is met"
    rows = [
        ("✅" if verdict.met else "❌", f"`{verdict.gate.option}`", escaped(said))
        for verdict, said in sorted(verdicts.sentences(report), key=lambda pair: pair[0].met)[:_MOST_ROWS]
    ]
    return f"{head}\n\n" + _table(("", "gate", "found"), rows, words=3)


def _one(view: View, report: Report) -> str:
    environment = escaped(view.environment or "environment not known")
    facts = [environment, ", ".join(view.numbers.modes), view.when, report.options.only]
    parts = [f"### {escaped(view.name)}", " · ".join(fact for fact in facts if fact)]
    return _joined([*parts, *_block(view, report)])


def _block(view: View, report: Report) -> list[str]:
    """The numbers of the episodes, and the return by mode and window."""
    if view.numbers.completed:
        shown = [_drawn(numbers.table(view.measured)), _about(report, few(view.measured.n("mean")))]
    else:
        shown = ["**No episode was completed.**"]
    parts = windows.table(view, report.options.window, _PARTS, _MOST_ROWS, window="episodes ", nothing="nan")
    return [numbers.sentence(view), *shown, _drawn(parts) if parts.rows else ""]


def _about(report: Report, warning: str = "") -> str:
    said = f"{percent(report.options.confidence)} intervals over episodes: each {OF_ONE_POLICY}"
    return f"{said}; {warning}." if warning else f"{said}."


def _several(report: Report) -> str:
    rows = [overview.cells(view) for view in report.views[:_MOST_ROWS]]
    names = ("directory", "environment", "completed", "incomplete", "mean", "interval", "iqm")
    head = [name.replace("mean", "mean return") for name in names]
    shown = TextTable(head, [[row[name] for name in names] for row in rows])
    parts = [f"### {len(report.views):,} recordings", _drawn(shown, words=2)]
    if len(report.views) > _MOST_ROWS:
        parts.append(f"… {len(report.views) - _MOST_ROWS:,} more")
    assert report.group is not None
    return _joined([*parts, _about(report), _group(report.group)])


def _group(group: Group) -> str:
    n = group.statistics.n
    if not n:
        return "**No directory has a completed episode.**"
    said = f"The group: {OF_RUNS}. {few(n)}".rstrip(". ") + "."
    rows = [
        (f"{name} of mean returns", value, interval, n) for name, value, interval in overview.of_group(group)
    ]
    return f"{_drawn(estimates('group', rows))}\n\n{said}"


def _comparison(report: Report) -> str:
    old, new = map(escaped, comparison.sides(report))
    sentence = comparison.sentence(report, escaped)
    return f"### {new} against {old}\n\n{_drawn(comparison.table(report))}\n\n{sentence}."


def _remarks(view: View, several: bool) -> str:
    recording = view.recording
    whose = f"{escaped(view.name)}: " if several else ""
    texts = [whose + escaped(text) for text in (*recording.problems, *recording.notes)]
    return "\n".join(f"- {text}" for text in shortened(texts, 5))


def _quoted(text: str) -> str:
    """Our own text with its brackets escaped, which before a parenthesis would be a link."""
    return text.replace("[", "\\[").replace("]", "\\]")


def _drawn(table: TextTable, words: int = 1) -> str:
    """The table, of which the first columns hold text from files, and the others our own."""
    texts = ([plain_text(cell) for cell in row] for row in table.rows)
    rows = ([*map(escaped, row[:words]), *map(_quoted, row[words:])] for row in texts)
    return _table([escaped(name) for name in table.head], rows, words)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """A table of which the first columns are words and the others numbers."""
    rule = ["---" if index < words else "---:" for index in range(len(head))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows))
