"""How far an evaluation is: a bar on a terminal, elsewhere a line a minute."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from monitorcli.cli.messages import say
from monitorcli.evaluate.engines.interface import Result
from monitorcli.evaluate.outcome import Ended
from monitorcli.evaluate.run import Advance
from monitorcli.report.intervals import between
from monitorcli.report.text import cells, lasting, number, plural
from monitorcli.summary.intervals import UNKNOWN, Interval
from monitorcli.summary.quantiles import normal_quantile

if TYPE_CHECKING:
    from rich.console import Console

# Seconds between two lines where there is no terminal.
_A_MINUTE = 60.0
_CONFIDENCE = 0.95
_BAR = 8  # columns, and one for the blank behind it

Clock = Callable[[], float]


class _SoFar:
    """What the episodes that are over come to. Mean and variance by Welford (1962), so that none is kept."""

    def __init__(self, total: int, at_most: bool, clock: Clock) -> None:
        self.total = total
        self.at_most = "at most " if at_most else ""
        self.done = self.failed = 0
        self._mean = self._squares = 0.0
        self._clock = clock
        self._began = clock()

    def add(self, result: Result) -> None:
        self.done += 1
        if not isinstance(result.outcome, Ended):
            self.failed += 1
            return
        value = result.outcome.episode_return
        apart = value - self._mean
        self._mean += apart / (self.done - self.failed)
        self._squares += apart * (value - self._mean)

    def counted(self) -> str:
        """`20 of 200 episodes`."""
        return f"{self.done:,} of {self.at_most}{plural(self.total, 'episode')}"

    def fields(self, alive: int) -> list[str]:
        """All of it in words, the most wanted first."""
        rate = self.done / max(1e-9, self._clock() - self._began)
        left = [f"{self.at_most}{lasting(round((self.total - self.done) / rate))} left"] if self.done else []
        failed = [f"{self.failed:,} failed"] if self.failed else []
        pace = [f"{number(rate)} episodes a second"] if self.done else []
        return [*self._means(), *left, *failed, *pace, plural(alive, "worker")]

    def _means(self) -> list[str]:
        """The mean return with its interval, by the central limit theorem."""
        ended, interval = self.done - self.failed, UNKNOWN
        if not ended:
            return []
        if ended > 1:
            half = normal_quantile(_CONFIDENCE) * math.sqrt(self._squares / (ended - 1) / ended)
            interval = Interval(self._mean - half, self._mean + half)
        return [f"mean return {number(self._mean)} {between(interval)}".rstrip()]


@contextlib.contextmanager
def progress(
    total: int, console: Console | None = None, clock: Clock = time.monotonic, at_most: bool = False
) -> Iterator[Advance]:
    """Context manager that gives what shows each result. `clock` gives seconds.

    `at_most`: it may end before so many episodes.
    """
    if console is None:
        from rich.console import Console

        console = Console(stderr=True)
    so_far = _SoFar(total, at_most, clock)
    if console.is_terminal:
        with _bar(console, so_far) as advance:
            yield advance
        return
    said_at = clock()

    def advance_by_lines(result: Result, alive: int) -> None:
        nonlocal said_at
        so_far.add(result)
        if clock() - said_at >= _A_MINUTE:
            said_at = clock()
            said = [so_far.counted(), *so_far.fields(alive)]
            say(f"{', '.join(said)}.")

    yield advance_by_lines


@contextlib.contextmanager
def _bar(console: Console, so_far: _SoFar) -> Iterator[Advance]:
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (BarColumn(_BAR), TextColumn("{task.fields[said]}", markup=False))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=so_far.total, said=_on_one_line(so_far, [], console.width))

        def advance(result: Result, alive: int) -> None:
            so_far.add(result)
            said = _on_one_line(so_far, so_far.fields(alive), console.width)
            bar.update(task, advance=1, said=said)

        yield advance


def _on_one_line(so_far: _SoFar, fields: list[str], width: int) -> str:
    """As much of it as fits beside the bar."""
    line = so_far.counted()
    for field in fields:
        if cells(line) + 3 + cells(field) > width - _BAR - 1:
            break
        line = f"{line} · {field}"
    return line
