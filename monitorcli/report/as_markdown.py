"""A report as Markdown, short enough for a pull request and for GitHub's step summary (1,024 kB)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from monitorcli.report import comparison, evaluation_sentences, numbers, overview, verdicts, windows
from monitorcli.report.evaluation import Evaluation
from monitorcli.report.intervals import OF_ONE_POLICY, estimates, few, percent
from monitorcli.report.layout import Line, TextTable, joined
from monitorcli.report.layout import words as plain_text
from monitorcli.report.model import Compared, RecordingView, Report, View
from monitorcli.report.text import printable, shortened
from monitorcli.report.told_apart import told_apart

# More rows than that nobody reads, and the limit of the step summary stays far away.
_MOST_ROWS = 200
_MOST_PARTS = 20  # series of one recording that get a part each; of more there is a row each
_MOST_TEXT = 200
_MOST_SENTENCE = 1000
_NOT_KNOWN = "environment not known"
_PARTS = ("return of", "mean", "interval", "iqm", "n")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$@])")


def render(report: Report) -> str:
    """Headings, tables and the gates; ends with a newline."""
    in_full = len(report.recordings) == 1 and len(report.views) <= _MOST_PARTS
    parts = [_verdicts(report), _one(report) if in_full else _several(report)]
    parts += [_comparisons(report)]
    parts += [_remarks(one, len(report.recordings) > 1) for one in report.recordings[:_MOST_ROWS]]
    return _joined(parts) + "\n"


def escaped(text: object, limit: int = _MOST_TEXT) -> str:
    """Text from a file as Markdown that shows it and does nothing else: no markup, no mention, no link."""
    shown = _SPECIAL.sub(r"\\\1", printable(text, limit=limit))
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


def _one(report: Report) -> str:
    """The recording's heading, and a part for each of its series."""
    (one,) = report.recordings
    only = escaped(report.options.only)
    if len(one.views) == 1:
        (view,) = one.views
        title = escaped(view.title or _NOT_KNOWN)
        facts = [title, *_facts(view), only]
        return _joined([f"### {escaped(one.name)}", _dotted(facts), *_block(view, one, report, _MOST_ROWS)])
    parts = [f"### {escaped(one.name)}", _dotted([f"{len(one.views)} series", only])]
    for view in one.views:
        parts += [f"#### {escaped(view.title or _NOT_KNOWN)}", _dotted(_facts(view))]
        parts += _block(view, one, report, _MOST_ROWS // len(one.views))
    return _joined(parts)


def _facts(view: View) -> list[str]:
    """Its mode, unless the title says it; what tells it from the recording's others; when it was."""
    mode = "" if f" {view.mode}" in view.title else view.mode
    return [escaped(fact) for fact in (mode, *told_apart(view.series, view.recording.series), view.when)]


def _dotted(facts: Iterable[str]) -> str:
    return " · ".join(fact for fact in facts if fact)


def _block(view: View, one: RecordingView, report: Report, most: int) -> list[str]:
    """The numbers of the episodes, the evaluation, and the return by window."""
    if view.numbers.completed:
        now = [f"**{label}**: {_line(segments)}" for label, segments in numbers.headline(view)]
        shown = [
            *now,
            _drawn(numbers.table(view.measured)),
            _about(report, few(view.measured.n("mean"), view.measured.others("mean"))),
        ]
    else:
        shown = ["**No episode was completed.**"]
    parts = windows.table(view, report.options.window, _PARTS, most, window="episodes ")
    drawn = _drawn(parts) if parts.rows else ""
    return [numbers.sentence(view), *shown, _listed(one.evaluation(view)), drawn]


def _listed(found: Evaluation | None) -> str:
    """What is known of an evaluation; commands stand below what they are for."""
    items = []
    for said in evaluation_sentences.sentences(found) if found else ():
        label = f"**{escaped(said.label)}**: " if said.label else ""
        items.append(f"- {label}{escaped(said.text, _MOST_SENTENCE)}")
        items += [f"  - {escaped(command, _MOST_SENTENCE)}" for command in said.commands]
    return "\n".join(items)


def _line(segments: Sequence[Line]) -> str:
    return _quoted(plain_text(joined(segments)))


def _about(report: Report, warning: str = "") -> str:
    """What the intervals are; "" where there are none."""
    if not any(view.confidence for view in report.views):
        return ""
    said = f"{percent(report.options.confidence)} intervals over episodes: each {OF_ONE_POLICY}"
    return f"{said}; {warning}." if warning else f"{said}."


def _several(report: Report) -> str:
    rows = [overview.cells(view) for view in report.views[:_MOST_ROWS]]
    head = {"mean": "mean return"}
    names = ("directory", "series", "completed", "incomplete", "mean", "interval", "of")
    shown = TextTable(
        [head.get(name, name) for name in names], [[row[name] for name in names] for row in rows]
    )
    count = f"{len(report.recordings):,} recordings"
    if len(report.recordings) == 1:
        count = escaped(report.recordings[0].name)
    parts = [f"### {count}", escaped(report.options.only), _drawn(shown, words=2)]
    if len(report.views) > _MOST_ROWS:
        parts.append(f"… {len(report.views) - _MOST_ROWS:,} more")
    return _joined([*parts, _about(report), *_groups(report), *_evaluations(report)])


def _evaluations(report: Report) -> Iterator[str]:
    """Those whose episodes are in several directories; of the others what makes their numbers doubtful."""
    for views, found in report.evaluations[:_MOST_PARTS]:
        if len(views) > 1:
            yield f"#### {escaped(evaluation_sentences.in_several(views))}"
            yield _listed(found)
        else:
            texts = (f"{views[0].name}: {text}" for text in evaluation_sentences.trouble(found))
            yield "\n".join(f"- {escaped(text, _MOST_SENTENCE)}" for text in texts)


def _groups(report: Report) -> list[str]:
    """A table for each series that several directories have, and what its intervals are of."""
    found = report.groups[:_MOST_PARTS]
    tables = [
        _drawn(
            estimates(
                overview.named(series),
                (
                    (f"{name} of mean returns", value, interval, group.statistics.n)
                    for name, value, interval in overview.of_group(group)
                ),
            )
        )
        for series, group in found
    ]
    about = ". ".join(overview.about_groups(found))
    return [*tables, f"{about[0].upper()}{about[1:]}."] if found else []


def _comparisons(report: Report) -> str:
    """A part each, and of several what their intervals are."""
    count = len(report.comparisons)
    parts = [_comparison(one, count > 1) for one in report.comparisons[:_MOST_PARTS]]
    if count > _MOST_PARTS:
        parts.append(f"… {count - _MOST_PARTS:,} more")
    if count > 1:
        share = percent(report.options.confidence)
        parts.append(f"Each interval is widened so that all {count:,} hold together in {share} (Bonferroni).")
    return _joined(parts)


def _comparison(of: Compared, several: bool) -> str:
    old, new = map(escaped, comparison.sides(of))
    series = f"{escaped(of.new.title or _NOT_KNOWN)}: " if several else ""
    sentence = comparison.sentence(of, escaped)
    return f"### {series}{new} against {old}\n\n{_drawn(comparison.table(of))}\n\n{sentence}."


def _remarks(one: RecordingView, several: bool) -> str:
    whose = f"{escaped(one.name)}: " if several else ""
    texts = [whose + escaped(text) for text in (*one.recording.problems, *one.recording.notes)]
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
