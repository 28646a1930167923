"""What a report is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from monitorcli.recording.model import Series
from monitorcli.report.choices import choices, typed
from monitorcli.report.text import printable
from monitorcli.summary.gates import Gate
from monitorcli.summary.selection import Selection


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What to say of the recordings.

    A `confidence` of 0 leaves intervals out. `window` is a number of episodes; None: no windows.
    `folder` is where the report will stand, for what is named relative to it; None: the current one.
    With `any_baseline` a baseline may be of another environment. `sort` is one of order.COLUMNS; None: as
    given. `x` is what the curves are drawn by: episodes, steps or time.
    """

    confidence: float = 0.95
    selection: Selection = field(default_factory=Selection)
    window: int | None = None
    gates: tuple[Gate, ...] = ()
    folder: Path | None = None
    any_baseline: bool = False
    sort: str | None = None
    x: str = "episodes"

    @property
    def only(self) -> str:
        """`only the last 100 completed episodes`; "" when nothing is left out."""
        return "" if self.selection.everything else f"only {printable(self.selection.words)}"

    def choices(self, directory: Path, series: Sequence[Series], baseline: Path | None) -> str:
        """A line to paste for each of these series, that asks the same of it."""
        asked = typed(self.selection, self.gates, baseline, self.any_baseline)
        return choices(directory, series, asked)
