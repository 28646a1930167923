"""The proof: some episodes are run a second time, elsewhere and in another order, and must be equal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from monitorcli.evaluate.engines.interface import Engine, Job, Result
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
        return self.first.bits() == self.second.bits()


def how_many(asked: int | None, episodes: int) -> int:
    """How many of so many episodes are repeated."""
    count = min(_MOST, max(1, round(episodes / _ONE_OF))) if asked is None else asked
    return min(count, episodes)


def chosen(results: Sequence[Result], count: int) -> list[Result]:
    """So many of the results, from all over the evaluation, the last one first.

    The last is among them, because before it most has happened that a policy may remember.
    """
    return [results[(number + 1) * len(results) // count - 1] for number in reversed(range(count))]


def prove(engine: Engine, results: Sequence[Result], count: int, elsewhere: bool) -> list[Repeat]:
    """Run `count` of the episodes again; if `elsewhere`, each by another of the engine's workers."""
    ended = sorted(
        (result for result in results if isinstance(result.outcome, Ended)),
        key=lambda result: result.outcome.seed,
    )
    again = chosen(ended, min(count, len(ended)))
    firsts = {result.outcome.seed: result.outcome for result in again}
    jobs = [Job(one.outcome.seed, False, one.worker if elsewhere else None) for one in again]
    found = [Repeat(firsts[second.seed], second) for second, _ in engine.run(jobs)]
    return sorted(found, key=lambda repeat: repeat.first.seed)


def document(repeats: Sequence[Repeat]) -> dict[str, Any]:
    """The key `repeats` of a run's file."""
    return {
        "episodes": len(repeats),
        "equal": sum(repeat.equal() for repeat in repeats),
        "different": [
            {"seed": repeat.first.seed, "first": _told(repeat.first), "second": _told(repeat.second)}
            for repeat in repeats
            if not repeat.equal()
        ],
    }


def _told(outcome: Outcome) -> dict[str, Any]:
    """An outcome in a run's file. A return is text, as `float.hex` has it: JSON has no NaN."""
    if isinstance(outcome, Failed):
        return {"error": outcome.error}
    return {"return": outcome.episode_return.hex(), "length": outcome.length, "end": outcome.end}
