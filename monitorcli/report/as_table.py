"""A recording as a table for people: what was run, the numbers, the curve, the videos, what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitorcli.recording.model import Recording, Video
from monitorcli.report import comparison, curve, numbers, overview, runs, verdicts, windows
from monitorcli.report.intervals import estimated, note
from monitorcli.report.layout import (
    Line,
    Role,
    Row,
    Span,
    TextTable,
    ascii_only,
    fitting,
    flow,
    grid,
    in_one_column,
    in_two_columns,
    indented,
    labelled,
    paragraph,
    plain,
    words,
)
from monitorcli.report.model import Report, ReportOptions, View
from monitorcli.report.text import lasting, plural, printable, shortened

_COLUMN = 12  # where what stands behind a label begins
_GROUP = 9  # and where in the table of several recordings
_MOST_NAMES = 3
_MOST_VIDEOS = 12
_MOST_REMARKS = 5
# The columns that are left out first where the terminal is narrow.
_LEAST = ("videos", "length", "success", "environment", "iqm", "runs")


def render(report: Report) -> str:
    """The table as plain text of 100 columns, for a file."""
    return plain(lines(report, width=100))


def lines(report: Report, width: int, in_ascii: bool = False) -> list[Line]:
    """The table for a terminal `width` columns wide: of one recording all there is to say, of several a
    row each. Only paths and long single words are wider: broken, they could not be copied.
    """
    width = max(width, 24)
    if report.group is None:
        parts = _one(report, width, in_ascii)
    else:
        remarks = [line for view in report.views for line in _remarks(view, width, f"{view.name}: ")]
        parts = [_several(report, width), _group(report, width), _gates(report), remarks]
    found = _apart(parts)
    return ascii_only(found) if in_ascii else found


def _one(report: Report, width: int, in_ascii: bool) -> list[list[Line]]:
    (view,), recording = report.views, report.views[0].recording
    parts = [labelled(" ", flow(_title(view), width - 1), 1), paragraph(" ", "", report.options.only, width)]
    if report.comparison is not None:
        # What both have in common with a look at one of them is a command away.
        said = indented([[Span(comparison.sentence(report))]])
        parts += [[*indented(grid(comparison.table(report), "title")), [], *said]]
        parts.append(_modes_and_windows(view, report.options))
    else:
        parts += _block(view, report.options, width, in_ascii)
        parts.append(
            in_one_column(_videos(recording), _COLUMN, width) + runs.table(recording.runs, _COLUMN, width)
        )
    return [*parts, _gates(report), _remarks(view, width)]


def _block(view: View, options: ReportOptions, width: int, in_ascii: bool) -> list[list[Line]]:
    """The numbers of the episodes, their curve, and the return by mode and window."""
    found = [_modes_and_windows(view, options)]
    if not view.numbers.episodes:
        return found
    columns = in_two_columns(numbers.counts(view), numbers.measures(view), _COLUMN, width)
    n = view.measured.n("mean")
    about = note(view.confidence, n) if n > 1 and view.confidence else ""
    return [columns, paragraph(" ", "dim", about, width, "dim"), curve.lines(view, width, in_ascii), *found]


def _apart(parts: Sequence[list[Line]]) -> list[Line]:
    """The parts that say something, with an empty line between any two."""
    return [line for part in parts if part for line in ([], *part)][1:]


def _title(view: View) -> list[Line]:
    recording, duration = view.recording, view.numbers.duration
    only_films = recording.videos and not recording.runs
    nothing = Span("only videos") if only_films else Span("no episode recorded", "bad")
    segments: list[Line] = [
        [Span(view.environments(_MOST_NAMES) or "environment not known", "title")],
        [Span(view.modes)] if view.modes else [],
        runs.summary_line(recording.runs) if recording.runs else [],
        [] if view.numbers.episodes else [nothing],
        [Span(view.when or (f"{lasting(duration)}, date not known" if duration > 0 else ""))],
    ]
    return [segment for segment in segments if words(segment)]


def _modes_and_windows(view: View, options: ReportOptions) -> list[Line]:
    """The table, and how many windows there are before those."""
    shown = windows.table(view, options.window)
    before = windows.earlier(view, options.window)
    found = indented(grid(shown)) if shown.rows else []
    return [*found, [Span(f" {before}", "dim")]] if before else found


def _videos(recording: Recording) -> list[Row]:
    """Which episodes were filmed, and where the latest film is."""
    if not recording.films:
        return []
    filmed = sorted({video.episode for video in recording.films if video.episode is not None})
    segments: list[Line] = [[Span(f"{episode:,}", "value")] for episode in filmed[:_MOST_VIDEOS]]
    if len(filmed) > _MOST_VIDEOS:
        segments.append([Span(f"… {len(filmed) - _MOST_VIDEOS:,} more", "dim")])
    stray = sum(video.episode is None for video in recording.films)
    if stray:
        segments.append([Span(f"{stray:,} of unknown episode")])
    latest = Span(printable(recording.directory / _latest(recording.films).name), "path")
    return [("filmed", segments), ("latest", [[latest]])]


def _latest(videos: Sequence[Video]) -> Video:
    """The last by episode, then by name, of those that are whole; of all, when none is known to be."""
    whole = [video for video in videos if video.finished]
    return max(whole or videos, key=lambda video: (video.episode is not None, video.episode, video.name))


def _several(report: Report, width: int) -> list[Line]:
    """The rows with as many columns as fit, and what the intervals are of."""
    rows = [overview.cells(view) for view in report.views]
    columns = [name for name in overview.COLUMNS if any(row[name] for row in rows)]

    def tables() -> Iterator[TextTable]:
        for number in range(len(_LEAST) + 1):
            head = [name for name in columns if name not in _LEAST[:number]]
            yield TextTable(head, [[row[name] for name in head] for row in rows])

    about = paragraph(" ", "", note(report.options.confidence), width, "dim")
    return indented(fitting(tables(), width - 1)) + about


def _group(report: Report, width: int) -> list[Line]:
    group = report.group
    if group is None or not group.statistics.n:
        return [[Span(" group   no directory has a completed episode", "bad")]]
    n = plural(group.statistics.n, "directory").replace("directorys", "directories")
    segments: list[Line] = [[Span(n, "value")]]
    segments += [
        [Span(f"{name} "), *estimated(value, interval)] for name, value, interval in overview.of_group(group)
    ]
    remarks = [
        line
        for said in overview.about_group(group)
        for line in paragraph(" " * _GROUP, "", said, width, "dim")
    ]
    return labelled(" group", flow(segments, width - _GROUP), _GROUP) + remarks


def _gates(report: Report) -> list[Line]:
    """Every gate with a mark."""
    marks = {True: Span("✓ ", "good"), False: Span("✗ ", "bad")}
    gates: list[Line] = [[marks[verdict.met], Span(said)] for verdict, said in verdicts.sentences(report)]
    return labelled(" gates", gates, _COLUMN)


def _remarks(view: View, width: int, whose: str = "") -> list[Line]:
    recording = view.recording
    kinds: tuple[tuple[str, Role, Sequence[str]], ...] = (
        (" ! ", "bad", recording.problems),
        (" note: ", "", recording.notes),
    )
    return [
        line
        for mark, role, remarks in kinds
        for text in shortened([whose + remark for remark in remarks], _MOST_REMARKS)
        for line in paragraph(mark, role, text, width)
    ]
