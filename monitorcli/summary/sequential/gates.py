"""Which rule decides a gate early, and which gates none can decide."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from monitorcli.errors import BadRequest
from monitorcli.summary.gates import POINT, Gate
from monitorcli.summary.intervals import UNKNOWN, Interval
from monitorcli.summary.sequential.mean import MeanRule, Values
from monitorcli.summary.sequential.rule import Decision, Rule
from monitorcli.summary.sequential.success import SuccessRule

# What is decided, and the column of Episodes that has its values.
COLUMNS = {"mean": "episode_return", "success": "success"}
_SUCCESS_RANGE = (0.0, 1.0)


class Old(NamedTuple):
    """A baseline's value, and its values in the order of visit, shape (N,); None without the same seeds."""

    value: float
    beside: Values | None


@dataclass
class GateRule:
    """A gate, the rule that decides it, and the mean of the values so far."""

    gate: Gate
    rule: Rule
    column: str
    count: int = field(default=0, init=False)
    total: float = field(default=0.0, init=False)

    def add(self, value: float) -> None:
        """Take the next episode's value."""
        self.rule.add(value)
        self.count += 1
        self.total += value

    @property
    def value(self) -> float:
        """The mean so far; NaN before the first episode."""
        return self.total / self.count if self.count else math.nan


class EpisodesRule:
    """Waits until so many episodes have been completed."""

    void = ""

    def __init__(self, episodes: int, wanted: float) -> None:
        self._count, self._wanted = 0, wanted
        self.decision: Decision | None = None if episodes >= wanted else Decision(False, certain=True)

    def add(self, value: float) -> None:
        """Count an episode."""
        self._count += 1
        if self._count >= self._wanted:
            self.decision = Decision(True, certain=True)

    def interval(self) -> Interval:
        """None: it is no estimate."""
        return UNKNOWN


def refuse_undecidable(gates: Sequence[Gate], value_range: tuple[float, float] | None) -> None:
    """Raise BadRequest for a gate that no rule can decide, and for a mean without a range."""
    for gate in gates:
        if gate.kind == "episodes":
            continue
        if gate.end not in ("", POINT) or gate.measure not in COLUMNS:
            raise BadRequest(
                f"--stop-when-decided cannot decide {gate.option}: only success and mean can be known early.",
                "For example: --fail-under success:80%, or --fail-under mean:475 --return-range 0:500",
            )
        if gate.measure == "mean" and value_range is None:
            raise BadRequest(
                f"--stop-when-decided needs --return-range LOW:HIGH for {gate.option}.",
                "From where to where a return can be at all, for example: --return-range 0:500",
            )


def rule_for(
    gate: Gate,
    episodes: int,
    error: float,
    value_range: tuple[float, float] | None,
    old: Mapping[str, Old],
) -> GateRule:
    """The rule that decides the gate; `old` has what a baseline has of each measure. Raises BadRequest."""
    if gate.kind == "episodes":
        return GateRule(gate, EpisodesRule(episodes, gate.limit), COLUMNS["mean"])
    column = COLUMNS[gate.measure]
    if gate.kind == "under" and gate.measure == "success":
        return GateRule(gate, SuccessRule(episodes, gate.limit, error), column)
    low, high = _SUCCESS_RANGE if gate.measure == "success" else value_range or (math.nan, math.nan)
    if gate.kind == "under":
        return GateRule(gate, MeanRule(episodes, low, high, gate.limit, error), column)
    before = old[gate.measure]
    limit = _least(gate, before.value)
    return GateRule(gate, MeanRule(episodes, low, high, limit, error, before.beside), column)


def _least(gate: Gate, old: float) -> float:
    """The value that is a fall of exactly what is allowed."""
    if math.isnan(old):
        raise BadRequest(f"{gate.option}: the baseline has no {gate.measure}.")
    if gate.relative and old <= 0:
        raise BadRequest(
            f"{gate.option}: the baseline's {gate.measure} is {old:g}, and a percentage of that is no fall.",
            f"Say how far it may fall: --fail-regression {gate.measure}:AMOUNT",
        )
    return old - gate.limit * old if gate.relative else old - gate.limit
