"""What `inspect --watch` prints besides the table: the rate of episodes, and how runs ended."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitorcli.recording.model import Recording, Run

_RATE_OVER = 5.0  # seconds


class Rate:
    """Episodes per second over the last few seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def of(self, count: int) -> str:
        """The rate as text: `1,204 episodes a second · `. Empty until there are two counts to compare."""
        now = time.monotonic()
        self._seen.append((now, count))
        while len(self._seen) > 2 and now - self._seen[1][0] >= _RATE_OVER:
            self._seen.popleft()
        since, before = self._seen[0]
        lasted = now - since
        rate = (count - before) / lasted if lasted else 0.0
        return f"{rate:,.{0 if rate >= 10 else 1}f} episodes a second · " if lasted else ""


class News:
    """Notices which runs were running and have ended since."""

    def __init__(self) -> None:
        self.running: set[int] = set()
        self._watched = False
        self._runs: Sequence[Run] = ()

    def of(self, recording: Recording) -> list[str]:
        """One sentence for each run that has ended since the last call."""
        self._runs = recording.runs
        running = {run.number for run in recording.runs if run.state == "running"}
        ended = self.running - running
        self._watched |= bool(running)
        self.running = running
        return [_end_of(run) for run in recording.runs if run.number in ended]

    def none(self) -> list[str]:
        """One sentence if no run was ever seen running."""
        if self._watched:
            return []
        if self._runs and self._runs[-1].state == "unknown":
            return [
                f"nothing says whether {self._runs[-1].recorder} still writes; this is what there is now."
            ]
        return ["no run is being recorded here; this is what there is."]


def _end_of(run: Run) -> str:
    from monitorcli.report.text import plural

    lease = run.how.get("lease")
    process = lease if isinstance(lease, dict) else {}
    how = {
        "complete": "is complete",
        "interrupted": "was interrupted",
        "failed": f"ended with exit status {run.exit_status}",
        "crashed": f"died: its process {process.get('pid', '(unknown)')} is gone",
        "stale": f"has been silent for long on {process.get('host', 'another machine')}; it may have died",
    }.get(run.state, "ended, and nothing says how")
    if run.state == "crashed" and run.ended_at is not None:
        how = f"was ended by signal {run.how.get('signal')}"
    return f"run {run.number} {how}; it has {plural(run.episodes, 'episode')}."
