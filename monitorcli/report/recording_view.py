"""A recording, as far as it was selected: a view of each of its series."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from monitorcli.errors import BadRequest
from monitorcli.recording.model import Recording, Video
from monitorcli.report.decided import stopped
from monitorcli.report.evaluation import Evaluation, evaluation
from monitorcli.report.options import ReportOptions
from monitorcli.report.text import printable
from monitorcli.report.view import View
from monitorcli.summary.selection import Rows, Selection, take


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

    def evaluation(self, view: View) -> Evaluation | None:
        """The evaluation that the view is of; None without a plan, and for a part of a series' episodes."""
        number = self.recording.series.index(view.series)
        if len(view.rows) < np.count_nonzero(self.recording.episodes.series == number):
            return None
        return evaluation(self.recording, number)


def selected(recording: Recording, options: ReportOptions, baseline: Path | None = None) -> RecordingView:
    """The series that are selected; with nothing left of them, the first without an episode.

    `baseline` is for lines to paste. Raises BadRequest when there is no such series, run or slot.
    """
    selection = options.selection
    # After stopping for what was seen, intervals for a fixed number of episodes do not hold.
    confidence = 0.0 if stopped(recording) else options.confidence
    views = []
    for number, series in enumerate(recording.series):
        rows = selection.rows(recording, number)
        if len(rows) or (selection.takes(series) and len(recording.series) == 1):
            views.append(View(_only(recording, rows, options), series, rows, confidence))
    if not views and (selection.env, selection.series, selection.run, selection.slot) != (None,) * 4:
        instead = replace(options, selection=replace(selection, run=None, slot=None))
        raise BadRequest(
            f"{printable(recording.directory)} has no {printable(selection.words)}.",
            instead.choices(recording.directory, recording.series, baseline),
        )
    if not views:
        nothing = np.zeros(0, np.intp)
        none = _only(recording, nothing, options)
        views.append(View(none, recording.series[0], nothing, confidence))
    return RecordingView(recording, tuple(views))


def selected_baseline(baseline: Recording, options: ReportOptions) -> RecordingView:
    """The baseline: of its series those of the same name count, so that only mode and last select there."""
    selection = Selection(mode=options.selection.mode, last=options.selection.last)
    return selected(baseline, replace(options, selection=selection), None)


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
