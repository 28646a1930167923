"""Gates: what CI may ask of a recording, and whether it is so. Nothing to judge is never a pass."""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass

from monitorcli.errors import BadRequest
from monitorcli.summary.comparison import Comparison
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

    `n` is the number of episodes that `value` is over. `unjudged` says why there was nothing.
    """

    gate: Gate
    met: bool
    value: float
    n: int
    baseline: float = math.nan
    unjudged: str = ""


def at_least(text: str) -> Gate:
    """The gate of `--fail-under STAT:VALUE`; raises BadRequest."""
    name, amount = _split("--fail-under", text)
    end, measure = _measure("--fail-under", text, name, set(MEASURES))
    value, percent = _amount("--fail-under", text, amount)
    if percent and measure not in _SHARES:
        raise _bad("--fail-under", text, f"{measure} is no share, so its limit has no percent sign.")
    return Gate("under", text, measure, end, value / 100 if percent else value)


def no_regression(text: str) -> Gate:
    """The gate of `--fail-regression STAT:AMOUNT`; raises BadRequest."""
    name, amount = _split("--fail-regression", text)
    end, measure = _measure("--fail-regression", text, name, {*MEASURES, P_IMPROVE})
    value, percent = _amount("--fail-regression", text, amount)
    if measure == P_IMPROVE:
        value = value / 100 if percent else value
        if not 0 <= value <= 1:
            raise _bad("--fail-regression", text, "a probability lies between 0 and 1.")
        return Gate("regression", text, measure, end, value)
    if end:
        raise _bad(
            "--fail-regression", text, f"compare {measure} itself; its interval belongs to --fail-under."
        )
    if value < 0:
        raise _bad("--fail-regression", text, "the amount is how far it may fall: 0 or more.")
    return Gate("regression", text, measure, "", value / 100 if percent else value, relative=percent)


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
        interval = new.interval(gate.measure)
        value = interval.low if gate.end == "ci_low" else interval.high
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
    value = comparison.p_improve
    if gate.end:
        interval = comparison.p_interval
        value = interval.low if gate.end == "ci_low" else interval.high
    if math.isnan(value):
        return _nothing(gate, "there are no episodes on both sides")
    return Verdict(gate, value >= gate.limit, value, comparison.n_new)


def _nothing(gate: Gate, why: str, n: int = 0) -> Verdict:
    return Verdict(gate, False, math.nan, n, unjudged=why)


def _split(option: str, text: str) -> tuple[str, str]:
    name, colon, amount = text.partition(":")
    if not colon or not name.strip() or not amount.strip():
        raise _bad(option, text, "it is written STAT:NUMBER.")
    return name.strip(), amount.strip()


def _measure(option: str, text: str, name: str, names: set[str]) -> tuple[str, str]:
    found = _NAME.match(name)
    end = (found and found["end"]) or ""
    measure = (found and (found["inner"] or found["plain"])) or name
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
    return end, measure


def _amount(option: str, text: str, amount: str) -> tuple[float, bool]:
    percent = amount.endswith("%")
    try:
        value = float(amount.removesuffix("%"))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _bad(option, text, f"{amount} is no number.")
    return value, percent


def _bad(option: str, text: str, why: str, hint: str = "") -> BadRequest:
    example = "mean:475, success:90% or ci_low(mean):450"
    if option == "--fail-regression":
        example = "mean:5%, iqm:10 or p_improve:0.5"
    return BadRequest(f"{option} {text}: {why}", hint or f"For example: {example}")
