"""The numbers of a view in words: tiles of the page, sentence and table of Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from monitorcli.report.intervals import NARROW, estimated, estimates, few, percent
from monitorcli.report.layout import Line, Row, Span, TextTable
from monitorcli.report.model import View
from monitorcli.report.text import lasting, number, plural
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
    n, value = measured.n("recent"), measured.value("recent")
    now = [Span("mean return "), *estimated(number(value), measured.interval("recent"))]
    segments: list[Line] = [now, [Span("best "), Span(number(of.max), "value")]]
    if of.n > n:
        segments.append([Span("mean over all "), Span(number(of.mean), "value")])
    return [(f"last {n:,}", segments)]


def tiles(view: View) -> list[Tile]:
    """The numbers that most people come for, each with how many episodes it is of."""
    numbers = view.numbers
    found = _return_tiles(view) if numbers.episode_return.n else []
    if numbers.judged:
        found.append(Tile("Success", f"{view.success} %", f"{numbers.successes:,} of {judged(view)}"))
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
        f"{plural(numbers.completed, 'episode')} completed, {numbers.incomplete:,} incomplete; "
        f"{numbers.terminated:,} terminated, {numbers.truncated:,} truncated; {numbers.steps:,} steps; "
        f"{plural(len(view.recording.films), 'video')}"
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
    if view.measured.n(view.headline) < 2:
        return ""
    said = "Intervals are of the mean over episodes, and speak of this policy only."
    if view.is_training:
        said += " While it learns, the last episodes are those of a policy that still changed."
    narrow = too_narrow([view])
    return f"{said} {narrow[0].upper()}{narrow[1:]}." if narrow else said


def too_narrow(views: Sequence[View]) -> str:
    """A warning where the interval of a series' first number may be too narrow; "" where none is.

    Of an evaluation that was gone on with it says why its intervals are wider, or not there.
    """
    if any(view.looked_twice for view in views):
        return "more episodes were asked for later, so means and rates have intervals that hold at every look"
    found = [few(view.measured.n(view.headline), view.measured.others(view.headline)) for view in views]
    if len(found) == 1:
        return found[0]
    return f"where episodes are few, or nearly all are equal, {NARROW}" if any(found) else ""


def _return_tiles(view: View) -> list[Tile]:
    of, measured = view.numbers.episode_return, view.measured
    spread = [] if view.is_training else [f"best {number(of.max)}"]  # which has a tile of its own
    spread += [f"worst {number(of.min)}"]
    spread += [f"std {number(of.std)}"] if of.n > 1 else []
    spread += [left_out(view, of)] if left_out(view, of) else []
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


def judged(view: View) -> str:
    """`38 episodes`: of how many it is known whether they were a success."""
    return plural(view.numbers.judged, "episode")


def left_out(view: View, of: Statistics) -> str:
    """How many completed episodes do not count, for want of a number; "" for none."""
    count = view.numbers.completed - of.n
    return f"{count:,} not finite, left out" if count else ""
