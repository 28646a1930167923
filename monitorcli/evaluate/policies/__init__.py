"""The policies that an evaluation runs: `load_policy` gives a `Policy` of whatever kind was named.

`references.py` has what Python code gives, `sb3.py` the zips of Stable-Baselines3, `networks.py` files of
TorchScript and ONNX. `actions.py` checks what they answer.
"""

from __future__ import annotations

import os
from typing import Any

from monitorcli.errors import BadRequest
from monitorcli.evaluate.policies.networks import OnnxPolicy, TorchScriptPolicy
from monitorcli.evaluate.policies.policy import Policy, PolicyRequest
from monitorcli.evaluate.policies.references import RANDOM, RandomPolicy, from_reference
from monitorcli.evaluate.policies.sb3 import SB3Policy
from monitorcli.evaluate.policies.vecnormalize import NO_STATISTICS

__all__ = ["NO_STATISTICS", "RANDOM", "Policy", "PolicyRequest", "load_policy", "reference_name"]

# By the end of a file's name; of these, which can draw their actions.
_FILES = {".zip": SB3Policy, ".pt": TorchScriptPolicy, ".onnx": OnnxPolicy}


def load_policy(asked: PolicyRequest, env: Any) -> Policy:
    """Load the policy that is asked for. Raises BadRequest with the reason why it cannot be."""
    text = asked.reference
    kind = _FILES.get(os.path.splitext(text)[1])
    if kind is not SB3Policy:
        for option, given in (("--vecnormalize", asked.vecnormalize), ("--trust-policy", asked.trusted)):
            if given:
                raise BadRequest(f"{option} goes with a zip of Stable-Baselines3's, and {text!r} is none.")
    if kind is not None:
        if not os.path.isfile(text):
            raise BadRequest(f"there is no policy file {text}.")
        return kind(asked, env)
    if text == RANDOM:
        return RandomPolicy(asked, env)
    if ":" not in text:
        raise BadRequest(
            f"{text!r} does not name a policy.",
            "Use random, path/to/file.py:name, package.module:name, or a file: .zip, .pt or .onnx.",
        )
    return from_reference(asked, env)


def reference_name(text: str, folder: str = "") -> str:
    """One name for one file: `./policy.py:act` is `policy.py:act`, and so is its absolute path here.

    `folder` is the one in which the text was typed, if that was another.
    """
    place, _, name = text.rpartition(":")
    if place.endswith(".py"):
        return f"{_one_path(place, folder)}:{name}"
    return _one_path(text, folder) if os.path.splitext(text)[1] in _FILES else text


def _one_path(path: str, folder: str) -> str:
    path = os.path.join(folder, path)
    shown = os.path.relpath(path)
    return os.path.abspath(path) if shown.startswith(os.pardir) else shown
