"""Make the environment."""

from __future__ import annotations

from typing import Any

from monitorcli.errors import BadRequest


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


def _hint(env_id: str) -> str:
    if ":" in env_id:
        return f'Try it alone: python -c "import {env_id.partition(":")[0]}"'
    return (
        "If a package of its own registers it, name that too: --env package:Env-v0.\n"
        'All ids: python -c "import gymnasium; gymnasium.pprint_registry()"'
    )
