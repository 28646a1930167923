"""What takes long: a progress bar on a terminal, and an end in order when a signal comes."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

_Item = TypeVar("_Item")


def counted(items: Iterable[_Item], total: int, words: str) -> Iterator[_Item]:
    """Yield the items; on a terminal, show a progress bar with these words behind the numbers."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield from items
        return
    left = (TimeRemainingColumn(), TextColumn("left"))
    with Progress(BarColumn(), MofNCompleteColumn(), TextColumn(words), *left,
                  console=console, transient=True) as bar:  # fmt: skip
        task = bar.add_task("", total=total)
        for item in items:
            yield item
            bar.update(task, advance=1, refresh=True)


@contextlib.contextmanager
def ended_in_order() -> Iterator[None]:
    """Context manager that turns SIGTERM and SIGHUP into an exception, so that no ffmpeg keeps running."""
    caught = [
        number
        for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM))
        if signal.getsignal(number) is signal.SIG_DFL  # under nohup it is ignored, and stays so
    ]
    for number in caught:
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        for number in caught:
            signal.signal(number, signal.SIG_DFL)
