"""The step path of a vector environment that is one object: one call counts for every slot.

For Gymnasium's Sync- and AsyncVectorEnv the environments inside are recorded instead (`record_steps`),
which sees more. This is for the others, whose slots are rows of arrays: CartPole's own vector class, and
what `make` gives out with `num_envs`. docs/recording.md says how each autoreset mode is recorded.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from monitorcli.format import log
from monitorcli.monitor.autoreset import DISABLED, NEXT_STEP, SAME_STEP, UNKNOWN
from monitorcli.monitor.step_recorder import RecordedCalls
from monitorcli.monitor.step_result import NotOneStep, five
from monitorcli.monitor.vector_episode_recorder import VectorEpisodeRecorder
from monitorcli.monitor.vector_step_result import as_ends, as_rewards, chosen_slots, successes

_SILENT = "a slot was stepped on after its end, and metadata has no autoreset_mode to say what that means"


def record_vector_steps(env: Any, recorder: VectorEpisodeRecorder, mode: str) -> RecordedCalls:
    """Record with `recorder` what goes through the vector environment's own step and reset.

    One long function, because all its closures share what every step reads and changes.
    """
    call = env_step = env.step
    env_reset = env.reset
    films = recorder.films
    totals, shape, array = recorder.totals, recorder.totals.shape, np.ndarray
    add, nothing = np.add, np.zeros(0, np.intp)
    alive = np.zeros(shape, np.bool_)  # slots with a running episode
    running = False  # whether there was a reset
    # Whether slots can be without an episode for longer than the one step of NEXT_STEP: where the script
    # resets them, and in every mode after a first reset that was for some of them only.
    partly = False
    pending = nothing  # slots that the next step resets
    now = 0
    given_up = False

    # Is `call` only while there are films, or may be, so that other steps need not ask.
    def filmed(actions: Any) -> Any:
        nonlocal call
        if films is None or not recorder.begin_films():
            call = env_step
            return env_step(actions)
        result = env_step(actions)
        films.capture(_over(result, shape) if mode == SAME_STEP else None)  # which shows the next episode
        return result

    def step(actions: Any) -> Any:
        result = call(actions)
        if running:
            try:
                count(result)
            except NotOneStep as reason:
                give_up(str(reason))
            except Exception as error:
                recorder.trouble(error)
        return result

    def count(result: Any) -> None:
        nonlocal now, pending, call
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
            if recorder.begin(began, now):
                call = filmed
            if partly:
                alive[began] = True
        if partly:
            done = alive & done
        ended = done.nonzero()[0]
        if ended.size:
            success = successes(infos, shape) if infos else None
            recorder.end(ended, now, terminated, truncated, success)
            if partly:
                alive[ended] = mode == SAME_STEP
            if mode == SAME_STEP:
                if recorder.begin(ended, now):
                    call = filmed
            elif mode == NEXT_STEP:
                pending = ended

    def reset(*args: Any, **kwargs: Any) -> Any:
        chosen = chosen_slots(kwargs.get("options"), shape)
        stop_some(chosen, log.CUT_RESET)
        if films is not None:
            films.forget()
        result = env_reset(*args, **kwargs)
        try:
            begin(chosen, args[0] if args else kwargs.get("seed"))
        except Exception as error:
            recorder.trouble(error)
        return result

    def begin(chosen: Any, seed: Any) -> None:
        nonlocal running, partly, pending, call
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
        if recorder.begin(which, now):
            call = filmed
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


def _over(result: Any, shape: tuple[int, ...]) -> Any:
    """Whether each slot's episode ended with this step; None if it cannot be told."""
    try:
        _, _, terminated, truncated, _ = five(result)
        return as_ends(terminated, shape, "terminated") | as_ends(truncated, shape, "truncated")
    except Exception:  # whatever it is, it is the script's
        return None
