"""The numbers of a view in words: rows of the table, tiles of the page, sentence and table of Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from monitorcli.recording.model import Recording
from monitorcli.report.intervals import estimated, estimates, few, percent
from monitorcli.report.layout import Line, Row, Span, TextTable, padded, width_of
from monitorcli.report.model import View
from monitorcli.report.text import lasting, number, plural, size
from monitorcli.summary import Statistics
from monitorcli.summary.measures import RECENT, Measured
from monitorcli.summary.resampling import STATISTICS


class Tile(NamedTuple):
    """A number to be seen from afar, with its unit, and what is said in small letters below it."""

    term: str
    value: str
    below: str
    unit: str = ""
    main: bool = False


def headline(view: View) -> list[Row]:
    """Of a training how good it is by now, its best episode, and last the mean over all."""
    measured, of = view.measured, view.numbers.episode_return
    if not view.is_training or not of.n:
        return []
    now = [Span("mean return "), *estimated(number(measured.value("recent")), measured.interval("recent"))]
    best: Line = [Span("best "), Span(number(of.max), "value")]
    segments = [now, best, [Span("mean over all "), Span(number(of.mean), "value")]]
    return [(f"last {measured.n('recent'):,}", segments)]


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
    """Return, length, success and videos."""
    numbers, measured = view.numbers, view.measured
    rows: list[Row] = []
    if numbers.completed:
        returns = _statistics(view, numbers.episode_return, ("best", "worst"))
        lengths = _statistics(view, numbers.length, ("max", "min"))
        if not view.is_training:
            returns[0] = [*returns[0], *estimated("", measured.interval("mean"))]
        lengths[-1] = [*lengths[-1], Span(" step" if numbers.length.min == 1 else " steps")]
        rows += [("return", _aligned(returns, lengths)), ("", _spread(view))]
        rows += [("length", _aligned(lengths, returns))]
    if numbers.judged:
        interval = measured.interval("success")
        within = f" [{100 * interval.low:.3g}, {100 * interval.high:.3g}] %"
        rows.append(("success", [[Span(view.success, "value"), Span(f"{within} of {_judged(view)}")]]))
    rows.append(("videos", _videos(view.recording)))
    return [row for row in rows if row[1]]


def tiles(view: View) -> list[Tile]:
    """The numbers that most people come for, each with how many episodes it is of."""
    numbers = view.numbers
    found = _return_tiles(view) if numbers.episode_return.n else []
    if numbers.judged:
        found.append(Tile("Success", f"{view.success} %", f"{numbers.successes:,} of {_judged(view)}"))
    if numbers.length.n:
        of = numbers.length
        spread = f"median {number(of.median)} · max {number(of.max)} · min {number(of.min)}"
        found.append(Tile("Mean length", number(of.mean), spread, " steps"))
    count = f"{numbers.completed:,} completed"
    if numbers.incomplete:
        count += f" · {numbers.incomplete:,} incomplete, left out of all means"
    took = f"in {lasting(numbers.duration)}" if numbers.duration > 0 else ""
    return [
        *found,
        Tile("Episodes", f"{numbers.episodes:,}", count),
        Tile("Steps", f"{numbers.steps:,}", took),
    ]


def sentence(view: View) -> str:
    """`214 episodes completed, 1 incomplete; ...`: all there is to count."""
    numbers = view.numbers
    return (
        f"{numbers.completed:,} episodes completed, {numbers.incomplete:,} incomplete; "
        f"{numbers.terminated:,} terminated, {numbers.truncated:,} truncated; {numbers.steps:,} steps; "
        f"{len(view.recording.films):,} videos"
    )


def table(measured: Measured) -> TextTable:
    """Every statistic of return, length and success, with its interval."""
    asked: list[tuple[str, tuple[str, ...]]] = []
    for word, prefix in (("return", ""), ("length", "length_")):
        asked += [(f"{of} {word}", (prefix + of,)) for of in STATISTICS]
        asked.append((f"{word} from, to", (f"{prefix}min", f"{prefix}max")))
    asked.append(("success rate", ("success",)))
    rows = (
        (label, ", ".join(number(measured.value(of)) for of in names), measured.interval(names[0]), n)
        for label, names in asked
        if (n := measured.n(names[0])) and not math.isnan(measured.value(names[0]))
    )
    return estimates("", rows)


def interval(measured: Measured, name: str = "mean") -> str:
    """`95 % interval 171.9 to 203.0 · n = 214`, of the mean return; of one episode only the number."""
    n, found = measured.n(name), measured.interval(name)
    if math.isnan(found.low) or math.isnan(found.high):
        return f"n = {n:,}"
    within = f"{percent(measured.confidence)} interval {number(found.low)} to {number(found.high)}"
    return f"{within} · n = {n:,}"


def warning(view: View) -> str:
    """What the intervals of the tiles do not say; "" where there are none."""
    n = view.measured.n(view.headline)
    if n < 2:
        return ""
    said = "Intervals are of the mean over episodes, and speak of this policy only."
    if view.is_training:
        said += " While it learns, the last episodes are those of a policy that still changed."
    return f"{said} {few(n)}." if few(n) else said


def _return_tiles(view: View) -> list[Tile]:
    of, measured = view.numbers.episode_return, view.measured
    spread = [f"best {number(of.max)}", f"worst {number(of.min)}"]
    spread += [f"std {number(of.std)}"] if of.n > 1 else []
    spread += [_left_out(view, of)] if _left_out(view, of) else []
    median = Tile("Median return", number(of.median), " · ".join(spread))
    if not view.is_training:
        return [Tile("Mean return", number(of.mean), interval(measured), main=True), median]
    n = measured.n("recent")
    now = number(measured.value("recent")) if n else "none"
    return [
        Tile(f"Mean return of the last {n or RECENT:,}", now, interval(measured, "recent"), main=True),
        Tile("Best return", number(of.max), f"mean over all {of.n:,}: {number(of.mean)}"),
        median,
    ]


def _judged(view: View) -> str:
    return plural(view.numbers.judged, "episode")


def _left_out(view: View, of: Statistics) -> str:
    """How many completed episodes do not count, for want of a number; "" for none."""
    count = view.numbers.completed - of.n
    return f"{count:,} not finite, left out" if count else ""


def _statistics(view: View, of: Statistics, words: tuple[str, str]) -> list[Line]:
    best, worst = words
    if not of.n:
        return [[Span("none of them finite", "bad")]]
    shown = (("mean", of.mean), ("median", of.median), (best, of.max), (worst, of.min))
    segments: list[Line] = [[Span(f"{word} "), Span(number(value), "value")] for word, value in shown]
    left_out = _left_out(view, of)
    return [*segments, [Span(left_out, "bad")]] if left_out else segments


def _spread(view: View) -> list[Line]:
    """Interquartile mean and standard deviation, in a line of their own; of a training without interval."""
    measured = view.measured
    if measured.n("mean") < 2:
        return []
    iqm: Line = [Span(number(measured.value("iqm")), "value")]
    if not view.is_training:
        iqm = estimated(number(measured.value("iqm")), measured.interval("iqm"))
    return [[Span("iqm "), *iqm], [Span("std "), Span(number(measured.value("std")), "value")]]


def _videos(recording: Recording) -> list[Line]:
    """`6 · 1.4 MB`, how many are not whole, and how many there should have been besides."""
    films = recording.films
    segments: list[Line] = [[Span("none")]]
    if films:
        segments = [_count(len(films)), [Span(size(sum(film.size for film in films)), "value")]]
    broken = len(recording.videos) - len(films)
    if broken:
        segments.append([Span(f"{broken:,}", "bad"), Span(" broken")])
    return segments + _counted(("unfinished", sum(not film.finished for film in films)))


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
