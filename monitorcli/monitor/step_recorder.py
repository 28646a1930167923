"""The step path: `step` and `reset` that count what passes and give it back untouched.

Closures over local variables, because that is the cheapest thing Python has: some 60 ns a step.
What an episode costs once is in EpisodeRecorder; here is only what every step pays for.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

import numpy as np

from monitorcli.format import log
from monitorcli.monitor.autoreset import autoresets
from monitorcli.monitor.episode_recorder import EpisodeRecorder
from monitorcli.monitor.step_result import NotOneStep, as_float, one_step

_FLAGS = frozenset({bool, int, np.bool_})


class Settled(Exception):
    """Holds a result that `step` hands on as it is. Costs less than any question asked of each result."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


class RecordedCalls(NamedTuple):
    """What takes the place of an environment's `step` and `reset`; `stop(code)` ends a running episode.

    `reset_began(seed)` is for an environment that is found in the middle of its first reset.
    """

    step: Callable[[Any], Any]
    reset: Callable[..., Any]
    stop: Callable[[int], None]
    reset_began: Callable[[Any], None]


def record_steps(env: Any, recorder: EpisodeRecorder, strict: bool) -> RecordedCalls:
    """Record with `recorder` what goes through `env`'s own step and reset.

    `strict` answers a step outside an episode with Gymnasium's ResetNeeded, as Gym's Monitor did;
    otherwise such steps pass through and belong to no episode.
    """
    call = own_step = env_step = env.step  # the second may trace, and then calls the third
    env_reset = env.reset
    same_step, next_step = autoresets(env)
    films, odd_reward, tracer = recorder.films, recorder.odd_reward, recorder.tracer
    running = given_up = looked_at = False
    length, total = 0, 0.0

    # Which function `call` is says what state the environment is in, so that `step` need not ask.
    def between(action: Any) -> Any:
        if strict:
            from gymnasium.error import ResetNeeded

            raise ResetNeeded("The episode is over, or none has begun: call reset() before step().")
        return env_step(action)

    def first(action: Any) -> Any:
        nonlocal call, looked_at, own_step
        own_step = env_step if tracer is None else tracer.follow(env_step, action, recorder.number)
        call = filmed if films.wanted and recorder.begin_film() else own_step
        result = call(action)
        looked_at = True
        if result.__class__ is not tuple:  # which may not even be unpacked without harm
            unusual(result)
            raise Settled(result)
        return result

    def unrecorded(action: Any) -> Any:
        raise Settled(env_step(action))

    def filmed(action: Any) -> Any:
        result = own_step(action)
        if not (same_step and is_over(result)):  # then the picture is the next episode's
            films.capture()
        return result

    def resetting(action: Any) -> Any:
        nonlocal length
        if tracer is not None:
            tracer.before_reset()
        result = env_step(action)
        begin(None)
        if tracer is not None:
            tracer.begin(result)
        length = -1  # `step` counts this one too, but it belongs to no episode
        return result

    call = between

    # Nothing after `call` may raise, or change what it gave: `result` can be anything.
    def step(action: Any) -> Any:
        nonlocal length, total
        try:
            result = call(action)
        except Settled as settled:
            return settled.result
        try:
            _, reward, terminated, truncated, info = result
            if info and "true_reward" in info:  # Gym's way to score semi-supervised tasks
                reward = info["true_reward"]
            if not (terminated or truncated):
                if reward.__class__ is float:
                    total += reward
                    length += 1
                elif result.__class__ is tuple:
                    total += as_float(reward, odd_reward)
                    length += 1
                else:
                    unusual(result)
            elif (
                result.__class__ is tuple and terminated.__class__ in _FLAGS and truncated.__class__ in _FLAGS
            ):
                end(reward, terminated, truncated, info)
            else:
                unusual(result)
        except Exception:
            unusual(result)
        return result

    def end(reward: Any, terminated: Any, truncated: Any, info: Any) -> None:
        nonlocal call, running
        if running:
            running = False
            recorder.end(
                total + (reward if reward.__class__ is float else as_float(reward, odd_reward)),
                length + 1,
                (log.END_TERMINATED if terminated else 0) | (log.END_TRUNCATED if truncated else 0),
                info,
            )
        call = resetting if next_step else between
        if same_step:
            begin(None)
            if tracer is not None:
                tracer.unseen("the environment resets itself within the step before")

    def unusual(result: Any) -> None:
        nonlocal length, total
        if not running:
            return
        try:
            reward, terminated, truncated, info = one_step(result)
        except NotOneStep as reason:
            give_up(f"step gave {reason}")
            return
        if terminated or truncated:
            end(reward, terminated, truncated, info)
        else:
            length += 1
            total += as_float(reward, odd_reward)

    def give_up(reason: str) -> None:
        nonlocal call, running, given_up
        call, running, given_up = unrecorded, False, True
        recorder.give_up(total, length, reason)

    def begin(seed: Any) -> None:
        nonlocal call, running, length, total
        if not given_up:
            call = first if recorder.begin(seed) or not looked_at or tracer is not None else env_step
            running = True
            length, total = 0, 0.0

    def reset(*args: Any, **kwargs: Any) -> Any:
        if running:
            stop(log.CUT_RESET)
        if tracer is not None:
            tracer.before_reset(args, kwargs)
        result = env_reset(*args, **kwargs)
        begin(kwargs.get("seed"))
        if tracer is not None:
            tracer.begin(result)
        return result

    # Holds on to no environment, so that one that is dropped in an episode can be collected, and said.
    def stop(code: int) -> None:
        nonlocal running
        if running:
            running = False
            recorder.end(total, length, code)

    def reset_began(seed: Any) -> None:
        begin(seed)
        if tracer is not None:
            tracer.unseen()

    recorder.steps = lambda: length
    return RecordedCalls(step, reset, stop, reset_began)


def is_over(result: Any) -> bool:
    """Whether this is a step that ended an episode."""
    try:
        step = one_step(result)
    except NotOneStep:
        return False
    return step.terminated or step.truncated
