"""Whether and when an environment resets itself, and how many environments it says that it is."""

from __future__ import annotations

from typing import Any

import numpy as np

NEXT_STEP, SAME_STEP, DISABLED = "NEXT_STEP", "SAME_STEP", "DISABLED"
# It does not say: an episode ends where it says so, and a reset that the script asks for begins the next.
UNKNOWN = "UNKNOWN"

_LIBRARIES = ("gym", "isaaclab.", "omni.isaac.lab.")
_RESET_WITHIN = frozenset({"AutoResetWrapper", "ManagerBasedRLEnv", "DirectRLEnv"})


def autoresets(env: Any) -> tuple[bool, bool]:
    """Whether the environment resets itself within the step that ends an episode, or in the one after.

    The first is Gym's `semantics.autoreset`, and what the AutoResetWrapper of gym 0.26 and Gymnasium
    0.29 and the environments of Isaac Lab do; the second is Gymnasium's Autoreset wrapper since 1.0.
    """
    metadata = getattr(env, "metadata", None) or {}
    same_step = bool(metadata.get("autoreset") or metadata.get("semantics.autoreset"))
    while env is not None:
        # By name, because it may be a class of gym or of gymnasium.
        names = {base.__name__ for base in type(env).__mro__ if base.__module__.startswith(_LIBRARIES)}
        if "Autoreset" in names:
            return same_step, True
        same_step = same_step or not names.isdisjoint(_RESET_WITHIN)
        env = vars(env).get("env") if "Wrapper" in names else None
    return same_step, False


def autoreset_mode(env: Any, otherwise: str = NEXT_STEP) -> str:
    """The name of the environment's `AutoresetMode`; `otherwise` when its metadata has none."""
    mode = (getattr(env, "metadata", None) or {}).get("autoreset_mode")
    name = getattr(mode, "name", None) or {"NextStep": NEXT_STEP, "SameStep": SAME_STEP}.get(str(mode))
    if str(mode) == "Disabled":
        name = DISABLED
    return name if name in (NEXT_STEP, SAME_STEP, DISABLED) else otherwise


def reset_mode(env: Any) -> str:
    """The autoreset mode of an environment that is not Gymnasium's VectorEnv, and yet has several slots."""
    same_step, next_step = autoresets(env)
    return autoreset_mode(env, SAME_STEP if same_step else NEXT_STEP if next_step else UNKNOWN)


def several(env: Any) -> int:
    """How many environments `env` says it is, in `num_envs`; 0 when it is one, or does not say."""
    try:
        count = env.unwrapped.num_envs
        return int(count) if isinstance(count, (int, np.integer)) and count > 1 else 0
    except Exception:  # of a property that does as it likes
        return 0
