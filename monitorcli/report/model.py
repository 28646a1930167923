"""What a report was asked for and what it found: the one value that every format takes."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from monitorcli.errors import BadRequest
from monitorcli.recording.manifest import UNKNOWN
from monitorcli.recording.model import Recording
from monitorcli.report.text import listing, printable, when
from monitorcli.summary import Summary, summarise
from monitorcli.summary.comparison import Comparison, compare
from monitorcli.summary.gates import Gate, Verdict, judge
from monitorcli.summary.group import Group, group
from monitorcli.summary.measures import Measured
from monitorcli.summary.selection import Rows, Selection, take

MOST_WINDOWS = 10_000


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What to say of the recordings.

    A `confidence` of 0 leaves intervals out. `window` is a number of episodes; None: no windows.
    `folder` is where the report will stand, for what is named relative to it; None: the current one.
    """

    confidence: float = 0.95
    selection: Selection = field(default_factory=Selection)
    window: int | None = None
    gates: tuple[Gate, ...] = ()
    folder: Path | None = None

    @property
    def only(self) -> str:
        """`only the last 100 completed episodes`; "" when nothing is left out."""
        return "" if self.selection.everything else f"only {self.selection.words}"


@dataclass(frozen=True)
class View:
    """The selected part of a recording: its Episodes and videos hold nothing else.

    `rows` has each remaining episode's number in the whole recording; videos keep naming that number.
    """

    recording: Recording
    rows: Rows
    confidence: float

    @classmethod
    def of(cls, recording: Recording, options: ReportOptions) -> View:
        """What the selection leaves of a recording."""
        rows = options.selection.rows(recording.episodes)
        if not options.selection.everything:
            films = [video for video in recording.videos if video.episode is not None]
            left = np.isin([video.episode or 0 for video in films], rows)
            recording = replace(
                recording,
                episodes=take(recording.episodes, rows),
                videos=tuple(video for video, stays in zip(films, left, strict=True) if stays),
            )
        return cls(recording, rows, options.confidence)

    @property
    def name(self) -> str:
        """The directory, safe to print."""
        return printable(self.recording.directory)

    @property
    def env_ids(self) -> list[str]:
        """The environments' names as the files have them, without those that nobody knows."""
        return [name for name in self.recording.env_ids if name != UNKNOWN]

    @property
    def environment(self) -> str:
        """The environments' names, safe to print; "" when nobody knows any."""
        return self.environments(len(self.env_ids))

    def environments(self, most: int) -> str:
        """The first of them and how many more there are: `A, B, C and 2 more`."""
        return listing([printable(name, limit=60) for name in self.env_ids], most)

    @property
    def modes(self) -> str:
        """`training, unknown mode`; "" when no mode is known."""
        modes = self.numbers.modes
        return ", ".join(modes).replace("unknown", "unknown mode") if set(modes) - {"unknown"} else ""

    @property
    def when(self) -> str:
        """From the first start to the last end; "" when no episode has a date."""
        return when(self.numbers.started_at, self.numbers.ended_at)

    @property
    def success(self) -> str:
        """The successes in percent of the judged episodes, without the sign; there must be one."""
        return f"{100 * self.numbers.successes / self.numbers.judged:.3g}"

    def places(self, numbers: Iterable[int]) -> Rows:
        """Where the whole recording's episodes with these numbers stand in this part; not those left out."""
        options = np.fromiter(numbers, np.intp)
        found = np.searchsorted(self.rows, options)
        inside = found < len(self.rows)
        found, options = found[inside], options[inside]
        return np.asarray(found[self.rows[found] == options])

    @functools.cached_property
    def measured(self) -> Measured:
        """Statistics and intervals of the episodes."""
        known = {"episode_return": self.numbers.episode_return, "length": self.numbers.length}
        return Measured(self.recording.episodes, self.confidence, known)

    @functools.cached_property
    def numbers(self) -> Summary:
        """The episodes in numbers."""
        return summarise(self.recording.episodes)


@dataclass(frozen=True)
class Report:
    """The views, and what was found out about them. `verdicts` has one for each gate of each view."""

    views: tuple[View, ...]
    options: ReportOptions = field(default_factory=ReportOptions)
    baseline: View | None = None
    comparison: Comparison | None = None
    verdicts: tuple[tuple[View, Verdict], ...] = ()

    @functools.cached_property
    def group(self) -> Group | None:
        """The statistics across directories; None of one directory."""
        if len(self.views) < 2:
            return None
        scores = [view.measured.value("mean") for view in self.views]
        return group(scores, [view.environment for view in self.views], self.options.confidence)


def make_report(
    recordings: Sequence[Recording], options: ReportOptions | None = None, baseline: Recording | None = None
) -> Report:
    """Look at the recordings, compare the one with its baseline, and judge the gates."""
    options = options or ReportOptions()
    views = tuple(View.of(recording, options) for recording in recordings)
    for view in views:
        _refuse_many_windows(view, options.window)
    if baseline is None:
        verdicts = tuple((view, judge(gate, view.measured, None)) for view in views for gate in options.gates)
        return Report(views, options, verdicts=verdicts)
    refuse_several(len(views), "a comparison is")
    old = View.of(baseline, options)
    comparison = compare(old.measured, views[0].measured)
    verdicts = tuple((views[0], judge(gate, views[0].measured, comparison)) for gate in options.gates)
    return Report(views, options, old, comparison, verdicts)


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
