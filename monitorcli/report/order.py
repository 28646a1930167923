"""In which order series are shown: by a column of the table of several."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from monitorcli.recording.folder import natural
from monitorcli.report.view import View

_NAMES: dict[str, Callable[[View], str]] = {
    "directory": lambda view: view.name,
    "series": lambda view: view.title,
}
_NUMBERS: dict[str, Callable[[View], float]] = {
    "episodes": lambda view: view.numbers.completed,
    "steps": lambda view: view.numbers.steps,
    "return": lambda view: view.measured.value(view.headline),
    "best": lambda view: view.measured.value("max"),
    "iqm": lambda view: view.measured.value("iqm"),
    "length": lambda view: view.measured.value("length_mean"),
    "success": lambda view: view.measured.value("success"),
    "videos": lambda view: len(view.recording.films),
    "runs": lambda view: len(view.recording.runs),
}
COLUMNS = (*_NAMES, *_NUMBERS)


def ordered(views: Sequence[View], column: str | None) -> tuple[View, ...]:
    """The views by this column: names from A on, numbers from the largest, what has none at the end."""
    if column is None:
        return tuple(views)
    if column in _NAMES:
        return tuple(sorted(views, key=lambda view: natural(_NAMES[column](view))))

    def rank(view: View) -> float:
        value = _NUMBERS[column](view)
        return math.inf if math.isnan(value) else -value

    return tuple(sorted(views, key=rank))
