"""The proof: some episodes are run a second time, elsewhere and in another order, and must be equal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from monitorcli.evaluate.engines.interface import Engine, Result
from monitorcli.evaluate.job import Job
from monitorcli.evaluate.outcome import Ended, Failed, Outcome

# One episode of so many is repeated where nobody says how many are, but no more than MOST.
_ONE_OF, _MOST = 50, 10


class Repeat(NamedTuple):
    """An episode's two outcomes."""

    first: Outcome
    second: Outcome

    def equal(self) -> bool:
        """Whether both ended, and to the last bit alike."""
        if isinstance(self.first, Failed) or isinstance(self.second, Failed):
            return False
        return (self.first.bits(), self.first.trace) == (self.second.bits(), self.second.trace)


def how_many(asked: int | None, episodes: int) -> int:
    """How many of so many episodes are repeated."""
    count = min(_MOST, max(1, round(episodes / _ONE_OF))) if asked is None else asked
    return min(count, episodes)


def chosen(seeds: Sequence[int], count: int) -> set[int]:
    """So many of the seeds, from all over the evaluation.

    The last is among them, because before it most has happened that a policy may remember.
    """
    return {seeds[(number + 1) * len(seeds) // count - 1] for number in range(count)}


def prove(engine: Engine, results: Sequence[Result], elsewhere: bool) -> list[Repeat]:
    """Run these episodes again, the last one first; `elsewhere` is by another of the engine's workers."""
    ended = [result for result in results if isinstance(result.outcome, Ended)]
    again = sorted(ended, key=lambda result: -result.outcome.seed)
    firsts = {result.outcome.seed: result.outcome for result in again}
    jobs = [Job(one.outcome.seed, True, False, one.worker if elsewhere else None) for one in again]
    seconds = [result.outcome for result in engine.run(jobs)]
    found = [Repeat(firsts[second.seed], second) for second in seconds]
    return sorted(found, key=lambda repeat: repeat.first.seed)


def document(repeats: Sequence[Repeat], error: str = "") -> dict[str, Any]:
    """The key `repeats` of a run's file; `error` is why none could be run."""
    return {
        "episodes": len(repeats),
        "equal": sum(repeat.equal() for repeat in repeats),
        "different": [
            {"seed": repeat.first.seed, "first": _told(repeat.first), "second": _told(repeat.second)}
            for repeat in repeats
            if not repeat.equal()
        ],
        **({"error": error} if error else {}),
    }


def _told(outcome: Outcome) -> dict[str, Any]:
    """An outcome in a run's file. A return is text, as `float.hex` has it: JSON has no NaN."""
    if isinstance(outcome, Failed):
        return {"error": outcome.error}
    value = outcome.episode_return.hex()
    return {"return": value, "length": outcome.length, "end": outcome.end, "trace": outcome.trace}
