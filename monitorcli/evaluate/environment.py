"""Make the environment that the user names, with its arguments and wrappers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from monitorcli.errors import BadRequest
from monitorcli.reference import load_reference

# Python's words, which JSON writes otherwise; as text they would all count as true.
_PYTHON = {"True": "true", "False": "false", "None": "null"}


class EnvironmentRequest(NamedTuple):
    """The environment that the user asks for.

    `env_id` is an id, `module:Id` or `path/to/file.py:EnvClass`. `arguments` are given to it. `wrappers`
    are put around it, the first one innermost. `max_episode_steps` replaces its own time limit.
    """

    env_id: str
    arguments: dict[str, Any] = {}  # noqa: RUF012
    wrappers: tuple[str, ...] = ()
    max_episode_steps: int | None = None


def make_environment(asked: EnvironmentRequest, film: bool) -> Any:
    """Make the environment; if `film`, so that it can be filmed. Raises BadRequest with the reason."""
    import gymnasium
    from gymnasium.envs import registration

    from monitorcli.video.camera import made_to_render

    wanted = _from_file(asked.env_id) if is_file(asked.env_id) else asked.env_id
    arguments = dict(asked.arguments)
    if asked.max_episode_steps is not None:
        arguments["max_episode_steps"] = asked.max_episode_steps
    try:
        env = made_to_render(registration.make, registration, (wanted,), arguments) if film else None
        env = gymnasium.make(wanted, **arguments) if env is None else env
    except Exception as error:
        reason = str(error).strip() or type(error).__name__
        raise BadRequest(
            f"environment {asked.env_id!r} cannot be made: {reason}", _hint(asked.env_id)
        ) from error
    for text in asked.wrappers:
        env = _wrapped(env, text)
    return env


def is_file(env_id: str) -> bool:
    """Whether it is `path/to/file.py:EnvClass`."""
    return env_id.rpartition(":")[0].endswith(".py")


def parse_arguments(typed: Sequence[str]) -> dict[str, Any]:
    """The arguments that were typed as `key=value`; a value that is no JSON is text. Raises BadRequest."""
    found: dict[str, Any] = {}
    for text in typed:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise BadRequest(f"--env-arg {text} is not key=value.", "For example: --env-arg map_name=8x8")
        if name in found:
            raise BadRequest(f"--env-arg {name} is given twice.")
        if value in _PYTHON:
            raise BadRequest(
                f"--env-arg {text} would give the text {value!r}.",
                f"Values are JSON:  --env-arg {name}={_PYTHON[value]}",
            )
        try:
            found[name] = json.loads(value)
        except ValueError:
            if value[:1] in ("[", "{", '"'):
                raise BadRequest(f"--env-arg {text} is not JSON, and looks like it.") from None
            found[name] = value
    return found


def _from_file(text: str) -> Any:
    """What Gymnasium's `make` takes for a class, or a function that makes an environment."""
    from gymnasium.envs.registration import EnvSpec

    creator = load_reference(text, "the environment")
    if not callable(creator):
        raise BadRequest(
            f"the environment {text!r} is a {type(creator).__name__}, and no class of environments."
        )
    return EnvSpec(text.rpartition(":")[2], entry_point=creator)


def _wrapped(env: Any, text: str) -> Any:
    import gymnasium

    wrapper = load_reference(text, "a wrapper")
    try:
        wrapped = wrapper(env)
    except Exception as error:
        raise BadRequest(
            f"the wrapper {text!r} cannot be put around the environment: {error}",
            "It is called with the environment alone. One with arguments is named in a file of its own:\n"
            "def resized(env): return gymnasium.wrappers.ResizeObservation(env, (84, 84))",
        ) from error
    if not isinstance(wrapped, gymnasium.Env):
        raise BadRequest(f"the wrapper {text!r} gave a {type(wrapped).__name__}, and no environment.")
    return wrapped


def _hint(env_id: str) -> str:
    if is_file(env_id):
        return ""
    if ":" in env_id:
        return f'Try it alone: python -c "import {env_id.partition(":")[0]}"'
    return (
        "If a package of its own registers it, name that too: --env package:Env-v0.\n"
        'All ids: python -c "import gymnasium; gymnasium.pprint_registry()"'
    )
