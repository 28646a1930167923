"""What is said first: of what, when, how it went, and the numbers that most people came for."""

from __future__ import annotations

import math
from collections.abc import Sequence

from monitorcli.report import runs
from monitorcli.report.intervals import few, percent
from monitorcli.report.model import View
from monitorcli.report.page.markup import NOTHING, Markup, joined, tag
from monitorcli.report.text import lasting, listing, number, plural
from monitorcli.summary import Summary
from monitorcli.summary.measures import Measured
from monitorcli.summary.selection import Selection, take

_LAST = 100
_MOST_NAMES = 6


def title(view: View) -> str:
    """The environments' names, the first six."""
    return listing(view.env_ids, _MOST_NAMES) or "Environment not known"


def facts(view: View) -> Markup:
    """Mode, runs and times in one line."""
    spans = (
        tag("strong", span.text, class_=span.role) if span.role in ("good", "bad") else tag("span", span.text)
        for span in (runs.summary_line(view.recording.runs) if view.recording.runs else ())
    )
    parts = (view.modes, joined(spans), view.when)
    return tag("p", joined((tag("span", part) for part in parts if part), " · "), class_="facts")


def section(view: View) -> Markup:
    """The numbers, each with its unit and of how many episodes it is."""
    numbers = view.numbers
    parts: list[Markup] = []
    if numbers.episode_return.n:
        parts += _returns(view)
    if numbers.judged:
        of_judged = f"{numbers.successes:,} of {plural(numbers.judged, 'episode')}"
        parts.append(_tile("Success", f"{view.success} %", of_judged))
    if numbers.length.n:
        of = numbers.length
        spread = f"median {number(of.median)} · max {number(of.max)} · min {number(of.min)}"
        parts.append(_tile("Mean length", number(of.mean), spread, " steps"))
    count = f"{numbers.completed:,} completed"
    if numbers.incomplete:
        count += f" · {numbers.incomplete:,} incomplete, left out of all means"
    parts.append(_tile("Episodes", f"{numbers.episodes:,}", count))
    took = f"in {lasting(numbers.duration)}" if numbers.duration > 0 else ""
    parts.append(_tile("Steps", f"{numbers.steps:,}", took))
    return joined([tag("dl", *parts, class_="tiles"), _honest(numbers)])


def interval(measured: Measured) -> str:
    """`95 % interval 171.9 to 203.0 · n = 214`, of the mean return; of one episode only the number."""
    n, found = measured.n("mean"), measured.interval("mean")
    if math.isnan(found.low) or math.isnan(found.high):
        return f"n = {n:,}"
    within = f"{percent(measured.confidence)} interval {number(found.low)} to {number(found.high)}"
    return f"{within} · n = {n:,}"


def _returns(view: View) -> list[Markup]:
    numbers, episodes = view.numbers, view.recording.episodes
    of = numbers.episode_return
    parts = [_tile("Mean return", number(of.mean), interval(view.measured), main=True)]
    if numbers.completed >= 2 * _LAST and "evaluation" not in numbers.modes:
        last = Measured(take(episodes, Selection(last=_LAST).rows(episodes)), view.confidence)
        if last.n("mean"):
            shown = number(last.value("mean"))
            parts.append(_tile(f"Mean of the last {_LAST}", shown, interval(last), main=True))
    spread = f"best {number(of.max)} · worst {number(of.min)}"
    if of.n > 1:
        spread += f" · std {number(of.std)}"
    left_out = numbers.completed - of.n
    if left_out:
        spread += f" · {left_out:,} not finite, left out"
    return [*parts, _tile("Median return", number(of.median), spread)]


def _tile(term: str, value: str, below: str, unit: str = "", main: bool = False) -> Markup:
    small = tag("small", unit) if unit else NOTHING
    return tag("div", tag("dt", term), tag("dd", tag("b", value), small), tag("dd", below, class_="below"),
               class_="main" if main else None)  # fmt: skip


def _honest(numbers: Summary) -> Markup:
    n = numbers.episode_return.n
    if n < 2:
        return NOTHING
    learning = (
        " While a policy learns, they say how sure the mean of its episodes is, not how good it became."
        if "training" in numbers.modes
        else ""
    )
    warning = f" {few(n)}." if few(n) else ""
    said = f"Intervals are of the mean over episodes, and speak of this policy only.{learning}{warning}"
    return tag("p", said, class_="remark")


def overview(named: Sequence[tuple[View, str]]) -> list[tuple[object, ...]]:
    """A row for each of several recordings, with a link to where it stands in the page."""
    return [
        (
            tag("a", view.recording.directory, href=f"#{name}"),
            title(view),
            f"{view.numbers.completed:,}",
            number(view.numbers.episode_return.mean) if view.numbers.episode_return.n else "none",
            interval(view.measured),
            number(view.numbers.length.mean) if view.numbers.length.n else "none",
            ", ".join(sorted({run.state for run in view.recording.runs})),
        )
        for view, name in named
    ]
