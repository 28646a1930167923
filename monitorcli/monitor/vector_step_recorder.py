"""The step path of a vector environment that is one object: one call counts for every slot.

For Gymnasium's Sync- and AsyncVectorEnv the environments inside are recorded instead (`record_steps`), which
sees more. This is for the others, whose slots are rows of arrays: CartPole's own vector class, and what
`make` gives out with `num_envs`. What each autoreset mode asks of a recorder stands in docs/recording.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from monitorcli.format import log
from monitorcli.monitor.episode_recorder import success_in
from monitorcli.monitor.step_recorder import RecordedCalls, autoresets
from monitorcli.monitor.step_result import NotOneStep, five, kind_of
from monitorcli.monitor.vector_episode_recorder import VectorEpisodeRecorder

NEXT_STEP, SAME_STEP, DISABLED = "NEXT_STEP", "SAME_STEP", "DISABLED"
# It does not say: an episode ends where it says so, and a reset that the script asks for begins the next.
UNKNOWN = "UNKNOWN"
_SILENT = "a slot was stepped on after its end, and metadata has no autoreset_mode to say what that means"


def record_vector_steps(env: Any, recorder: VectorEpisodeRecorder, mode: str) -> RecordedCalls:
    """Record with `recorder` what goes through the vector environment's own step and reset."""
    env_step, env_reset = env.step, env.reset
    totals, shape, array = recorder.totals, recorder.totals.shape, np.ndarray
    add, nothing = np.add, np.zeros(0, np.intp)
    alive = np.zeros(shape, np.bool_)  # slots with a running episode
    running = False  # whether there was a reset
    partly = False  # whether a slot can be without an episode, but for one step of NEXT_STEP
    pending = nothing  # slots that the next step resets
    now = 0
    given_up = False

    def step(actions: Any) -> Any:
        result = env_step(actions)
        if running:
            try:
                count(result)
            except NotOneStep as reason:
                give_up(str(reason))
            except Exception as error:
                recorder.trouble(error)
        return result

    def count(result: Any) -> None:
        nonlocal now, pending
        _, rewards, terminated, truncated, infos = result if result.__class__ is tuple else five(result)
        if rewards.__class__ is not array or rewards.shape != shape or rewards.dtype.kind not in "fiub":
            rewards = as_rewards(rewards, shape, recorder.odd_reward)
        if terminated.__class__ is not array or terminated.shape != shape or terminated.dtype != np.bool_:
            terminated = as_ends(terminated, shape, "terminated")
        if truncated.__class__ is not array or truncated.shape != shape or truncated.dtype != np.bool_:
            truncated = as_ends(truncated, shape, "truncated")
        if mode == UNKNOWN and not alive.all():
            raise NotOneStep(_SILENT)
        now += 1
        add(totals, rewards, totals)
        done = terminated | truncated
        if pending.size:  # this step was their reset, and belongs to no episode
            done[pending] = False
            began, pending = pending, nothing
            recorder.begin(began, now)
            if partly:
                alive[began] = True
        if partly:
            done = alive & (done != 0)
        ended = done.nonzero()[0]
        if ended.size:
            success = successes(infos, shape) if infos else None
            recorder.end(ended, now, terminated, truncated, success)
            if partly:
                alive[ended] = mode == SAME_STEP
            if mode == SAME_STEP:
                recorder.begin(ended, now)
            elif mode == NEXT_STEP:
                pending = ended

    def reset(*args: Any, **kwargs: Any) -> Any:
        chosen = chosen_slots(kwargs.get("options"), shape)
        stop_some(chosen, log.CUT_RESET)
        result = env_reset(*args, **kwargs)
        try:
            begin(chosen, args[0] if args else kwargs.get("seed"))
        except Exception as error:
            recorder.trouble(error)
        return result

    def begin(chosen: Any, seed: Any) -> None:
        nonlocal running, partly, pending
        if given_up:
            return
        which = chosen.nonzero()[0]
        pending = pending[~chosen[pending]]
        if not running:
            alive[:] = False
        elif not partly:
            alive[:] = True
            alive[pending] = False
        alive[which] = True
        running, partly = True, mode in (DISABLED, UNKNOWN) or not bool(np.delete(alive, pending).all())
        recorder.begin(which, now)
        recorder.seed(which, seed)

    def going() -> Any:
        lives = alive.copy() if partly else np.ones(shape, np.bool_)
        lives[pending] = False
        return lives & running

    def stop_some(chosen: Any, code: int) -> None:
        which = (going() & chosen).nonzero()[0]
        if which.size:
            try:
                recorder.end_incomplete(which, now, code)
            except Exception as error:
                recorder.trouble(error)

    def stop(code: int) -> None:
        nonlocal running
        stop_some(np.ones(shape, np.bool_), code)
        running = False

    def give_up(reason: str) -> None:
        nonlocal given_up, running
        which = going().nonzero()[0]
        given_up, running = True, False
        recorder.give_up(which, now, reason)

    def reset_began(seed: Any) -> None:
        begin(np.ones(shape, np.bool_), seed)

    recorder.steps = lambda: now
    return RecordedCalls(step, reset, stop, reset_began)


def autoreset_mode(env: Any, otherwise: str = NEXT_STEP) -> str:
    """The name of the environment's `AutoresetMode`; `otherwise` when its metadata has none."""
    mode = (getattr(env, "metadata", None) or {}).get("autoreset_mode")
    name = getattr(mode, "name", None) or {"NextStep": NEXT_STEP, "SameStep": SAME_STEP}.get(str(mode))
    if str(mode) == "Disabled":
        name = DISABLED
    return name if name in (NEXT_STEP, SAME_STEP, DISABLED) else otherwise


def reset_mode(env: Any) -> str:
    """The autoreset mode of an environment that is not Gymnasium's VectorEnv, and yet has several slots."""
    same_step, next_step = autoresets(env)
    return autoreset_mode(env, SAME_STEP if same_step else NEXT_STEP if next_step else UNKNOWN)


def several(env: Any) -> int:
    """How many environments `env` says it is, in `num_envs`; 0 when it is one, or does not say."""
    try:
        count = env.unwrapped.num_envs
        return int(count) if isinstance(count, (int, np.integer)) and count > 1 else 0
    except Exception:  # of a property that does as it likes
        return 0


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
