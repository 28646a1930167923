"""What a `step` gave, read strictly: as one environment's, or why it is not that.

The step path comes here only with what is not as usual. The ends decide whether a result is one
environment's; a reward that is no number costs the return, which is NaN then.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

_NOTHING: Mapping[str, Any] = {}
_TRUTH = (bool, int, float, np.bool_, np.number)
_CONTAINERS = (Mapping, list, tuple, set, frozenset, str, bytes)


NOT_FROM_HERE = "is not recorded from here on"


class NotOneStep(Exception):
    """A result that is not one environment's; the message ends the sentence "step gave ..."."""


class Step(NamedTuple):
    """One environment's step; `info` is empty where the environment gave no dictionary."""

    reward: Any
    terminated: bool
    truncated: bool
    info: Mapping[str, Any]


def one_step(result: Any) -> Step:
    """The result as one environment's; raises NotOneStep, and nothing else."""
    try:
        _, reward, terminated, truncated, info = five(result)
        ends = truth(terminated), truth(truncated)
        if ends[0] is None or ends[1] is None:
            raise NotOneStep(f"{_oddest(reward, terminated, truncated)}, not what one environment gives")
        info = info if issubclass(type(info), Mapping) else _NOTHING
        return Step(_true_reward(info, reward), ends[0], ends[1], info)
    except NotOneStep:
        raise
    except Exception as error:
        raise NotOneStep(f"what raises {type(error).__name__} when it is looked at") from None


def five(result: Any) -> Any:
    """The result, if it is five values in a tuple or a list; what it is else, NotOneStep says."""
    if not issubclass(type(result), (tuple, list)):
        raise NotOneStep(f"{kind_of(result)}, not five values")
    if len(result) != 5:
        raise NotOneStep(f"{len(result)} values, not five")
    return result


def truth(value: Any) -> bool | None:
    """Whether an end is meant; None when `value` is not one truth value. What is None is no end."""
    if value is None:
        return False
    if not issubclass(type(value), _TRUTH):
        if math.prod(getattr(value, "shape", (0,))) != 1:
            return None
        value = value.item() if hasattr(value, "item") else bool(value)
    return bool(value) if issubclass(type(value), _TRUTH) else None


def as_float(reward: Any, odd: Any = None) -> float:
    """A reward of any numeric type, an array of one included; NaN, after `odd(reward)`, for anything else."""
    try:
        return float(reward.item() if hasattr(reward, "item") else reward)
    except Exception as error:  # whatever it is, it is the script's
        if isinstance(error, OverflowError):
            with contextlib.suppress(Exception):
                return math.inf if reward > 0 else -math.inf
    if odd is not None:
        odd(reward)
    return math.nan


def is_one_number(reward: Any) -> bool:
    """Whether `as_float` finds a number."""
    found: list[Any] = []
    as_float(reward, found.append)
    return not found


def kind_of(value: Any) -> str:
    """What a value is, for a sentence: "an array of shape (4,)", "a dict of 2", "None"."""
    if value is None:
        return "None"
    name = type(value).__name__
    try:
        shape = getattr(value, "shape", None)
        if shape is not None:
            return f"an array of shape {tuple(shape)}"
        size = f" of {len(value)}" if issubclass(type(value), _CONTAINERS) else ""
    except Exception:  # of an object that does as it likes
        size = ""
    return f"{'an' if name[:1] in 'aeiouAEIOU' else 'a'} {name}{size}"


def _oddest(reward: Any, terminated: Any, truncated: Any) -> str:
    """What says best that a result is not one environment's: of a batch, its rewards."""
    if not is_one_number(reward):
        return f"{kind_of(reward)} as reward"
    if truth(terminated) is None:
        return f"{kind_of(terminated)} as terminated"
    return f"{kind_of(truncated)} as truncated"


def _true_reward(info: Mapping[str, Any], reward: Any) -> Any:
    """Gym's way to score semi-supervised tasks."""
    try:
        return info.get("true_reward", reward)
    except Exception:  # a mapping that does as it likes
        return reward
