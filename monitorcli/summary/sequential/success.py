"""Whether the success rate over all N planned episodes is at least so high."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from monitorcli.summary.intervals import Interval
from monitorcli.summary.sequential.rule import Decision


class SuccessRule:
    """Weighs what was seen for each number K of successes that N episodes may have.

    With s successes and f failures among t episodes in a random order
    P(seen | K = k) = (k)_s (N - k)_f / (N)_t, where (a)_b = a (a - 1) ... (a - b + 1). The gate is met as
    soon as the mean of these likelihoods over the k that meet it is 1 / error times the largest of those that
    do not; and not met as soon as it is so the other way round. For each k of the other side this ratio is a
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
        # Which thresholds, of 1 to N successes, K was found to reach, and which to stay below.
        self._reached = np.zeros((2, episodes), np.bool_)
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
        self._reached[0] |= _rejected(self._likelihood[::-1], self._error)[::-1]
        self._reached[1] |= _rejected(self._likelihood, self._error)
        self._decide()

    def interval(self) -> Interval:
        """Where the rate over all N episodes is; either end is wrong with at most the probability `error`.

        The low end is the highest threshold up to which each has been found to be reached. It is above K
        only if the threshold K + 1 was wrongly found to be reached.
        """
        total = len(self._likelihood) - 1
        low = _leading(self._reached[0])
        return Interval(low / total, (total - _leading(self._reached[1, ::-1])) / total)

    def _decide(self) -> None:
        if self.decision is not None:
            return
        possible = self._meets[self._seen[1] : self._seen[1] + self._left + 1]
        if possible.all() or not possible.any():
            self.decision = Decision(bool(possible[0]), certain=True)
            return
        threshold = int(np.argmax(self._meets)) - 1
        if self._reached[0, threshold]:
            self.decision = Decision(True, certain=False)
        elif self._reached[1, threshold]:
            self.decision = Decision(False, certain=False)


def _rejected(likelihood: npt.NDArray[np.float64], error: float) -> npt.NDArray[np.bool_]:
    """For each i whether the mean of the likelihoods up to i is 1 / error times the largest behind it.

    `likelihood` has shape (N + 1,), what is given back (N,).
    """
    means = likelihood[:-1].cumsum() / np.arange(1, len(likelihood))
    largest = np.maximum.accumulate(likelihood[:0:-1])[::-1]
    return error * means >= largest


def _leading(of: npt.NDArray[np.bool_]) -> int:
    """How many are true before the first that is not."""
    return int(np.argmin(np.append(of, False)))
