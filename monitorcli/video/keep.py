"""Which films are kept when their episode is over: the rules of `--keep`, and what they choose."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Callable, Generic, NamedTuple, TypeVar

from monitorcli.errors import BadRequest
from monitorcli.format import modes

FORMS = "best:N, worst:N, failed:N, last:N, or several, with commas"


class Outcome(NamedTuple):
    """What an episode came to. `order` counts ends; `success` is the log's: 1, 0, or -1 when not known."""

    order: float
    episode_return: float
    completed: bool
    success: int = -1
    mode: bytes = modes.TRAINING


class Rule(NamedTuple):
    """A kind of episode, and how many films of that kind are kept."""

    kind: str
    most: int

    def chosen(self, outcomes: Iterable[Outcome]) -> set[Outcome]:
        """The outcomes it keeps; of equal returns the earlier, of failures and of the last the latest."""
        least, key = _KINDS[self.kind]
        found = [outcome for outcome in outcomes if outcome.completed and least(outcome)]
        return set(sorted(found, key=key)[: self.most])


_Selects = Callable[[Outcome], bool]
_Sorts = Callable[[Outcome], "tuple[float, float]"]
_KINDS: dict[str, tuple[_Selects, _Sorts]] = {
    "best": (lambda one: not math.isnan(one.episode_return), lambda one: (-one.episode_return, one.order)),
    "worst": (lambda one: not math.isnan(one.episode_return), lambda one: (one.episode_return, one.order)),
    "failed": (lambda one: one.success == 0, lambda one: (-one.order, 0.0)),
    "last": (lambda one: True, lambda one: (-one.order, 0.0)),
}


def parse(text: str) -> tuple[Rule, ...]:
    """The rules that `--keep TEXT` names. Raises BadRequest."""
    rules: list[Rule] = []
    for part in text.split(","):
        found = re.fullmatch(r"(best|worst|failed|last)(?::([1-9][0-9]{0,3}))?", part.strip())
        if not found:
            raise BadRequest(
                f"--keep {text!r}: {part!r} is no rule.", f"Use {FORMS}. For example: best:3,last"
            )
        if found[1] in {rule.kind for rule in rules}:
            raise BadRequest(f"--keep {text!r} has {found[1]} twice.", f"Use {FORMS}.")
        rules.append(Rule(found[1], int(found[2] or 1)))
    return tuple(rules)


def as_typed(rules: Sequence[Rule]) -> str:
    """The rules as text that `parse` reads."""
    return ",".join(f"{rule.kind}:{rule.most}" for rule in rules)


def chosen(rules: Sequence[Rule], outcomes: Iterable[Outcome]) -> set[Outcome]:
    """The outcomes whose films are kept, of each mode by itself. Each has an `order` of its own."""
    by_mode: dict[bytes, list[Outcome]] = {}
    for outcome in outcomes:
        by_mode.setdefault(outcome.mode, []).append(outcome)
    return {one for same in by_mode.values() for rule in rules for one in rule.chosen(same)}


_Film = TypeVar("_Film")


class Kept(Generic[_Film]):
    """The films that one writer keeps for now, never more than the rules have room for."""

    def __init__(self) -> None:
        self._films: dict[Outcome, _Film | None] = {}
        self._ended = 0

    def offer(self, rules: Sequence[Rule], outcome: Outcome, film: _Film | None) -> list[_Film]:
        """Consider one more film, whose `order` is given here; returns those that are not kept any more.

        None stands for a film that is kept whatever its outcome, and leaves others the less room.
        """
        self._ended += 1
        self._films[outcome._replace(order=self._ended)] = film
        keep = chosen(rules, self._films)
        gone = [self._films.pop(one) for one in list(self._films) if one not in keep]
        return [film for film in gone if film is not None]

    def films(self) -> list[_Film]:
        """Those that are kept now, in the order of ends."""
        return [film for film in self._films.values() if film is not None]
