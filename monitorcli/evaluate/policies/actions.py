"""Whether an action is one of the environment's."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces

from monitorcli.errors import BadRequest

_CLIP = "--wrapper gymnasium.wrappers:ClipAction"


def check_action(action: Any, space: Any, policy: str) -> None:
    """Raise BadRequest, with the action and the space, if `action` is not in `space`."""
    if not (_in_box(action, space) if type(space) is spaces.Box else space.contains(action)):
        raise BadRequest(
            f"the policy {policy!r} gave an action that the environment does not have: "
            f"{_shown(action)}, where the action space is {space}.",
            _hint(action, space),
        )


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
