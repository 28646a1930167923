"""The step path of a vector environment that is one object: one call counts for every slot.

For Gymnasium's Sync- and AsyncVectorEnv the environments inside are recorded instead (`tap`), which
sees more. This is for the others, whose slots are rows of arrays: CartPole's own vector class.
What each autoreset mode asks of a recorder stands in docs/recording.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from monitorcli.monitor import log
from monitorcli.monitor.slot import success_in
from monitorcli.monitor.tap import Tap
from monitorcli.monitor.vector_slots import Slots

NEXT_STEP, SAME_STEP, DISABLED = "NEXT_STEP", "SAME_STEP", "DISABLED"


def tap_vector(env: Any, slots: Slots, mode: str) -> Tap:
    """Record into `slots` what goes through the vector environment's own step and reset."""
    env_step, env_reset = env.step, env.reset
    totals, shape, array = slots.totals, slots.totals.shape, np.ndarray
    add, nothing = np.add, np.zeros(0, np.intp)
    alive = np.zeros(shape, np.bool_)  # slots with a running episode
    running = False  # whether there was a reset
    partly = False  # whether a slot can be without an episode, but for one step of NEXT_STEP
    pending = nothing  # slots that the next step resets
    now = 0

    def step(actions: Any) -> Any:
        result = env_step(actions)
        if running:
            try:
                count(result)
            except Exception as error:
                slots.trouble(error)
        return result

    def count(result: Any) -> None:
        nonlocal now, pending
        _, rewards, terminated, truncated, infos = result
        if rewards.__class__ is not array or rewards.shape != shape:
            rewards = as_rewards(rewards, shape)
        if terminated.__class__ is not array or truncated.__class__ is not array:
            terminated, truncated = as_array(terminated), as_array(truncated)
        now += 1
        add(totals, rewards, totals)
        done = terminated | truncated
        if pending.size:  # this step was their reset, and belongs to no episode
            done[pending] = False
            began, pending = pending, nothing
            slots.begin(began, now)
            if partly:
                alive[began] = True
        if partly:
            done = alive & (done != 0)
        ended = done.nonzero()[0]
        if ended.size:
            success = successes(infos, shape) if infos else None
            slots.end(ended, now, terminated, truncated, success)
            if partly:
                alive[ended] = mode == SAME_STEP
            if mode == SAME_STEP:
                slots.begin(ended, now)
            elif mode == NEXT_STEP:
                pending = ended

    def reset(*args: Any, **kwargs: Any) -> Any:
        options = kwargs.get("options")
        mask = None if not options else options.get("reset_mask")
        chosen = np.ones(shape, np.bool_) if mask is None else np.array(mask, np.bool_)
        stop_some(chosen, log.CUT_RESET)
        result = env_reset(*args, **kwargs)
        try:
            begin(chosen, args[0] if args else kwargs.get("seed"))
        except Exception as error:
            slots.trouble(error)
        return result

    def begin(chosen: Any, seed: Any) -> None:
        nonlocal running, partly, pending
        which = chosen.nonzero()[0]
        pending = pending[~chosen[pending]]
        if not running:
            alive[:] = False
        elif not partly:
            alive[:] = True
            alive[pending] = False
        alive[which] = True
        running, partly = True, mode == DISABLED or not bool(np.delete(alive, pending).all())
        slots.begin(which, now)
        slots.seed(which, seed)

    def stop_some(chosen: Any, code: int) -> None:
        lives = alive.copy() if partly else np.ones(shape, np.bool_)
        lives[pending] = False
        which = (lives & chosen).nonzero()[0]
        if running and which.size:
            try:
                slots.cut(which, now, code)
            except Exception as error:
                slots.trouble(error)

    def stop(code: int) -> None:
        nonlocal running
        stop_some(np.ones(shape, np.bool_), code)
        running = False

    def begun(seed: Any) -> None:
        begin(np.ones(shape, np.bool_), seed)

    return Tap(step, reset, stop, begun)


def autoreset_mode(env: Any, otherwise: str = NEXT_STEP) -> str:
    """The name of the environment's `AutoresetMode`; `otherwise` when its metadata has none."""
    mode = (getattr(env, "metadata", None) or {}).get("autoreset_mode")
    name = getattr(mode, "name", None) or {"NextStep": NEXT_STEP, "SameStep": SAME_STEP}.get(str(mode))
    if str(mode) == "Disabled":
        name = DISABLED
    return name if name in (NEXT_STEP, SAME_STEP, DISABLED) else otherwise


def as_array(value: Any) -> Any:
    """A NumPy array of what an environment returned: a list, a tensor of another library."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    return np.asarray(value)


def as_rewards(value: Any, shape: tuple[int, ...]) -> Any:
    """One reward a slot; NaN for every slot when there are several, or none."""
    found = as_array(value)
    return found.reshape(shape) if found.size == shape[0] else np.full(shape, np.nan)


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
