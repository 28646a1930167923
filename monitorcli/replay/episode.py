"""Make one episode again, and compare every observation, reward and end with its trace and its record."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from monitorcli.format import log
from monitorcli.format.ends import ENDS
from monitorcli.format.trace import BLOCK, NotKept, Running, Trace, leaf
from monitorcli.monitor.step_result import NotOneStep, as_float, one_step

# The bit generators of NumPy, by the names that a trace may have.
_BIT_GENERATORS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")
_MOST_SHOWN = 60


class Record(NamedTuple):
    """What the log says of an episode; `end` is its code."""

    episode_return: float
    length: int
    end: int


class Difference(NamedTuple):
    """Where a replayed episode is not the recorded one: the first step (0 is the reset), and both."""

    step: int
    was: str
    now: str

    def sentence(self) -> str:
        """What differs, for a list."""
        where = "its first observation" if self.step == 0 else f"step {self.step}"
        return f"{where}: {self.was} recorded, {self.now} replayed"


class _Over(Exception):
    """The episode need not go on: it differs."""


def play(
    env: Any,
    trace: Trace,
    record: Record,
    restore: bool = True,
    shown: Callable[[], None] = lambda: None,
    to_the_end: bool = False,
) -> Difference | None:
    """Run the episode again in `env`; the first difference, None if it is the same to the last bit.

    `restore` puts the random numbers where they stood; an environment that has just made the episodes
    before has them there. `shown` is called after the reset and each step. It stops at a difference,
    unless `to_the_end`.
    """
    run = _Run(trace, record, to_the_end)
    try:
        run.reset(env, restore)
        shown()
        for action in trace.actions:
            over = run.step(env, action)
            shown()
            if over:
                break
        run.end()
    except _Over:
        pass
    return run.difference


class _Run:
    """One replay, as far as it is."""

    def __init__(self, trace: Trace, record: Record, to_the_end: bool) -> None:
        self.difference: Difference | None = None
        self._trace, self._record, self._to_the_end = trace, record, to_the_end
        self._running: Running
        self._leaves: list[bytes] = []
        self._steps: list[tuple[Any, Any]] = []
        self._at = 0
        self._total = 0.0
        self._end = 0

    def reset(self, env: Any, restore: bool) -> None:
        if self._trace.steps != self._record.length:
            self._differ(
                0, f"{self._record.length} steps in the log, and {self._trace.steps} in the trace", "none"
            )
        random = self._trace.random or {}
        try:
            if restore:
                _restore(env, random)
            observation = env.reset(seed=random.get("seed"), options=self._trace.options)[0]
            first = leaf(observation)
        except Exception as error:
            raise self._raised(0, error) from error
        self._running = Running(first)
        if self._running.first != self._trace.first:
            self._differ(0, "another", _shown(observation))

    def step(self, env: Any, action: Any) -> bool:
        """Whether the environment says that the episode is over."""
        self._at += 1
        try:
            result = env.step(action)
            reward, terminated, truncated, _ = one_step(result)
            self._leaves.append(leaf(result[0]))
        except (NotOneStep, NotKept) as reason:
            raise self._noted(self._at, "a step", f"step gave {reason}") from reason
        except Exception as error:
            raise self._raised(self._at, error) from error
        self._steps.append((result[0], result[1]))
        self._total += as_float(reward)
        self._end = (log.END_TERMINATED if terminated else 0) | (log.END_TRUNCATED if truncated else 0)
        if self._end or len(self._leaves) == BLOCK:
            self._compare()
        return bool(self._end)

    def end(self) -> None:
        """Compare what is known once all steps were made."""
        self._compare()
        record, at = self._record, self._at
        ended = record.end if record.end < log.CUT_RESET else 0
        if at != record.length or self._end != ended:
            was = f"{ENDS[record.end].whole} after {record.length}" if record.length else "no step"
            now = f"{ENDS[self._end].whole} after {at}" if self._end else f"not over after {at}"
            self._differ(at, was, now)
        elif not _same(self._total, record.episode_return):
            self._differ(at, f"a return of {record.episode_return!r}", f"{self._total!r}")
        elif self._running.digest() != self._trace.digest:
            self._differ(at, "a hash of all observations and rewards", "another")

    def _compare(self) -> None:
        """The checks of the steps since the last time, against those of the trace."""
        if not self._leaves:
            return
        first = self._at - len(self._leaves)
        try:
            checks = self._running.add(self._leaves, [reward for _, reward in self._steps])
        except NotKept as reason:
            raise self._noted(self._at, "a step", str(reason)) from reason
        wrong = np.flatnonzero(checks != self._trace.checks[first : self._at])
        if len(wrong):
            observation, reward = self._steps[int(wrong[0])]
            now = f"reward {_shown(reward)} and observation {_shown(observation)}"
            self._differ(first + int(wrong[0]) + 1, "another reward or observation", now)
        self._leaves, self._steps = [], []

    def _raised(self, step: int, error: Exception) -> _Over:
        return self._noted(step, "no error", f"{type(error).__name__}: {error}"[:200])

    def _differ(self, step: int, was: str, now: str) -> None:
        over = self._noted(step, was, now)
        if not self._to_the_end:
            raise over

    def _noted(self, step: int, was: str, now: str) -> _Over:
        """Keep the first difference; raise the result where the episode cannot go on."""
        if self.difference is None:
            self.difference = Difference(step, was, now)
        return _Over()


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def _shown(value: Any) -> str:
    text = " ".join(str(value.item() if isinstance(value, np.generic) else value).split())
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


def _restore(env: Any, random: dict[str, Any]) -> None:
    """Put the environment's random numbers where they stood before the reset."""
    state, entropy = random.get("state"), random.get("entropy")
    if state is None and entropy is None:
        return
    name = (state or random).get("bit_generator")
    if name not in _BIT_GENERATORS:
        return  # which the first observation or a step will show
    bits = getattr(np.random, name)(np.random.SeedSequence(entropy) if state is None else 0)
    if state is not None:
        bits.state = state
    base = env.unwrapped
    base._np_random = np.random.Generator(bits)
    if getattr(base, "_np_random_seed", 0) is None:
        base._np_random_seed = entropy if state is None else -1
