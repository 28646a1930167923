"""How far an evaluation is: a bar on a terminal, elsewhere a line a minute."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from monitorcli.cli.messages import say
from monitorcli.evaluate.engines.interface import Result
from monitorcli.evaluate.outcome import Ended
from monitorcli.evaluate.run import Advance
from monitorcli.report.text import lasting, number, plural

# Seconds between two lines where there is no terminal.
_A_MINUTE = 60.0


class _SoFar:
    """What the episodes that are over come to."""

    def __init__(self, total: int, at_most: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self.at_most = "at most " if at_most else ""
        self.done = self.failed = 0
        self._sum = 0.0
        self._clock = clock
        self._began = clock()

    def add(self, result: Result) -> None:
        self.done += 1
        if isinstance(result.outcome, Ended):
            self._sum += result.outcome.episode_return
        else:
            self.failed += 1

    def mean(self) -> str:
        ended = self.done - self.failed
        return f"mean return {number(self._sum / ended)}" if ended else ""

    def rate(self) -> float:
        """Episodes a second."""
        return self.done / max(1e-9, self._clock() - self._began)

    def pace(self, alive: int) -> str:
        """How quick it is, and with how many workers."""
        failed = f", {self.failed:,} failed" if self.failed else ""
        return f"{number(self.rate())} episodes a second, {plural(alive, 'worker')}{failed}"

    def line(self, alive: int) -> str:
        """All of it, for where there is no bar."""
        left = lasting(max(1, round((self.total - self.done) / self.rate())))
        done = f"{self.done:,} of {self.at_most}{self.total:,} episodes"
        return ", ".join(filter(None, [done, self.mean(), self.pace(alive), f"{self.at_most}{left} left"]))


@contextlib.contextmanager
def progress(total: int, at_most: bool = False) -> Iterator[Advance]:
    """Context manager that gives what shows each result; `at_most`: it may end before so many."""
    from rich.console import Console

    console, so_far = Console(stderr=True), _SoFar(total, at_most)
    if console.is_terminal:
        with _bar(console, so_far) as advance:
            yield advance
        return
    said_at = time.monotonic()

    def advance_by_lines(result: Result, alive: int) -> None:
        nonlocal said_at
        so_far.add(result)
        if time.monotonic() - said_at >= _A_MINUTE:
            said_at = time.monotonic()
            say(f"{so_far.line(alive)}.")

    yield advance_by_lines


@contextlib.contextmanager
def _bar(console: object, so_far: _SoFar) -> Iterator[Advance]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    mean, pace = TextColumn("{task.fields[mean]}"), TextColumn("{task.fields[pace]}")
    left = (TextColumn(so_far.at_most.strip()), TimeRemainingColumn(), TextColumn("left"))
    columns = (TextColumn("episodes"), BarColumn(), MofNCompleteColumn(), mean, *left, pace)
    with Progress(*columns, console=console, transient=True) as bar:  # type: ignore[arg-type]
        task = bar.add_task("", total=so_far.total, mean="", pace="")

        def advance(result: Result, alive: int) -> None:
            so_far.add(result)
            bar.update(task, advance=1, mean=so_far.mean(), pace=so_far.pace(alive))

        yield advance
