"""The command line of an evaluation as its run's file has it: to be pasted, and never run by us."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitorcli.report.text import printable

# What is filmed without --video, which monitorcli 0.1 wrote down as if it had been typed.
DEFAULT_SCHEDULE = "cubic"

_TEXTS = ("env", "policy", "vecnormalize", "video", "trace", "keep", "preset", "mode", "shard")
_LISTS = ("env_arg", "wrapper")
# In the order in which they are typed.
_OPTIONS = (
    "env", "env_arg", "wrapper", "max_episode_steps", "policy", "deterministic", "vecnormalize", "episodes",
    "seed", "video", "keep", "fps", "max_frames", "frame_skip", "scale", "crf", "preset",
    "trace", "mode", "shard", "repeat", "num_envs", "reuse_env",
)  # fmt: skip


def command(action: str, directory: str | Path, how: Mapping[str, Any], **instead: Any) -> str:
    """`monitorcli start eval --env ...`, safe to print; `instead` has values that replace the recorded ones.

    "" if the file does not name an environment and a policy. What is not of its type is left out.
    """
    asked = {**how, **instead}
    if not all(isinstance(asked.get(name), str) for name in ("env", "policy")):
        return ""
    typed = [
        word
        for name in _OPTIONS
        if _is_sound(name, asked.get(name)) and (name, asked.get(name)) != ("video", DEFAULT_SCHEDULE)
        for word in words(name, asked.get(name))
    ]
    return printable(shlex.join(["monitorcli", action, str(directory), *typed]))


def words(name: str, value: Any) -> tuple[str, ...]:
    """One option as it is typed; () if it is not."""
    option = f"--{name.replace('_', '-')}"
    if isinstance(value, (list, tuple)):
        return tuple(word for each in value for word in (option, str(each)))
    if name == "deterministic" and value is False:
        return ("--stochastic",)
    if isinstance(value, bool):
        return (option,) if value else ()
    return () if value is None else (option, str(value))


def _is_sound(name: str, value: Any) -> bool:
    if name in _TEXTS:
        return isinstance(value, str)
    if name in _LISTS:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if name in ("deterministic", "reuse_env"):
        return isinstance(value, bool)
    return type(value) is int or (name in ("fps", "scale") and type(value) is float)
