"""What every sequential rule can do."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from monitorcli.summary.intervals import Interval


class Decision(NamedTuple):
    """The verdict over all planned episodes, known before all were run.

    `certain`: no values of the other episodes could change it. Else it is wrong with at most the
    probability that the rule was given as its error.
    """

    met: bool
    certain: bool


class Rule(Protocol):
    """Takes the episodes' values one at a time, in a random order that no value had an influence on.

    Once there is a decision it stays, whatever comes.
    """

    @property
    def decision(self) -> Decision | None:
        """The verdict, as soon as it is known."""

    @property
    def void(self) -> str:
        """Why the rule cannot decide any more; "" while it can."""

    def add(self, value: float) -> None:
        """Take the next episode's value."""

    def interval(self) -> Interval:
        """Where the value over all planned episodes is; each end is wrong with probability error at most."""
