"""Which environment an episode is made again in: what the directory names, where that runs no code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from monitorcli.errors import BadRequest
from monitorcli.evaluate.environment import EnvironmentRequest, parse_arguments
from monitorcli.format.environment import Environment


class Typed(NamedTuple):
    """What the user typed: an environment in place of the recorded id, arguments, and wrappers."""

    make: str | None = None
    env_arg: tuple[str, ...] = ()
    wrapper: tuple[str, ...] = ()


def environment_request(directory: Path, about: Environment, typed: Typed) -> EnvironmentRequest:
    """The environment to make. Raises BadRequest if what the directory names must be typed.

    A directory may come from a stranger: a registered id is taken up, and arguments that are numbers and
    plain words; a module, a file, a wrapper and anything else are not.
    """
    from gymnasium.envs.registration import registry

    arguments = dict(about.arguments)
    limit, wrappers = arguments.pop("max_episode_steps", None), arguments.pop("wrappers", [])
    if typed.make is None and (":" in about.env_id or about.env_id not in registry):
        raise BadRequest(
            f"{about.env_id} is not registered by Gymnasium itself, and no code is run because a directory "
            "names it.",
            f"Type it:  {_line(directory, '--make', f'package:{about.env_id}')}\n"
            "A class of a file is --make path/to/file.py:EnvClass.",
        )
    spec = registry.get(about.env_id) if typed.make is None else None
    if wrappers and not typed.wrapper:
        words = [word for one in wrappers for word in ("--wrapper", str(one))]
        raise BadRequest(
            f"the episodes were recorded with {' '.join(words)}, and no code is run because a directory "
            "names it.",
            f"If you trust it, type it:  {_line(directory, *words)}",
        )
    if typed.env_arg:
        arguments = parse_arguments(typed.env_arg)
    else:
        arguments = _taken_up(directory, arguments, spec.kwargs if spec else {})
    if spec is not None and spec.max_episode_steps == limit:
        limit = None
    return EnvironmentRequest(
        typed.make or about.env_id, arguments, typed.wrapper, limit if type(limit) is int else None
    )


def _taken_up(directory: Path, recorded: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The recorded arguments that are not those of the registered id anyway. Raises BadRequest."""
    given = {
        name: value for name, value in recorded.items() if name not in defaults or defaults[name] != value
    }
    odd = [name for name, value in given.items() if not is_plain(value)]
    if odd:
        raise BadRequest(
            f"the argument {odd[0]} of the environment was {str(given[odd[0]])[:60]!r}, which is not taken "
            "up from a directory.",
            f"Type it:  {_line(directory, '--env-arg', f'{odd[0]}=VALUE')}",
        )
    return given


def is_plain(value: Any) -> bool:
    """Whether a value from a directory is only numbers and plain words, which name no file and no module."""
    if isinstance(value, dict):
        return all(map(is_plain, value)) and all(map(is_plain, value.values()))
    if isinstance(value, list):
        return all(map(is_plain, value))
    if isinstance(value, str):
        return re.fullmatch(r"[\w -]*", value) is not None
    return value is None or isinstance(value, (bool, int, float))


def _line(directory: Path, *words: str) -> str:
    return shlex.join(["monitorcli", "inspect", str(directory), "--replay", "20", *words])
