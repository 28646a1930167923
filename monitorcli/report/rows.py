"""The numbers of a series and the films of a recording, as rows of the table for people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest

from monitorcli.recording.model import Video
from monitorcli.report.intervals import estimated
from monitorcli.report.layout import Line, Row, Span, padded, width_of
from monitorcli.report.model import RecordingView, View
from monitorcli.report.numbers import judged, left_out
from monitorcli.report.text import number, printable, size
from monitorcli.summary import Statistics

_MOST_VIDEOS = 12
SUSPECT = {
    "black": "every frame is black",
    "constant": "all frames are alike",
    "frames": "it lacks frames",
}


def counts(view: View) -> list[Row]:
    """Episodes, steps and ends."""
    numbers = view.numbers
    unknown = numbers.completed - numbers.terminated - numbers.truncated
    ends = _counted(("terminated", numbers.terminated), ("truncated", numbers.truncated))
    ends += _counted(("not known", unknown)) if ends or unknown <= 0 else [[Span("not known")]]
    episodes = [_count(numbers.completed, "completed"), *_counted(("incomplete", numbers.incomplete))]
    rows: list[Row] = [("episodes", episodes), ("steps", [_count(numbers.steps)]), ("ended", ends)]
    return [row for row in rows if row[1]]


def measures(view: View) -> list[Row]:
    """Return, length and success."""
    numbers, measured = view.numbers, view.measured
    rows: list[Row] = []
    if numbers.completed:
        lengths = _statistics(view, numbers.length, ("mean", "median", "max", "min"))
        lengths[-1] = [*lengths[-1], Span(" step" if numbers.length.min == 1 else " steps")]
        if view.is_training:
            rows += [("return", _of_training(view)), ("length", lengths)]
        else:
            returns = _statistics(view, numbers.episode_return, ("mean", "median", "best", "worst"))
            returns[0] = [*returns[0], *estimated("", measured.interval("mean"))]
            rows += [("return", _aligned(returns, lengths)), ("", _spread(view))]
            rows += [("length", _aligned(lengths, returns))]
    if numbers.judged:
        interval = measured.interval("success")
        within = f" [{100 * interval.low:.3g}, {100 * interval.high:.3g}] %"
        if math.isnan(interval.low):
            within = " %"
        rows.append(("success", [[Span(view.success, "value"), Span(f"{within} of {judged(view)}")]]))
    return [row for row in rows if row[1]]


def films(one: RecordingView) -> list[Row]:
    """How many films there are, which episodes they show, and where the latest is."""
    found = [video for video in one.videos if not video.broken]
    rows: list[Row] = [("videos", _videos(one.videos, found))]
    if not found:
        return rows
    segments = _episodes_of(found)
    stray = sum(video.episode is None for video in found)
    if stray:
        segments.append([Span(f"{stray:,} of unknown episode")])
    latest = Span(printable(one.recording.directory / _latest(found).name), "path")
    suspect = [
        ("suspect", [*_episodes_of(of), [Span(words, "bad")]])
        for why, words in SUSPECT.items()
        if (of := [video for video in found if video.suspect == why])
    ]
    return [*rows, ("filmed", segments), *suspect, ("latest", [[latest]])]


def _episodes_of(videos: Sequence[Video]) -> list[Line]:
    """`0 · 1 · 8`, and how many more there are."""
    filmed = sorted({video.episode for video in videos if video.episode is not None})
    segments: list[Line] = [[Span(f"{episode:,}", "value")] for episode in filmed[:_MOST_VIDEOS]]
    if len(filmed) > _MOST_VIDEOS:
        segments.append([Span(f"… {len(filmed) - _MOST_VIDEOS:,} more", "dim")])
    return segments


def _latest(videos: Sequence[Video]) -> Video:
    """The last by episode, then by name, of those that are whole; of all, when none is known to be."""
    whole = [video for video in videos if video.finished]
    return max(whole or videos, key=lambda video: (video.episode is not None, video.episode, video.name))


def _statistics(view: View, of: Statistics, words: Sequence[str]) -> list[Line]:
    if not of.n:
        return [[Span("none of them finite", "bad")]]
    values = {
        "mean": of.mean, "median": of.median, "best": of.max, "max": of.max, "worst": of.min, "min": of.min,
    }  # fmt: skip
    segments: list[Line] = [[Span(f"{word} "), Span(number(values[word]), "value")] for word in words]
    missing = left_out(view, of)
    return [*segments, [Span(missing, "bad")]] if missing else segments


def _of_training(view: View) -> list[Line]:
    """What the headline leaves to say, without intervals: they would be of a policy that changed."""
    of = view.numbers.episode_return
    first = _statistics(view, of, ("median", "worst"))
    # How many are left out is the last to be said.
    return [*first[:2], *_spread(view), *first[2:]]


def _spread(view: View) -> list[Line]:
    """Interquartile mean and standard deviation; of a training without interval."""
    measured = view.measured
    if measured.n("mean") < 2:
        return []
    iqm: Line = [Span(number(measured.value("iqm")), "value")]
    if not view.is_training:
        iqm = estimated(number(measured.value("iqm")), measured.interval("iqm"))
    return [[Span("iqm "), *iqm], [Span("std "), Span(number(measured.value("std")), "value")]]


def _videos(videos: Sequence[Video], found: Sequence[Video]) -> list[Line]:
    """`6 · 1.4 MB`, how many are not whole, and how many there should have been besides."""
    segments: list[Line] = [[Span("none")]]
    if found:
        segments = [_count(len(found)), [Span(size(sum(film.size for film in found)), "value")]]
    broken = len(videos) - len(found)
    if broken:
        segments.append([Span(f"{broken:,}", "bad"), Span(" broken")])
    suspect = sum(bool(film.suspect) for film in found)
    if suspect:
        segments.append([Span(f"{suspect:,}", "bad"), Span(" suspect")])
    return segments + _counted(("unfinished", sum(not film.finished for film in found)))


def _aligned(segments: Sequence[Line], others: Sequence[Line]) -> list[Line]:
    """The segments, all but the last as wide as those they stand over, so that the eye can run down."""
    *first, last = segments
    widths = [max(map(width_of, pair)) for pair in zip_longest(first, others, fillvalue=())]
    return [*(padded(segment, width) for segment, width in zip(first, widths, strict=False)), last]


def _counted(*of: tuple[str, int]) -> list[Line]:
    """A segment for each word that is said of any."""
    return [_count(count, word) for word, count in of if count]


def _count(count: int, word: str = "") -> Line:
    return [Span(f"{count:,}", "value"), Span(f" {word}" if word else "")]
