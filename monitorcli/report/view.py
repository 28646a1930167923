"""The selected episodes of one series, and what is known of them."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass

import numpy as np

from monitorcli.recording.manifest import UNKNOWN
from monitorcli.recording.model import Recording, Series
from monitorcli.report.text import printable, when
from monitorcli.summary import Summary, summarise
from monitorcli.summary.measures import RECENT, Measured
from monitorcli.summary.selection import Rows


@dataclass(frozen=True)
class View:
    """The selected episodes of one series: `recording` holds these episodes and their videos, nothing else.

    `rows` has each one's number in the whole recording; videos keep naming that number.
    """

    recording: Recording
    series: Series
    rows: Rows
    confidence: float

    @property
    def name(self) -> str:
        """The directory, safe to print."""
        return printable(self.recording.directory)

    @property
    def title(self) -> str:
        """The series' name, safe to print; "" when nobody knows its environment."""
        return "" if self.series.name == UNKNOWN else printable(self.series.name, limit=80)

    @property
    def environment(self) -> str:
        """The environment's id, safe to print; "" when nobody knows it."""
        return "" if self.series.env_id == UNKNOWN else printable(self.series.env_id, limit=60)

    @property
    def mode(self) -> str:
        """Training or evaluation; "" when that is not known."""
        return "" if self.series.mode == "unknown" else self.series.mode

    @property
    def is_training(self) -> bool:
        """Whether the policy may have changed meanwhile: its last episodes say how good it is."""
        return self.series.mode == "training"

    @property
    def headline(self) -> str:
        """The measure that says how good the policy is: of training by its last episodes, else by all."""
        return "recent" if self.is_training else "mean"

    @property
    def when(self) -> str:
        """From the first start to the last end; "" when no episode has a date."""
        return when(self.numbers.started_at, self.numbers.ended_at)

    @property
    def success(self) -> str:
        """The successes in percent of the judged episodes, without the sign; there must be one."""
        return f"{100 * self.numbers.successes / self.numbers.judged:.3g}"

    @property
    def environments(self) -> int:
        """How many environments it was recorded from, in the run that had the most.

        An evaluation makes one after the other, in as many processes as it likes: that counts as one.
        """
        episodes = self.recording.episodes
        if not len(episodes):
            return 0
        if self.series.environment.policy is not None:
            return 1
        slots = int(episodes.slot.max()) + 1
        found = np.unique(episodes.writer.astype(np.uint64) * np.uint64(slots) + episodes.slot)
        writers = (found // np.uint64(slots)).tolist()
        return max(Counter(self.recording.writers[writer].run for writer in writers).values())

    @property
    def place(self) -> str:
        """The line of the script that made it, safe to print; "" when nobody knows it."""
        return printable(self.series.place, limit=80)

    @functools.cached_property
    def measured(self) -> Measured:
        """Statistics and intervals of the episodes."""
        known = {"episode_return": self.numbers.episode_return, "length": self.numbers.length}
        if self.numbers.completed <= RECENT:
            known["recent"] = self.numbers.episode_return
        return Measured(self.recording.episodes, self.confidence, known, self.looked_twice)

    @property
    def looked_twice(self) -> bool:
        """Whether an evaluation went on with more episodes than were asked for at first."""
        planned = (run.planned for run in self.recording.runs)
        return len({of.plan.episodes for of in planned if of is not None}) > 1

    @functools.cached_property
    def numbers(self) -> Summary:
        """The episodes in numbers."""
        return summarise(self.recording.episodes)
