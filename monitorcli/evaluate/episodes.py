"""Make the environment, and run a policy in it for one episode per seed."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterable, Iterator
from typing import Any

from monitorcli.errors import BadRequest
from monitorcli.evaluate.policy import Policy
from monitorcli.monitor.step_recorder import RecordedCalls
from monitorcli.monitor.step_result import NotOneStep, as_float, one_step


def make_environment(env_id: str, film: bool) -> Any:
    """Make the environment; if `film`, so that it can be filmed. Raises BadRequest with the reason."""
    import gymnasium
    from gymnasium.envs import registration

    from monitorcli.video.camera import made_to_render

    try:
        env = made_to_render(registration.make, registration, (env_id,), {}) if film else None
        return gymnasium.make(env_id) if env is None else env
    except Exception as error:
        reason = str(error).strip() or type(error).__name__
        raise BadRequest(f"environment {env_id!r} cannot be made: {reason}", _hint(env_id)) from error


def run_episodes(
    action_space: Any, steps: RecordedCalls, policy: Policy, seeds: Iterable[int]
) -> Iterator[float]:
    """Run one episode per seed through `steps`, and yield its return when it ends.

    The action space is seeded with the episode's seed too, so that a random policy depends on the seed
    alone. Raises BadRequest if the policy or the environment raises.
    """
    for seed in seeds:
        action_space.seed(seed)
        with blamed(seed):
            episode_return = _episode(steps, policy, seed)
        yield episode_return


@contextlib.contextmanager
def blamed(seed: int) -> Iterator[None]:
    """Context manager that turns an error of the policy or the environment into a BadRequest."""
    try:
        yield
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


def _episode(steps: RecordedCalls, policy: Policy, seed: int) -> float:
    observation, _ = steps.reset(seed=seed)
    total = 0.0
    while True:
        result = steps.step(policy(observation))
        step = one_step(result)
        observation = result[0]
        total += as_float(step.reward)
        if step.terminated or step.truncated:
            return total


def _hint(env_id: str) -> str:
    if ":" in env_id:
        return f'Try it alone: python -c "import {env_id.partition(":")[0]}"'
    return (
        "If a package of its own registers it, name that too: --env package:Env-v0.\n"
        'All ids: python -c "import gymnasium; gymnasium.pprint_registry()"'
    )
