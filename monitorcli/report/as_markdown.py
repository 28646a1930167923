"""The answer as Markdown, short enough for a pull request and for GitHub's step summary (1,024 kB)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from monitorcli.report import breakdown, versus
from monitorcli.report.answers import Answer, View
from monitorcli.report.intervals import OF_ONE_POLICY, OF_RUNS, between, few, percent
from monitorcli.report.text import number, printable, when
from monitorcli.report.verdicts import named
from monitorcli.summary.group import Group
from monitorcli.summary.intervals import STATISTICS, Interval
from monitorcli.summary.measures import Measured

# More rows than that nobody reads, and the limit of the step summary stays far away.
_MOST_ROWS = 200
_MOST_TEXT = 200
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$@])")


def render(answer: Answer) -> str:
    """Headings, tables and the gates; ends with a newline."""
    parts = [_verdicts(answer), _several(answer) if len(answer.views) > 1 else _one(answer.views[0], answer)]
    if answer.comparison is not None:
        parts.append(_comparison(answer))
    parts += [_remarks(view, len(answer.views) > 1) for view in answer.views[:_MOST_ROWS]]
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(text: object) -> str:
    """Text from a file as Markdown that shows it and does nothing else: no markup, no mention, no link."""
    shown = _SPECIAL.sub(r"\\\1", printable(text, limit=_MOST_TEXT))
    return shown.replace("://", ":\\/\\/").replace("www.", "www\\.")


def _verdicts(answer: Answer) -> str:
    if not answer.verdicts:
        return ""
    unmet = len(answer.unmet)
    head = f"### ❌ {unmet} of {len(answer.verdicts)} gates not met" if unmet else "### ✅ every gate is met"
    rows = [
        ("✅" if verdict.met else "❌", f"`{verdict.gate.option}`", escaped(named(view, verdict, several)))
        for several in (len(answer.views) > 1,)
        for view, verdict in sorted(answer.verdicts, key=lambda pair: pair[1].met)[:_MOST_ROWS]
    ]
    return f"{head}\n\n" + _table(("", "gate", "found"), rows, words=3)


def _one(view: View, answer: Answer) -> str:
    numbers, recording = view.numbers, view.recording
    facts = [
        escaped(view.environment or "environment not known"),
        ", ".join(numbers.modes),
        when(numbers.started_at, numbers.ended_at),
        "" if answer.wanted.selection.everything else f"only {answer.wanted.selection.words}",
    ]
    counts = (
        f"{numbers.completed:,} episodes completed, {numbers.incomplete:,} incomplete; "
        f"{numbers.terminated:,} terminated, {numbers.truncated:,} truncated; {numbers.steps:,} steps; "
        f"{len(recording.films):,} videos"
    )
    parts = [f"### {escaped(view.name)}", " · ".join(fact for fact in facts if fact), counts]
    if numbers.completed:
        parts += [
            _measures(view.measured),
            _about(answer, view),
        ]
    else:
        parts.append("**No episode was completed.**")
    parts.append(_breakdown(view, answer))
    return "\n\n".join(part for part in parts if part)


def _about(answer: Answer, view: View) -> str:
    said = f"{_percent(answer)} intervals over episodes: each {OF_ONE_POLICY}"
    warning = few(view.measured.n("mean"))
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


def _breakdown(view: View, answer: Answer) -> str:
    found = breakdown.modes(view)
    found += [
        (f"episodes {first:,} to {last:,}", measured)
        for first, last, measured in breakdown.per_window(view, answer.wanted.window, _MOST_ROWS)
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


def _several(answer: Answer) -> str:
    rows = [
        (
            escaped(view.name),
            escaped(view.environment or "not known"),
            f"{view.numbers.completed:,}",
            f"{view.numbers.incomplete:,}",
            number(view.measured.value("mean")) if view.measured.n("mean") else "",
            _between(view.measured.interval("mean")),
            number(view.measured.value("iqm")) if view.measured.n("mean") else "",
        )
        for view in answer.views[:_MOST_ROWS]
    ]
    head = ("directory", "environment", "completed", "incomplete", "mean return", "interval", "iqm")
    parts = [f"### {len(answer.views):,} recordings", _table(head, rows, words=2)]
    if len(answer.views) > _MOST_ROWS:
        parts.append(f"… {len(answer.views) - _MOST_ROWS:,} more")
    parts.append(f"{_percent(answer)} intervals over episodes: each {OF_ONE_POLICY}.")
    assert answer.group is not None
    return "\n\n".join([*parts, _group(answer.group)])


def _group(group: Group) -> str:
    n = group.statistics.n
    if not n:
        return "**No directory has a completed episode.**"
    rows = [
        (f"{name} of mean returns", number(value), _between(group.intervals[name]), f"{n:,}")
        for name in STATISTICS
        for value in (getattr(group.statistics, name),)
        if value == value
    ]
    return (
        _table(("group", "value", "interval", "n"), rows)
        + f"\n\nThe group: {OF_RUNS}. {few(n)}".rstrip(". ")
        + "."
    )


def _comparison(answer: Answer) -> str:
    comparison = answer.comparison
    assert comparison is not None
    old, new = map(escaped, versus.sides(answer))
    rows = [
        (
            versus.NAMES[difference.name],
            f"{number(difference.old)} (n={comparison.old.n(difference.name):,})",
            f"{number(difference.new)} (n={comparison.new.n(difference.name):,})",
            versus.signed(difference.change) + _between(difference.interval, " "),
            versus.relative(difference),
        )
        for difference in comparison.differences
    ]
    sentence = versus.improvement(comparison, old, new)
    return f"### {new} against {old}\n\n" + _table(("", old, new, "change", ""), rows) + f"\n\n{sentence}."


def _remarks(view: View, several: bool) -> str:
    recording = view.recording
    texts = [*recording.problems, *recording.notes]
    whose = f"{escaped(view.name)}: " if several else ""
    lines = [f"- {whose}{escaped(text)}" for text in texts[:5]]
    if len(texts) > 5:
        lines.append(f"- … {len(texts) - 5:,} more")
    return "\n".join(lines)


def _percent(answer: Answer) -> str:
    return percent(answer.wanted.confidence)


def _between(interval: Interval, before: str = "") -> str:
    """An interval in brackets, which before a parenthesis would be a link."""
    shown = between(interval).strip().replace("[", "\\[").replace("]", "\\]")
    return before + shown if shown else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """A table of which the first columns are words and the others numbers."""
    rule = ["---" if index < words else "---:" for index in range(len(head))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows))
