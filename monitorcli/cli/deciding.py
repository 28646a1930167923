"""`--stop-when-decided`: watches an evaluation's episodes, and knows when the verdicts are certain enough."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from monitorcli.cli.request import Request
from monitorcli.errors import BadRequest
from monitorcli.evaluate.engines.interface import Result
from monitorcli.evaluate.order import DRAWN
from monitorcli.evaluate.outcome import Failed
from monitorcli.evaluate.plan import Plan
from monitorcli.format import log
from monitorcli.format.batch import seeds as seeds_of
from monitorcli.recording.model import Recording
from monitorcli.report.decided import stopped
from monitorcli.report.text import number
from monitorcli.summary.gates import Gate
from monitorcli.summary.measures import Measured
from monitorcli.summary.selection import take
from monitorcli.summary.sequential.gates import COLUMNS, GateRule, Old, refuse_undecidable, rule_for

DEFAULT_ERROR = 0.05


class Deciding:
    """The rules of the gates, fed with the episodes in the order of visit."""

    def __init__(self, rules: Sequence[GateRule], episodes: int, error: float, values: str) -> None:
        """`values` is the range that was typed, for the sentence about an episode outside of it."""
        self._rules = rules
        self._episodes, self._error, self._range = episodes, error, values
        self._count = 0
        self.void = ""  # why nothing is decided early any more

    def take(self, result: Result) -> bool:
        """Take the next episode, with its record; whether all gates are decided."""
        seed = result.outcome.seed
        if isinstance(result.outcome, Failed) or result.sent is None:
            self.void = self.void or f"the episode with seed {seed} failed"
            return False
        record = np.frombuffer(result.sent.record, log.RECORD)[0]
        return self.add(
            seed, {"episode_return": float(record["return"]), "success": float(record["success"])}
        )

    def add(self, seed: int, values: Mapping[str, float]) -> bool:
        """The same of an episode's values by their columns."""
        self._count += 1
        for one in self._rules:
            one.add(values[one.column])
            if one.rule.void and not self.void:
                self.void = self._outside(seed, values, one)
        return self.decided

    @property
    def decided(self) -> bool:
        """Whether all gates are decided, by at least one episode and before the last."""
        begun = 0 < self._count < self._episodes
        return begun and not self.void and all(one.rule.decision is not None for one in self._rules)

    def why_not(self) -> str:
        """Why it was not stopped early, where it was not."""
        if self.void:
            return f"given up, for {self.void}: all {self._episodes:,} episodes were run"
        return f"not decided before the last of {self._episodes:,} episodes: the verdict is that of all"

    def document(self) -> dict[str, Any] | None:
        """The key `decision` of a run's file; None where nothing was decided early."""
        if not self.decided:
            return None
        return {
            "episodes": self._count,
            "of": self._episodes,
            "error": self._error,
            "gates": [_document(one) for one in self._rules],
        }

    def _outside(self, seed: int, values: Mapping[str, float], one: GateRule) -> str:
        if one.column == "success":
            return f"the episode with seed {seed} did not say whether it was a success"
        value = number(values[one.column])
        return f"the episode with seed {seed} has the return {value}, outside of --return-range {self._range}"


def refuse(request: Request, gates: Sequence[Gate]) -> None:
    """Raise BadRequest if the gates cannot be decided early."""
    refuse_undecidable(gates, _range(request.return_range))


def how(request: Request, gates: Sequence[Gate]) -> dict[str, Any]:
    """What the run's file says of it from the beginning."""
    options = [gate.option for gate in gates]
    return {"order": DRAWN, "stop_when_decided": {"error": _error(request), "gates": options}}


def begin(
    request: Request, gates: Sequence[Gate], baseline: Recording | None, plan: Plan, order: Sequence[int]
) -> Deciding:
    """The rules for the seeds of the plan, in the order of visit. Raises BadRequest."""
    error = _error(request)
    values = _range(request.return_range)
    old = {} if baseline is None else _old(baseline, plan, order)
    rules = [rule_for(gate, plan.episodes, error, values, old) for gate in gates]
    return Deciding(rules, plan.episodes, error, request.return_range or "")


def _error(request: Request) -> float:
    return DEFAULT_ERROR if request.error is None else request.error


def _range(text: str | None) -> tuple[float, float] | None:
    """The range that `--return-range LOW:HIGH` names. Raises BadRequest."""
    if text is None:
        return None
    found = re.fullmatch(r"([^:]+):([^:]+)", text)
    try:
        low, high = (float(end) for end in found.groups()) if found else (math.nan, math.nan)
    except ValueError:
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise BadRequest(f"--return-range {text!r} is not LOW:HIGH.", "For example: --return-range 0:500")
    return low, high


def _old(baseline: Recording, plan: Plan, order: Sequence[int]) -> dict[str, Old]:
    """What the baseline has of each measure, and its values with the seeds of the plan if it has them all."""
    same = [at for at, series in enumerate(baseline.series) if series.env_id == plan.about.env_id]
    if len(same) != 1:
        raise BadRequest(
            f"the baseline {baseline.directory} has {len(same) or 'no'} series of {plan.about.env_id}, "
            "and --stop-when-decided compares with one."
        )
    if before := stopped(baseline):
        raise BadRequest(
            f"the baseline {baseline.directory} was {before.title}: what was run of it is no fair sample.",
            f"`monitorcli resume {baseline.directory}` runs the rest, without --stop-when-decided.",
        )
    episodes = baseline.episodes
    rows = np.flatnonzero((episodes.series == same[0]) & episodes.completed)
    known = seeds_of(episodes.seed[rows], episodes.seed_high[rows], episodes.seeded[rows])
    by_seed = dict(zip(known, rows.tolist(), strict=True))
    measured = Measured(take(episodes, rows))
    found = {}
    for measure, column in COLUMNS.items():
        beside = None
        if all(seed in by_seed for seed in order):
            values = getattr(episodes, column)[[by_seed[seed] for seed in order]].astype(np.float64)
            sound = np.isfinite(values).all() and (measure == "mean" or (values >= 0).all())
            beside = values if sound else None
        found[measure] = Old(measured.value(measure), beside)
    return found


def _document(one: GateRule) -> dict[str, Any]:
    decision, interval = one.rule.decision, one.rule.interval()
    assert decision is not None
    known = {"value": one.value, "low": interval.low, "high": interval.high}
    return {
        "gate": one.gate.option,
        "met": decision.met,
        "certain": decision.certain,
        **({} if one.gate.kind == "episodes" else known),
    }
