"""Load the policy that the user names, as a function from observation to action."""

from __future__ import annotations

import hashlib
import inspect
import os
import sys
from collections.abc import Callable
from typing import Any

from monitorcli.errors import BadRequest
from monitorcli.reference import load_reference

Policy = Callable[[Any], Any]

RANDOM = "random"


def load_policy(text: str, env: Any) -> Policy:
    """Load the policy `random`, `path/to/file.py:name` or `package.module:name`.

    The object can be a function of the observation, a class of such objects (made without arguments), or
    an object with Stable-Baselines3's `predict(observation, deterministic=True) -> (action, state)`.
    Raises BadRequest.
    """
    if text == RANDOM:
        return lambda observation: env.action_space.sample()
    if ":" not in text:
        raise BadRequest(
            f"{text!r} does not name a policy.", "Use random, path/to/file.py:name or package.module:name."
        )
    found = load_reference(text, "the policy")
    if inspect.isclass(found):
        found = _made(found, text)
    predict = getattr(found, "predict", None)
    if callable(predict):
        return lambda observation: predict(observation, deterministic=True)[0]
    if callable(found):
        return found  # type: ignore[no-any-return]
    raise BadRequest(
        f"the policy {text!r} is a {type(found).__name__}, neither callable nor with a predict method.",
        "Name a function from observation to action.",
    )


def reference_name(text: str, folder: str = "") -> str:
    """One name for one file: `./policy.py:act` is `policy.py:act`, and so is its absolute path here.

    `folder` is the one in which the text was typed, if that was another.
    """
    place, _, name = text.rpartition(":")
    if not place.endswith(".py"):
        return text
    place = os.path.join(folder, place)
    path = os.path.relpath(place)
    return f"{os.path.abspath(place) if path.startswith(os.pardir) else path}:{name}"


def policy_hash(text: str) -> str | None:
    """The SHA-256 of the file that the policy, loaded already, is in; None for what is in none."""
    place = text.rpartition(":")[0]
    path = place if place.endswith(".py") else getattr(sys.modules.get(place), "__file__", None)
    if not path:
        return None
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def _made(policy_class: Any, text: str) -> Any:
    try:
        return policy_class()
    except Exception as error:
        raise BadRequest(f"the policy class {text!r} cannot be made without arguments: {error}") from error
