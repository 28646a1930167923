"""The step path: `step` and `reset` that count what passes and give it back untouched.

Closures over local variables, because that is the cheapest thing Python has: some 60 ns a step.
What an episode costs once is in `slot`; here is only what every step pays for.
"""

from __future__ import annotations

import math
from typing import Any, Callable, NamedTuple

from monitorcli.monitor import log
from monitorcli.monitor.slot import Slot


class Tap(NamedTuple):
    """What takes the place of an environment's `step` and `reset`; `stop(code)` cuts a running episode.

    `begun(seed)` is for an environment that is found in the middle of its first reset.
    """

    step: Callable[[Any], Any]
    reset: Callable[..., Any]
    stop: Callable[[int], None]
    begun: Callable[[Any], None]


def tap(env: Any, slot: Slot, strict: bool) -> Tap:
    """Record into `slot` what goes through `env`'s own step and reset.

    `strict` answers a step outside an episode with Gymnasium's ResetNeeded, as Gym's Monitor did;
    otherwise such steps pass through and belong to no episode.
    """
    env_step, env_reset = env.step, env.reset
    same_step, next_step = autoresets(env)
    running = False
    length, total = 0, 0.0

    # Which function `call` is says what state the environment is in, so that `step` need not ask.
    def between(action: Any) -> Any:
        if strict:
            from gymnasium.error import ResetNeeded

            raise ResetNeeded("The episode is over, or none has begun: call reset() before step().")
        return env_step(action)

    def filmed(action: Any) -> Any:
        result = env_step(action)
        if not (same_step and (result[2] or result[3])):  # then the picture is the next episode's
            slot.capture()
        return result

    def resetting(action: Any) -> Any:
        nonlocal length
        result = env_step(action)
        begin(None)
        length = -1  # `step` counts this one too, but it belongs to no episode
        return result

    call = between

    def step(action: Any) -> Any:
        nonlocal length, total
        result = call(action)
        reward, info = result[1], result[4]
        if info and "true_reward" in info:  # Gym's way to score semi-supervised tasks
            reward = info["true_reward"]
        length += 1
        total += reward if reward.__class__ is float else as_float(reward)
        if result[2] or result[3]:
            end(result)
        return result

    def end(result: tuple[Any, ...]) -> None:
        nonlocal call, running
        if running:
            running = False
            slot.end(total, length, result)
        call = resetting if next_step else between
        if same_step:
            begin(None)

    def begin(seed: Any) -> None:
        nonlocal call, running, length, total
        call = filmed if slot.begin(seed) else env_step
        running = True
        length, total = 0, 0.0

    def begun(seed: Any) -> None:
        nonlocal call, running
        slot.begin(seed, film=False)
        call, running = env_step, True

    def reset(*args: Any, **kwargs: Any) -> Any:
        stop(log.CUT_RESET)
        result = env_reset(*args, **kwargs)
        begin(kwargs.get("seed"))
        return result

    # Holds on to no environment, so that one that is dropped in an episode can be collected, and said.
    def stop(code: int) -> None:
        nonlocal running
        if running:
            running = False
            slot.cut(total, length, code)

    return Tap(step, reset, stop, begun)


def autoresets(env: Any) -> tuple[bool, bool]:
    """Whether the environment resets itself within the step that ends an episode, or in the one after.

    The first is Gym's `semantics.autoreset`, and what the AutoResetWrapper of gym 0.26 and Gymnasium
    0.29 does; the second is Gymnasium's Autoreset wrapper since 1.0.
    """
    same_step = bool(env.metadata.get("autoreset") or env.metadata.get("semantics.autoreset"))
    while env is not None:
        # By name, because it may be a class of gym or of gymnasium.
        names = {base.__name__ for base in type(env).__mro__ if base.__module__.startswith("gym")}
        if "Autoreset" in names:
            return same_step, True
        same_step = same_step or "AutoResetWrapper" in names
        env = vars(env).get("env") if "Wrapper" in names else None
    return same_step, False


def as_float(reward: Any) -> float:
    """A reward of any numeric type, an array of one included; NaN when it is no single number."""
    try:
        return float(reward.item() if hasattr(reward, "item") else reward)
    except OverflowError:
        return math.inf if reward > 0 else -math.inf
    except (TypeError, ValueError):
        return math.nan
