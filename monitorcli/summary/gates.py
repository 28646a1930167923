"""Gates: what CI may ask of a recording, and whether it is so. Nothing to judge is never a pass."""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass

from monitorcli.errors import BadRequest
from monitorcli.summary.comparison import Comparison
from monitorcli.summary.intervals import Interval
from monitorcli.summary.measures import MEASURES, Measured, has_interval

P_IMPROVE = "p_improve"
_SHARES = ("success", P_IMPROVE)  # may be given in percent
_NAME = re.compile(r"(?:(?P<end>ci_low|ci_high)\((?P<inner>\w+)\)|(?P<plain>\w+))\Z")


@dataclass(frozen=True, slots=True)
class Gate:
    """One thing that must hold. `text` is what was typed.

    kind "under": the measure must reach `limit`. "regression": it must not fall by more than `limit`
    below the baseline's, of which `limit` is a share when `relative`. "episodes": so many completed.
    """

    kind: str
    text: str
    measure: str  # of MEASURES, or p_improve, or "episodes"
    end: str  # "", "ci_low" or "ci_high"
    limit: float
    relative: bool = False

    @property
    def option(self) -> str:
        """The option that asks for it, as one would type it."""
        name = {"under": "--fail-under", "regression": "--fail-regression"}.get(self.kind, "--min-episodes")
        return f"{name} {self.text}"

    @property
    def name(self) -> str:
        """`mean`, `ci_low(mean)`, `p_improve`, `episodes`."""
        return f"{self.end}({self.measure})" if self.end else self.measure


@dataclass(frozen=True, slots=True)
class Verdict:
    """A gate and what was found. `value` and `baseline` are NaN when there was nothing to judge.

    `n` is the number of episodes that `value` is over. `unjudged` says why there was nothing. `early` is
    the sentence about a gate that was decided before all episodes were run.
    """

    gate: Gate
    met: bool
    value: float
    n: int
    baseline: float = math.nan
    unjudged: str = ""
    early: str = ""


def at_least(text: str) -> Gate:
    """The gate of `--fail-under STAT:VALUE`; raises BadRequest."""
    option = "--fail-under"
    end, measure, value, percent = _parsed(option, text, set(MEASURES))
    if percent and measure not in _SHARES:
        raise _bad(option, text, f"{measure} is no share, so its limit has no percent sign.")
    return Gate("under", text, measure, end, value)


def no_regression(text: str) -> Gate:
    """The gate of `--fail-regression STAT:AMOUNT`; raises BadRequest."""
    option = "--fail-regression"
    end, measure, value, percent = _parsed(option, text, {*MEASURES, P_IMPROVE})
    if measure == P_IMPROVE:
        if not 0 <= value <= 1:
            raise _bad(option, text, "a probability lies between 0 and 1.")
        return Gate("regression", text, measure, end, value)
    if end:
        raise _bad(option, text, f"compare {measure} itself; its interval belongs to --fail-under.")
    if value < 0:
        raise _bad(option, text, "the amount is how far it may fall: 0 or more.")
    return Gate("regression", text, measure, "", value, relative=percent)


def enough_episodes(count: int) -> Gate:
    """The gate of `--min-episodes N`."""
    return Gate("episodes", str(count), "episodes", "", count)


def judge(gate: Gate, new: Measured, comparison: Comparison | None) -> Verdict:
    """Whether the gate holds; a gate on a regression needs the comparison."""
    completed = int(new.episodes.completed.sum())
    if gate.kind == "episodes":
        return Verdict(gate, completed >= gate.limit, completed, completed)
    if gate.kind == "under":
        return _under(gate, new)
    assert comparison is not None
    return _improved(gate, comparison) if gate.measure == P_IMPROVE else _fallen(gate, new, comparison.old)


def _under(gate: Gate, new: Measured) -> Verdict:
    n, value = new.n(gate.measure), new.value(gate.measure)
    if not n:
        return _nothing(gate, "no completed episode has a value")
    if gate.end:
        value = _end(new.interval(gate.measure), gate)
    if math.isnan(value):
        return _nothing(gate, "one episode is too few", n)
    return Verdict(gate, value >= gate.limit, value, n)


def _fallen(gate: Gate, new: Measured, old: Measured) -> Verdict:
    for side, name in ((new, "no completed episode has a value"), (old, "the baseline has no value")):
        if not side.n(gate.measure):
            return _nothing(gate, name)
    value, baseline, n = new.value(gate.measure), old.value(gate.measure), new.n(gate.measure)
    if math.isnan(value) or math.isnan(baseline):
        return _nothing(gate, "one episode is too few", n)
    allowed = gate.limit * abs(baseline) if gate.relative else gate.limit
    fallen = baseline - value
    # A fall of exactly what is allowed may come out one bit larger.
    met = fallen <= allowed or math.isclose(fallen, allowed, rel_tol=1e-12)
    return Verdict(gate, met, value, n, baseline)


def _improved(gate: Gate, comparison: Comparison) -> Verdict:
    value = _end(comparison.p_interval, gate) if gate.end else comparison.p_improve
    if math.isnan(value):
        return _nothing(gate, "there are no episodes on both sides")
    return Verdict(gate, value >= gate.limit, value, comparison.n_new)


def _end(interval: Interval, gate: Gate) -> float:
    return interval.low if gate.end == "ci_low" else interval.high


def _nothing(gate: Gate, why: str, n: int = 0) -> Verdict:
    return Verdict(gate, False, math.nan, n, unjudged=why)


def _parsed(option: str, text: str, names: set[str]) -> tuple[str, str, float, bool]:
    """The end of an interval or "", the measure, the number, and whether that was given in percent."""
    typed, colon, amount = (part.strip() for part in text.partition(":"))
    if not colon or not typed or not amount:
        raise _bad(option, text, "it is written STAT:NUMBER.")
    found = _NAME.match(typed)
    end = (found and found["end"]) or ""
    measure = (found and (found["inner"] or found["plain"])) or typed
    if measure not in names:
        near = difflib.get_close_matches(measure, sorted(names), 1)
        raise _bad(
            option,
            text,
            f"there is no {measure}." + (f" Did you mean {near[0]}?" if near else ""),
            f"There are: {', '.join(sorted(names))}; and ci_low(...), ci_high(...).",
        )
    if end and measure != P_IMPROVE and not has_interval(measure):
        raise _bad(option, text, f"{measure} has no interval.")
    try:
        value = float(amount.removesuffix("%"))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _bad(option, text, f"{amount} is no number.")
    percent = amount.endswith("%")
    return end, measure, value / 100 if percent else value, percent


def _bad(option: str, text: str, why: str, hint: str = "") -> BadRequest:
    example = "mean:475, success:90% or ci_low(mean):450"
    if option == "--fail-regression":
        example = "mean:5%, iqm:10 or p_improve:0.5"
    return BadRequest(f"{option} {text}: {why}", hint or f"For example: {example}")
