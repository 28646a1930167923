"""One episode: seeded, reset, and stepped with the actions that it is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping
from typing import Any

import numpy as np

from monitorcli.evaluate.generators import seed_everything
from monitorcli.evaluate.job import Job
from monitorcli.evaluate.outcome import Ended
from monitorcli.format import log
from monitorcli.monitor.recorder_factory import EnvironmentRecorder
from monitorcli.monitor.step_result import as_float, one_step

_FLOATS, _FLAGS = frozenset({float, np.float64}), frozenset({bool, np.bool_})


def seed_episode(env: Any, seed: int) -> None:
    """Seed all that an episode may draw from, but for what `env.reset(seed=seed)` seeds."""
    seed_everything(seed)
    env.action_space.seed(seed)
    env.observation_space.seed(seed)


def play(env: Any, job: Job, number: int, recorder: EnvironmentRecorder | None) -> Generator[Any, Any, None]:
    """A generator that yields each observation, is sent the action for it, and at last yields an Ended.

    With a `recorder` the episode is recorded, as the recording's `number`th; as cut, if the generator is
    closed before its end.
    """
    calls = recorder.steps if recorder else env
    step = calls.step
    trace = hashlib.sha256() if job.traced else None
    try:
        observation, _ = calls.reset(seed=job.seed)
        if recorder:
            recorder.episodes.renumber(number)
        start = hashlib.sha256(_bytes(observation)).hexdigest()[:16]
        total, length = 0.0, 0
        while True:
            action = yield observation
            result = step(action)
            observation, reward, terminated, truncated = _quickly(result) or _strictly(result)
            if trace is not None:
                trace.update(_bytes((action, observation, reward)))
            total += reward
            length += 1
            if terminated or truncated:
                end = (log.END_TERMINATED if terminated else 0) | (log.END_TRUNCATED if truncated else 0)
                yield Ended(job.seed, total, length, end, start, trace.hexdigest()[:16] if trace else "")
    finally:
        if recorder:
            recorder.steps.stop(log.CUT_CLOSED)


def _quickly(result: Any) -> tuple[Any, float, bool, bool] | None:
    """Observation, reward and ends of a step that is as usual, which `_strictly` would give too."""
    if result.__class__ is tuple and len(result) == 5:
        observation, reward, terminated, truncated, info = result
        plain = terminated.__class__ in _FLAGS and truncated.__class__ in _FLAGS and info.__class__ is dict
        if plain and reward.__class__ in _FLOATS and "true_reward" not in info:
            return observation, float(reward), terminated, truncated
    return None


def _strictly(result: Any) -> tuple[Any, float, bool, bool]:
    """The same of any step, as the recorder reads it. Raises NotOneStep."""
    step = one_step(result)
    return result[0], as_float(step.reward), step.terminated, step.truncated


def _bytes(value: Any) -> bytes:
    """An observation or an action as bytes, the same for equal ones; b"" for a part that cannot be told."""
    if isinstance(value, Mapping):
        return b"".join(repr(name).encode() + _bytes(part) for name, part in value.items())
    if isinstance(value, (tuple, list)):
        return b"".join(map(_bytes, value))
    if isinstance(value, str):
        return value.encode(errors="replace")
    try:
        array = np.asarray(value)
        return b"" if array.dtype.hasobject else array.tobytes()
    except Exception:  # noqa: BLE001 - of whatever the environment takes for an observation
        return b""
