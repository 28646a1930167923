"""Run a policy in an environment for one episode per seed."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from monitorcli.errors import BadRequest
from monitorcli.evaluate.policies import Policy
from monitorcli.monitor.step_recorder import RecordedCalls
from monitorcli.monitor.step_result import NotOneStep, as_float, one_step


def run_episodes(
    steps: RecordedCalls, policy: Policy, act: Callable[[Any], Any], seeds: Iterable[int]
) -> Iterator[float]:
    """Run one episode per seed through `steps`, and yield its return when it ends.

    `act` is the policy's, or something around it. Raises BadRequest if the policy or the environment
    raises, or if an action is none of the environment's.
    """
    for seed in seeds:
        with blamed(seed):
            policy.begin(seed)
            episode_return = _episode(steps, act, seed)
        yield episode_return


@contextlib.contextmanager
def blamed(seed: int) -> Iterator[None]:
    """Context manager that turns an error of the policy or the environment into a BadRequest."""
    try:
        yield
    except BadRequest as error:
        raise BadRequest(f"the episode with seed {seed} failed: {error}", error.hint) from error
    except NotOneStep as reason:
        raise BadRequest(
            f"the episode with seed {seed} failed: step gave {reason}.",
            "Gymnasium's step gives (observation, reward, terminated, truncated, info), of one environment.",
        ) from None
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        raise BadRequest(
            f"the episode with seed {seed} failed: {type(error).__name__}: {error}",
            f"Raised at {place.filename}:{place.lineno}, in {place.name}.",
        ) from error


def _episode(steps: RecordedCalls, act: Callable[[Any], Any], seed: int) -> float:
    observation, _ = steps.reset(seed=seed)
    total = 0.0
    while True:
        result = steps.step(act(observation))
        step = one_step(result)
        observation = result[0]
        total += as_float(step.reward)
        if step.terminated or step.truncated:
            return total
