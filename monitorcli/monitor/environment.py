"""What an environment is, as far as it tells: id, arguments, versions."""

from __future__ import annotations

import functools
import hashlib
import json
import math
import os
import platform
import sys
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from monitorcli.format.environment import Environment
from monitorcli.monitor.call_site import CallSite, command

UNKNOWN = "(unknown)"

# Packages whose versions are kept where they are loaded, beside the environment's own.
_PACKAGES = (
    "numpy", "gymnasium", "gym", "torch", "jax", "tensorflow", "stable_baselines3", "sb3_contrib", "ray",
    "mujoco", "envpool",
)  # fmt: skip
# These change no episode; and how it renders may be of our making.
_NO_ARGUMENTS = ("render_mode", "num_envs", "vectorization_mode")
_MOST_TEXT = 200
_MOST_ITEMS = 50
_DEEPEST = 4


def describe(env: Any, env_id: str | None = None, made_at: CallSite = ()) -> Environment:
    """Of an environment that was made at `made_at`; `env_id` is for one that has no spec."""
    spec = getattr(env, "spec", None)
    return _one(
        env_id or getattr(spec, "id", None) or type(env).__name__,
        getattr(library_of(env), "__version__", ""),
        json.dumps(_arguments(spec)),
        made_at,
        command(),
        type(getattr(env, "unwrapped", env)).__module__.partition(".")[0],
        len(sys.modules),
    )


# One object for all that are alike: a script may make thousands, and they stay while it runs.
@functools.lru_cache(maxsize=256)
def _one(
    env_id: str,
    gym_version: str,
    arguments: str,
    made_at: CallSite,
    command: tuple[str, ...],
    package: str,
    loaded: int,
) -> Environment:
    """The environment; `loaded` modules are an argument because versions are those of what is loaded."""
    versions = _versions(package) if loaded else {}
    return Environment(env_id, gym_version, json.loads(arguments), made_at, command, versions=versions)


def library_of(env: Any) -> Any:
    """The module gymnasium, or the older gym, that the environment's class comes from."""
    for base in type(env).__mro__:
        package = base.__module__.partition(".")[0]
        if package in ("gymnasium", "gym") and package in sys.modules:
            return sys.modules[package]
    return None


def _arguments(spec: Any) -> dict[str, Any]:
    """What `make` was given, and the time limit that it was made with."""
    kwargs = getattr(spec, "kwargs", None) or {}
    found = {str(name): _as_json(value) for name, value in kwargs.items() if name not in _NO_ARGUMENTS}
    limit = getattr(spec, "max_episode_steps", None)
    return {**found, "max_episode_steps": limit} if isinstance(limit, int) else found


def _as_json(value: Any, depth: int = 0) -> Any:
    """The value if JSON can hold it and it is small, else its type, or a hash of a long text."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, str):
        if len(value) <= _MOST_TEXT:
            return value
        return f"{value[:_MOST_TEXT]}... sha256:{hashlib.sha256(value.encode(errors='replace')).hexdigest()}"
    if depth < _DEEPEST and isinstance(value, (list, tuple)) and len(value) <= _MOST_ITEMS:
        return [_as_json(item, depth + 1) for item in value]
    if depth < _DEEPEST and isinstance(value, dict) and len(value) <= _MOST_ITEMS:
        return {str(name): _as_json(item, depth + 1) for name, item in value.items()}
    named = value if isinstance(value, type) or callable(value) else type(value)
    return f"<{getattr(named, '__module__', '?')}.{getattr(named, '__qualname__', type(value).__name__)}>"


def _versions(package: str) -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in (*_PACKAGES, package):
        module = sys.modules.get(name)
        version = None if module is None else vars(module).get("__version__")
        if isinstance(version, str):
            found[name] = version[:_MOST_TEXT]
    return found


def is_named(about: Environment, pattern: str) -> bool:
    """Whether the pattern is of the environment's id, or a place (`file.py:line`) that it was made at."""
    file, _, line = pattern.rpartition(":")
    if file and line.isdigit():
        file = os.path.normpath(file)
        return any(number == int(line) and _is_file(name, file) for name, number, _ in about.made_at)
    return fnmatchcase(about.env_id, pattern)


def _is_file(name: str, wanted: str) -> bool:
    """Whether a call's file is the wanted one: by its whole path, or by the end of it."""
    return os.path.abspath(name) == wanted if os.path.isabs(wanted) else f"/{name}".endswith(f"/{wanted}")
