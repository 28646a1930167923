"""Whether an action is one of the environment's."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces

from monitorcli.errors import BadRequest

_CLIP = "--wrapper gymnasium.wrappers:ClipAction"


# Arrays with more numbers are compared by NumPy, which is slower for few.
_FEW = 64
_INTEGERS = frozenset({int, np.int64, np.int32})


def action_test(space: Any) -> Callable[[Any], bool]:
    """A function that says whether an action is in `space`, quickly for actions of the usual types."""
    if type(space) is spaces.Discrete:
        return _discrete_test(space)
    if type(space) is spaces.Box:
        return _box_test(space)
    return lambda action: bool(space.contains(action))


def no_action(action: Any, space: Any, policy: str) -> BadRequest:
    """The error for an action that is not in `space`, with both."""
    return BadRequest(
        f"the policy {policy!r} gave an action that the environment does not have: "
        f"{_shown(action)}, where the action space is {space}.",
        _hint(action, space),
    )


def _discrete_test(space: spaces.Discrete) -> Callable[[Any], bool]:
    first, end = int(space.start), int(space.start + space.n)

    def is_in(action: Any) -> bool:
        kind: type = action.__class__
        if kind in _INTEGERS:
            return bool(first <= action < end)
        return bool(space.contains(action))

    return is_in


def _box_test(space: spaces.Box) -> Callable[[Any], bool]:
    shape, dtype, few = space.shape, space.dtype, space.low.size <= _FEW
    low, high = space.low.ravel().tolist(), space.high.ravel().tolist()

    def is_in(action: Any) -> bool:
        if few and action.__class__ is np.ndarray and action.dtype == dtype and action.shape == shape:
            values = action.ravel().tolist()
            return all(map(operator.le, low, values)) and all(map(operator.le, values, high))
        return _in_box(action, space)

    return is_in


def _in_box(action: Any, space: spaces.Box) -> bool:
    """As `Box.contains`, but for the type: a list is fine, and so are 64 bits."""
    values = _as_numbers(action)
    if values is None or values.shape != space.shape:
        return False
    if values.dtype != space.dtype:
        values = values.astype(space.dtype)
    return bool(np.all(values >= space.low) and np.all(values <= space.high))


def _shown(action: Any) -> str:
    values = _as_numbers(action)
    if isinstance(action, np.ndarray):
        return f"{_text(action)} of shape {action.shape}, {action.dtype}"
    text = repr(action) if values is None or not values.shape else _text(values)
    if isinstance(action, np.generic):
        text = str(action)
    return f"{text[:100]}{'...' if len(text) > 100 else ''} ({type(action).__name__})"


def _text(values: Any) -> str:
    return np.array2string(values, separator=", ", threshold=20, precision=4).replace("\n", "")


def _as_numbers(action: Any) -> Any:
    """The action as an array of numbers, or None."""
    try:
        values = np.asarray(action)
    except Exception:  # noqa: BLE001 - a tensor that is not on the CPU, lists of different lengths
        return None
    return values if values.dtype.kind in "fiu" else None


def _hint(action: Any, space: Any) -> str:
    values = _as_numbers(action)
    if values is None:
        return ""
    if isinstance(space, spaces.Box) and values.shape == space.shape:
        if not np.all(np.isfinite(values)):
            return "It is not finite: the policy, or what it was given, has gone wrong."
        return f"To clip actions to what the environment has:  {_CLIP}"
    if space.shape is not None and values.shape == (1, *space.shape):
        return "This is a batch of one: give its first action alone, action[0]."
    if isinstance(space, spaces.Discrete) and values.dtype.kind == "f":
        return "These are not choices yet: give the number of the action, such as int(values.argmax())."
    return ""
