"""What a report was asked for and what it found: the one value that every format takes."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from monitorcli.errors import BadRequest
from monitorcli.recording.manifest import UNKNOWN
from monitorcli.recording.model import Recording, Series, Video
from monitorcli.report.choices import choices, typed
from monitorcli.report.order import ordered
from monitorcli.report.text import listing, printable
from monitorcli.report.view import View
from monitorcli.summary.comparison import Comparison, compare
from monitorcli.summary.gates import Gate, Verdict, judge
from monitorcli.summary.group import Group, group
from monitorcli.summary.measures import Measured
from monitorcli.summary.selection import Rows, Selection, take

__all__ = ["Compared", "RecordingView", "Report", "ReportOptions", "View", "make_report", "refuse_several"]

MOST_WINDOWS = 10_000


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What to say of the recordings.

    A `confidence` of 0 leaves intervals out. `window` is a number of episodes; None: no windows.
    `folder` is where the report will stand, for what is named relative to it; None: the current one.
    With `any_baseline` a baseline may be of another environment. `sort` is one of order.COLUMNS; None: as
    given. `x` is what the curves are drawn by: episodes, steps or time.
    """

    confidence: float = 0.95
    selection: Selection = field(default_factory=Selection)
    window: int | None = None
    gates: tuple[Gate, ...] = ()
    folder: Path | None = None
    any_baseline: bool = False
    sort: str | None = None
    x: str = "episodes"

    @property
    def only(self) -> str:
        """`only the last 100 completed episodes`; "" when nothing is left out."""
        return "" if self.selection.everything else f"only {printable(self.selection.words)}"

    def choices(self, directory: Path, series: Sequence[Series], baseline: Path | None) -> str:
        """A line to paste for each of these series, that asks the same of it."""
        asked = typed(self.selection, self.gates, baseline, self.any_baseline)
        return choices(directory, series, asked)


@dataclass(frozen=True)
class RecordingView:
    """A recording, and its selected series."""

    recording: Recording
    views: tuple[View, ...]

    @property
    def name(self) -> str:
        """The directory, safe to print."""
        return printable(self.recording.directory)

    @functools.cached_property
    def rows(self) -> Rows:
        """The numbers of the selected episodes of every series, ascending."""
        if len(self.views) == 1:
            return self.views[0].rows
        return np.sort(np.concatenate([view.rows for view in self.views]))

    @functools.cached_property
    def videos(self) -> tuple[Video, ...]:
        """The videos of these episodes; of all episodes, those too of which nobody knows the episode."""
        if len(self.rows) == len(self.recording.episodes):
            return self.recording.videos
        return _videos_of(self.recording, self.rows)


@dataclass(frozen=True)
class Compared:
    """A series beside its counterpart in the baseline."""

    new: View
    old: View
    comparison: Comparison


@dataclass(frozen=True)
class Report:
    """The recordings, and what was found out about them.

    `comparisons` has one for each view when there is a baseline, `verdicts` one for each gate of each view.
    """

    recordings: tuple[RecordingView, ...]
    options: ReportOptions = field(default_factory=ReportOptions)
    comparisons: tuple[Compared, ...] = ()
    verdicts: tuple[tuple[View, Verdict], ...] = ()

    @functools.cached_property
    def views(self) -> tuple[View, ...]:
        """Every series of every recording, in the order that was asked for."""
        return ordered([view for one in self.recordings for view in one.views], self.options.sort)

    def comparison_of(self, view: View) -> Comparison | None:
        """What is between the view and its counterpart in the baseline."""
        return next((one.comparison for one in self.comparisons if one.new is view), None)

    @functools.cached_property
    def groups(self) -> tuple[tuple[str, Group], ...]:
        """Statistics across directories, for each series that several of them have, by its title."""
        if len(self.recordings) < 2:
            return ()
        scores: dict[str, list[float]] = {}
        for view in self.views:
            scores.setdefault(view.title, []).append(view.measured.value(view.headline))
        return tuple(
            (title, group(of, self.options.confidence)) for title, of in scores.items() if len(of) > 1
        )


def make_report(
    recordings: Sequence[Recording], options: ReportOptions | None = None, baseline: Recording | None = None
) -> Report:
    """Look at the recordings, compare them with their baseline, and judge the gates.

    Raises BadRequest when the selection leaves no series, or when a gate or a comparison is asked for and
    it is not certain of which.
    """
    options = options or ReportOptions()
    beside = None if baseline is None else baseline.directory
    found = tuple(_selected(recording, options, beside) for recording in recordings)
    for view in (view for one in found for view in one.views):
        _refuse_many_windows(view, options.window)
    if options.gates:
        for one in found:
            _refuse_several_series(one, options, beside)
    comparisons = () if baseline is None else _compared(found, _whole(baseline, options), options)
    report = Report(found, options, comparisons)
    verdicts = tuple(
        (view, judge(gate, view.measured, report.comparison_of(view)))
        for view in report.views
        for gate in options.gates
    )
    return replace(report, verdicts=verdicts)


