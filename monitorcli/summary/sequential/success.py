"""Is the success rate over all N planned episodes at least so high? Known, often, after a few of them."""

from __future__ import annotations

import numpy as np

from monitorcli.summary.intervals import Interval
from monitorcli.summary.sequential.rule import Decision


class SuccessRule:
    """Of N episodes K are successes; how likely is what was seen for each K?

    With s successes and f failures among t episodes in a random order
    P(seen | K = k) = (k)_s (N - k)_f / (N)_t, where (a)_b = a (a - 1) ... (a - b + 1). The gate is met as soon
    as the mean of these likelihoods over the k that meet it is 1 / error times the largest of those that do
    not; and not met as soon as it is so the other way round. For each k of the other side this ratio is a
    martingale that begins with at most 1, so it ever reaches 1 / error with at most the probability `error`
    (Ville 1939). This is the prior-posterior ratio of Waudby-Smith and Ramdas (2020, "Confidence sequences
    for sampling without replacement"), with a prior on one side only.
    """

    def __init__(self, episodes: int, limit: float, error: float) -> None:
        """`limit` is the rate, from 0 to 1, that N = `episodes` must reach; 0 < `error` < 1."""
        self._error = error
        self._left = episodes
        self._seen = np.zeros(2, np.intp)  # failures, successes
        successes = np.arange(episodes + 1)
        self._counts = np.stack([episodes - successes, successes]).astype(np.float64)
        self._meets = successes / episodes >= limit
        self._likelihood = np.ones(episodes + 1)  # as a share of the largest
        self._kept = np.array([0, episodes])  # the ends of the interval, in successes
        self.void = ""
        self.decision: Decision | None = None
        self._decide()

    def add(self, value: float) -> None:
        """Take 1 for a success, 0 for a failure; any other value voids the rule."""
        if self.void or value not in (0, 1):
            self.void = self.void or "an episode did not say whether it was a success"
            return
        which = int(value)
        self._likelihood *= np.maximum(0.0, self._counts[which] - self._seen[which])
        self._likelihood /= self._likelihood.max()
        self._seen[which] += 1
        self._left -= 1
        kept = np.flatnonzero(self._likelihood * (1 / self._error) > self._likelihood.mean())
        self._kept = np.array([max(self._kept[0], kept[0]), min(self._kept[1], kept[-1])])
        self._decide()

    def interval(self) -> Interval:
        """Where the rate over all N episodes is: the k whose ratio never reached 1 / error, prior uniform."""
        total = len(self._likelihood) - 1
        return Interval(float(self._kept[0] / total), float(self._kept[1] / total))

    def _decide(self) -> None:
        if self.decision is not None:
            return
        possible = self._meets[self._seen[1] : self._seen[1] + self._left + 1]
        if possible.all() or not possible.any():
            self.decision = Decision(bool(possible[0]), certain=True)
            return
        meeting, others = self._likelihood[self._meets], self._likelihood[~self._meets]
        if self._error * meeting.mean() >= others.max():
            self.decision = Decision(True, certain=False)
        elif self._error * others.mean() >= meeting.max():
            self.decision = Decision(False, certain=False)
