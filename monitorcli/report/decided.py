"""An evaluation that stopped when its gates were decided: what its run's file says of that, in words."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from monitorcli.recording.model import Recording, Run
from monitorcli.report.intervals import percent
from monitorcli.report.text import number, printable


class DecidedGate(NamedTuple):
    """A gate as it was decided. `value` is over the episodes that were run, `low` to `high` over all.

    `certain`: the others could not have changed the verdict. NaN where a gate has no such number.
    """

    gate: str
    met: bool
    certain: bool
    value: float
    low: float
    high: float


class Decision(NamedTuple):
    """After how many episodes of how many the gates were decided, and with what error."""

    episodes: int
    of: int
    error: float
    gates: tuple[DecidedGate, ...]

    @property
    def title(self) -> str:
        """`stopped when decided, 38 of 200`."""
        return f"stopped when decided, {self.episodes:,} of {self.of:,}"

    def sentence(self, gate: DecidedGate) -> str:
        """What was decided of the gate, how certainly, and from which values; without a full stop."""
        met = f"{gate.gate} is {'met' if gate.met else 'not met'}"
        if gate.certain:
            said = f"{met}, whatever the other {self.of - self.episodes:,} episodes give"
        else:
            said = f"{met} over all {self.of:,} episodes (error at most {percent(self.error)})"
        if math.isnan(gate.value):
            return said
        interval = f"{percent(1 - 2 * self.error)} interval"
        within = f"{number(gate.low)} to {number(gate.high)} over all ({interval})"
        return f"{said}: {number(gate.value)} over {self.episodes:,}, {within}"

    def of_gate(self, option: str) -> DecidedGate | None:
        """The gate that was typed so; None if it was not decided."""
        return next((one for one in self.gates if one.gate == option), None)


def decided(run: Run) -> Decision | None:
    """What the run's file says of its decision; None if it made none, or says nothing that can be one."""
    return parsed(run.how.get("decision"))


def stopped(recording: Recording) -> Decision | None:
    """The decision that stopped the last run; None if that was not stopped so."""
    return decided(recording.runs[-1]) if recording.runs else None


def parsed(document: Any) -> Decision | None:
    """The key `decision` of a run's file; None if it is no decision."""
    try:
        gates = tuple(_gate(dict(one)) for one in document["gates"])
        episodes, of, error = document["episodes"], document["of"], document["error"]
        if type(episodes) is int and type(of) is int and 0 < episodes < of and 0 < error <= 0.5:
            return Decision(episodes, of, float(error), gates)
    except (KeyError, OverflowError, TypeError, ValueError):
        pass
    return None


def _gate(document: dict[str, Any]) -> DecidedGate:
    value, low, high = (float(document.get(name, math.nan)) for name in ("value", "low", "high"))
    gate = printable(str(document["gate"]), limit=80)
    return DecidedGate(gate, document["met"] is True, document["certain"] is True, value, low, high)