def _selected(recording: Recording, options: ReportOptions, baseline: Path | None) -> RecordingView:
    selection = options.selection
    views = []
    for number, series in enumerate(recording.series):
        rows = selection.rows(recording, number)
        if len(rows) or (selection.takes(series) and len(recording.series) == 1):
            views.append(View(_only(recording, rows, options), series, rows, options.confidence))
    if not views and (selection.env, selection.series, selection.run, selection.slot) != (None,) * 4:
        instead = replace(options, selection=replace(selection, run=None, slot=None))
        raise BadRequest(
            f"{printable(recording.directory)} has no {printable(selection.words)}.",
            instead.choices(recording.directory, recording.series, baseline),
        )
    if not views:
        nothing = np.zeros(0, np.intp)
        none = _only(recording, nothing, options)
        views.append(View(none, recording.series[0], nothing, options.confidence))
    return RecordingView(recording, tuple(views))


def _whole(baseline: Recording, options: ReportOptions) -> RecordingView:
    """The baseline: of its series those of the same name count, so that only mode and last select there."""
    selection = Selection(mode=options.selection.mode, last=options.selection.last)
    return _selected(baseline, replace(options, selection=selection), None)


def _only(recording: Recording, rows: Rows, options: ReportOptions) -> Recording:
    """The recording with these episodes alone, and their videos; whole when they are all."""
    if options.selection.everything and len(recording.series) == 1:
        return recording
    return replace(recording, episodes=take(recording.episodes, rows), videos=_videos_of(recording, rows))


def _videos_of(recording: Recording, rows: Rows) -> tuple[Video, ...]:
    films = [video for video in recording.videos if video.episode is not None]
    # Of integers, also when there is none: of other types it sorts the rows.
    stay = np.isin(np.array([video.episode for video in films], np.intp), rows)
    return tuple(video for video, stays in zip(films, stay, strict=True) if stays)


def _refuse_several_series(one: RecordingView, options: ReportOptions, baseline: Path | None) -> None:
    if len(one.views) > 1:
        raise BadRequest(
            f"{one.name} has {len(one.views)} series, and a gate judges one.",
            options.choices(one.recording.directory, [view.series for view in one.views], baseline),
        )


def _compared(
    found: Sequence[RecordingView], baseline: RecordingView, options: ReportOptions
) -> tuple[Compared, ...]:
    """Each view beside the baseline's series of its name, or the only one that it has.

    Of k comparisons the intervals are Bonferroni's: all of them hold together as often as one would alone.
    """
    pairs = [(view, _counterpart(view, one, baseline, options)) for one in found for view in one.views]
    confidence = 1 - (1 - options.confidence) / len(pairs) if options.confidence else 0.0
    return tuple(
        Compared(
            new,
            old,
            compare(
                Measured(old.recording.episodes, confidence), Measured(new.recording.episodes, confidence)
            ),
        )
        for new, old in pairs
    )


def _counterpart(view: View, one: RecordingView, baseline: RecordingView, options: ReportOptions) -> View:
    same = [old for old in baseline.views if old.series.name == view.series.name]
    if len(same) == 1 or len(baseline.views) == 1:
        (old,) = same or baseline.views
        if old.series.env_id == view.series.env_id or options.any_baseline:
            return old
        why = f"{view.environment or UNKNOWN} is in {view.name}, and {old.environment or UNKNOWN} in its "
        why += f"baseline {baseline.name}: their returns are not on one scale."
    else:
        there = listing([old.title or UNKNOWN for old in baseline.views], 10)
        why = f"{view.name} has the series {view.title or UNKNOWN}, and its baseline {baseline.name} has "
        why += f"none of that name, but {there}."
    known = {old.series.name for old in baseline.views}
    shared = [new.series for new in one.views if new.series.name in known]
    lines = [options.choices(one.recording.directory, shared, baseline.recording.directory)]
    if len(baseline.views) == 1:
        lines.append("To compare them all the same: --force-baseline")
    raise BadRequest(why, "\n".join(line for line in lines if line))


def _refuse_many_windows(view: View, size: int | None) -> None:
    count = -(-view.numbers.completed // size) if size else 0
    if size and count > MOST_WINDOWS:
        least = -(-view.numbers.completed // MOST_WINDOWS)
        raise BadRequest(
            f"--window {size} makes {count:,} windows of {view.name}; {MOST_WINDOWS:,} are the most.",
            f"For example: --window {least}",
        )


def refuse_several(directories: int, what: str) -> None:
    """Raise BadRequest when more than one is asked for; `what` says for whom that is too many."""
    if directories > 1:
        raise BadRequest(
            f"{what} of one directory, and {directories} were given.", "Run it once for each directory."
        )
