"""The step path of an EnvPool: rows that arrive in any order, each with the number of its slot.

Whichever call brings a row, of all slots or of some, it says whose it is (`env_id`) and how many steps
that one is from its reset (`elapsed_step`). The row of a reset belongs to no episode, whatever reward
stands beside it; it is known by its number, which did not advance: 0, or in Atari's `episodic_life` that
at which a life was lost. So one rule does for `step` and `reset` and for the asynchronous `send` and
`recv`; the first two get their rows from `recv` as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from monitorcli.format import log
from monitorcli.monitor.vector_episode_recorder import VectorEpisodeRecorder
from monitorcli.monitor.vector_step_result import successes


class PoolStepRecorder:
    """Hands the rows that `recv` gave to `recorder`."""

    def __init__(self, recorder: VectorEpisodeRecorder, seed: Any = None) -> None:
        """`seed`, one or a list for all slots, is what the pool was made with: that of first episodes."""
        shape = recorder.totals.shape
        self._recorder, self._totals, self._seed = recorder, recorder.totals, seed
        self._unseeded = np.full(shape, seed is not None)
        self._alive = np.zeros(shape, np.bool_)  # slots with a running episode
        self._at = np.zeros(shape, np.int64)  # `elapsed_step` of each slot's last row
        recorder.steps = lambda: self._at

    def note(self, result: Any) -> None:
        """Count what one call of `recv` gave."""
        try:
            self._note(result, result[-1]["env_id"], result[-1]["elapsed_step"])
        except Exception as error:
            self._recorder.trouble(error)

    def stop(self, code: int) -> None:
        """What still runs is incomplete, for the reason `code`, a `log.CUT_` constant."""
        try:
            self._end_incomplete(self._alive.nonzero()[0], code)
        except Exception as error:
            self._recorder.trouble(error)

    def _note(self, result: Any, which: Any, elapsed: Any) -> None:
        before = self._at[which]
        fresh = elapsed <= before
        if fresh.any():
            self._end_incomplete(np.sort(which[fresh & self._alive[which]]), log.CUT_RESET)
            self._at[which] = np.where(elapsed == before, elapsed, 0)
            self._begin(np.sort(which[fresh]))
        self._at[which] = elapsed
        # A row that went past us, as through a compiled loop, had a reward that is not known.
        expected = (elapsed == before + 1) | (elapsed == before) | (elapsed == 0)
        self._totals[which[~expected]] = np.nan
        if len(result) == 5:  # a reset gives observations and infos alone
            self._count(which, ~fresh, result)

    def _begin(self, which: Any) -> None:
        self._recorder.begin(which, self._at[which])
        self._alive[which] = True
        first = which[self._unseeded[which]]
        if first.size:
            self._recorder.seed(first, self._seed)
            self._unseeded[first] = False

    def _count(self, which: Any, going: Any, result: Any) -> None:
        _, rewards, terminated, truncated, _ = result
        self._totals[which[going]] += rewards[going]
        done = going & (terminated | truncated)
        ended = np.sort(which[done & self._alive[which]])
        if ended.size:
            self._end(ended, which, result)

    def _end(self, ended: Any, which: Any, result: Any) -> None:
        _, _, terminated, truncated, infos = result
        success = successes(infos, which.shape)
        self._recorder.end(
            ended,
            self._at[ended],
            self._by_slot(which, terminated),
            self._by_slot(which, truncated),
            None if success is None else self._by_slot(which, success),
        )
        self._alive[ended] = False

    def _end_incomplete(self, which: Any, code: int) -> None:
        if which.size:
            self._recorder.end_incomplete(which, self._at[which], code)
            self._alive[which] = False

    def _by_slot(self, which: Any, rows: Any) -> Any:
        whole = np.zeros(self._totals.shape, rows.dtype)
        whole[which] = rows
        return whole
