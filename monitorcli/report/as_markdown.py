"""A report as Markdown, short enough for a pull request and for GitHub's step summary (1,024 kB)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from monitorcli.report import comparison, modes_and_windows, overview, verdicts
from monitorcli.report.intervals import OF_ONE_POLICY, OF_RUNS, between, few, percent
from monitorcli.report.layout import Table
from monitorcli.report.layout import words as plain_text
from monitorcli.report.model import Report, View
from monitorcli.report.text import number, printable, shortened
from monitorcli.summary.group import Group
from monitorcli.summary.intervals import Interval
from monitorcli.summary.measures import Measured
from monitorcli.summary.resampling import STATISTICS

# More rows than that nobody reads, and the limit of the step summary stays far away.
_MOST_ROWS = 200
_MOST_TEXT = 200
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$@])")


def render(report: Report) -> str:
    """Headings, tables and the gates; ends with a newline."""
    parts = [_verdicts(report), _several(report) if len(report.views) > 1 else _one(report.views[0], report)]
    if report.comparison is not None:
        parts.append(_comparison(report))
    parts += [_remarks(view, len(report.views) > 1) for view in report.views[:_MOST_ROWS]]
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(text: object) -> str:
    """Text from a file as Markdown that shows it and does nothing else: no markup, no mention, no link."""
    shown = _SPECIAL.sub(r"\\\1", printable(text, limit=_MOST_TEXT))
    return shown.replace("://", ":\\/\\/").replace("www.", "www\\.")


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
    numbers, recording = view.numbers, view.recording
    environment = escaped(view.environment or "environment not known")
    facts = [environment, ", ".join(numbers.modes), view.when, report.options.only]
    counts = (
        f"{numbers.completed:,} episodes completed, {numbers.incomplete:,} incomplete; "
        f"{numbers.terminated:,} terminated, {numbers.truncated:,} truncated; {numbers.steps:,} steps; "
        f"{len(recording.films):,} videos"
    )
    parts = [f"### {escaped(view.name)}", " · ".join(fact for fact in facts if fact), counts]
    if numbers.completed:
        parts += [_measures(view.measured), _about(report, few(view.measured.n("mean")))]
    else:
        parts.append("**No episode was completed.**")
    parts.append(_breakdown(view, report))
    return "\n\n".join(part for part in parts if part)


def _about(report: Report, warning: str = "") -> str:
    said = f"{percent(report.options.confidence)} intervals over episodes: each {OF_ONE_POLICY}"
    return f"{said}; {warning}." if warning else f"{said}."


def _measures(measured: Measured) -> str:
    rows = []
    for label, prefix in (("return", ""), ("length", "length_")):
        if measured.n(f"{prefix}mean"):
            rows += [_measure(f"{name} {label}", f"{prefix}{name}", measured) for name in STATISTICS]
            ends = (f"{number(measured.value(prefix + end))}" for end in ("min", "max"))
            rows.append((f"{label} from, to", ", ".join(ends), "", f"{measured.n(prefix + 'min'):,}"))
    if measured.n("success"):
        rows.append(_measure("success rate", "success", measured))
    return _table(("", "value", "interval", "n"), rows)


def _measure(label: str, name: str, measured: Measured) -> tuple[str, str, str, str]:
    return label, number(measured.value(name)), _between(measured.interval(name)), f"{measured.n(name):,}"


def _breakdown(view: View, report: Report) -> str:
    found = modes_and_windows.modes(view)
    found += [
        (f"episodes {first:,} to {last:,}", measured)
        for first, last, measured in modes_and_windows.per_window(view, report.options.window, _MOST_ROWS)
    ]
    rows = [
        (
            name,
            number(measured.value("mean")),
            _between(measured.interval("mean")),
            number(measured.value("iqm")),
            f"{measured.n('mean'):,}",
        )
        for name, measured in found
    ]
    return _table(("return of", "mean", "interval", "iqm", "n"), rows) if rows else ""


def _several(report: Report) -> str:
    rows = [overview.cells(view) for view in report.views[:_MOST_ROWS]]
    names = ("directory", "environment", "completed", "incomplete", "mean", "interval", "iqm")
    head = [name.replace("mean", "mean return") for name in names]
    shown = Table(head, [[row[name] for name in names] for row in rows])
    parts = [f"### {len(report.views):,} recordings", _drawn(shown, words=2)]
    if len(report.views) > _MOST_ROWS:
        parts.append(f"… {len(report.views) - _MOST_ROWS:,} more")
    assert report.group is not None
    return "\n\n".join([*parts, _about(report), _group(report.group)])


def _group(group: Group) -> str:
    n = group.statistics.n
    if not n:
        return "**No directory has a completed episode.**"
    rows = [
        (f"{name} of mean returns", value, _quoted(interval.strip()), f"{n:,}")
        for name, value, interval in overview.of_group(group)
    ]
    said = f"The group: {OF_RUNS}. {few(n)}".rstrip(". ") + "."
    return _table(("group", "value", "interval", "n"), rows) + f"\n\n{said}"


def _comparison(report: Report) -> str:
    old, new = map(escaped, comparison.sides(report))
    sentence = comparison.sentence(report, escaped)
    return f"### {new} against {old}\n\n{_drawn(comparison.table(report))}\n\n{sentence}."


def _remarks(view: View, several: bool) -> str:
    recording = view.recording
    whose = f"{escaped(view.name)}: " if several else ""
    texts = [whose + escaped(text) for text in (*recording.problems, *recording.notes)]
    return "\n".join(f"- {text}" for text in shortened(texts, 5))


def _between(interval: Interval) -> str:
    return _quoted(between(interval).strip())


def _quoted(text: str) -> str:
    """Our own text with its brackets escaped, which before a parenthesis would be a link."""
    return text.replace("[", "\\[").replace("]", "\\]")


def _drawn(table: Table, words: int = 1) -> str:
    """The table, of which the first columns hold text from files, and the others our own."""
    texts = ([plain_text(cell) for cell in row] for row in table.rows)
    rows = ([*map(escaped, row[:words]), *map(_quoted, row[words:])] for row in texts)
    return _table([escaped(name) for name in table.head], rows, words)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """A table of which the first columns are words and the others numbers."""
    rule = ["---" if index < words else "---:" for index in range(len(head))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows))
