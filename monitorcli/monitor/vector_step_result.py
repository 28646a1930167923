"""What a vector environment's `step` and `reset` gave and were given, as arrays of one value a slot.

The step path comes here only with what is not as usual, and for what is read once an episode.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from monitorcli.monitor.episode_recorder import success_in
from monitorcli.monitor.step_result import NotOneStep, kind_of


def chosen_slots(options: Any, shape: tuple[int, ...]) -> Any:
    """Which slots a reset is for: by Gymnasium's `reset_mask`, by ManiSkill's `env_idx`, or all."""
    try:
        if options.get("reset_mask") is not None:
            return as_array(options["reset_mask"]).astype(np.bool_).reshape(shape)
        if options.get("env_idx") is not None:
            chosen = np.zeros(shape, np.bool_)
            chosen[as_array(options["env_idx"])] = True
            return chosen
    except Exception:  # of options that mean something else
        pass
    return np.ones(shape, np.bool_)


def as_array(value: Any) -> Any:
    """A NumPy array of what an environment returned: a list, a tensor of another library."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    return np.asarray(value)


def as_rewards(value: Any, shape: tuple[int, ...], odd: Any) -> Any:
    """One reward a slot; NaN for every slot, after `odd(value)`, when there are several, or none."""
    try:
        if hasattr(value, "double"):  # NumPy has not all of torch's types
            value = value.double()
        return as_array(value).astype(np.float64).reshape(shape)
    except Exception:  # whatever it is, it is the script's
        odd(value)
        return np.full(shape, np.nan)


def as_ends(value: Any, shape: tuple[int, ...], name: str) -> Any:
    """One truth value a slot; one for all is for each. Raises NotOneStep when it is neither."""
    try:
        found = as_array(value)
        if found.dtype.kind in "biuf" and (found.ndim == 0 or found.size == shape[0]):
            return np.broadcast_to(found if found.ndim == 0 else found.reshape(shape), shape).astype(np.bool_)
    except Exception:  # whatever it is, it is the script's
        pass
    raise NotOneStep(f"step gave {kind_of(value)} as {name}, not one for each of {shape[0]}")


def successes(infos: Any, shape: tuple[int, ...]) -> Any:
    """What the infos say of success, for all slots: 1, 0, or -1 where they say nothing; None for none."""
    final = infos.get("final_info") if isinstance(infos, dict) else infos
    if isinstance(final, (list, tuple, np.ndarray)):  # a dictionary a slot, as before Gymnasium 1.0
        said = [success_in(info) if isinstance(info, dict) else -1 for info in final]
        return np.array(said, np.int8) if len(said) == shape[0] else None
    for source in (final, infos):
        for key in ("is_success", "success"):
            if isinstance(source, dict) and key in source:
                return _column(source[key], source.get(f"_{key}"), shape)
    return None


def _column(values: Any, mask: Any, shape: tuple[int, ...]) -> Any:
    try:
        found = as_array(values).reshape(shape)
        told = np.ones(shape, np.bool_) if mask is None else as_array(mask).reshape(shape).astype(np.bool_)
        told = told & np.array([value is not None for value in found]) if found.dtype == object else told
        return np.where(told, found.astype(np.bool_), -1).astype(np.int8)
    except (TypeError, ValueError):
        return None
