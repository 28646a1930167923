"""Gates: what CI may ask of a recording, as one types it. `judge` says whether it is so."""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass

from monitorcli.errors import BadRequest
from monitorcli.summary.measures import MEASURES, has_interval

P_IMPROVE = "p_improve"
POINT = "point"
_SHARES = ("success", P_IMPROVE)  # may be given in percent
_NAME = re.compile(r"(?:(?P<end>ci_low|ci_high|point)\((?P<inner>\w+)\)|(?P<plain>\w+))\Z")


@dataclass(frozen=True, slots=True)
class Gate:
    """One thing that must hold. `text` is what was typed.

    kind "under": the measure must reach `limit`. "regression": it must not fall by more than `limit`
    below the baseline's, of which `limit` is a share when `relative`. "episodes": so many completed.
    `end` is "ci_low" or "ci_high" for an end of the interval; of a regression, "point" for the bare numbers.
    """

    kind: str
    text: str
    measure: str  # of MEASURES, or p_improve, or "episodes"
    end: str
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


def at_least(text: str) -> Gate:
    """The gate of `--fail-under STAT:VALUE`; raises BadRequest."""
    option = "--fail-under"
    end, measure, value, percent = _parsed(option, text, set(MEASURES))
    if end == POINT:
        raise _bad(
            option,
            text,
            f"{measure} is compared as it is anyway: {text.replace(f'point({measure})', measure)}",
        )
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
    if end not in ("", POINT):
        raise _bad(option, text, f"compare {measure} itself; its interval belongs to --fail-under.")
    if value < 0:
        raise _bad(option, text, "the amount is how far it may fall: 0 or more.")
    if not end and not has_interval(measure):
        bare = f"To compare the numbers alone: point({measure}){text[text.index(':') :]}"
        raise _bad(option, text, f"whether a fall of {measure} is chance cannot be told.", bare)
    return Gate("regression", text, measure, end, value, relative=percent)


def enough_episodes(count: int) -> Gate:
    """The gate of `--min-episodes N`."""
    return Gate("episodes", str(count), "episodes", "", count)


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
            f"There are: {', '.join(sorted(names))}; and ci_low(...), ci_high(...)"
            f"{', point(...)' if P_IMPROVE in names else ''}.",
        )
    if end not in ("", POINT) and measure != P_IMPROVE and not has_interval(measure):
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
