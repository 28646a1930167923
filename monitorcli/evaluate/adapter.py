"""What environment and policy are asked for, as values for other processes, and how both are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from monitorcli.evaluate import episodes, policy


class EnvironmentRequest(NamedTuple):
    """An environment by its id."""

    env_id: str


class PolicyRequest(NamedTuple):
    """A policy by its name."""

    name: str


class Policy(NamedTuple):
    """`begin(seed)` before each episode, then `act(observation)`; `identity` is what it is, as JSON."""

    begin: Callable[[int], None]
    act: Callable[[Any], Any]
    identity: Mapping[str, Any]


def make_environment(asked: EnvironmentRequest, film: bool) -> Any:
    """Make the environment; if `film`, so that it can be filmed. Raises BadRequest with the reason."""
    return episodes.make_environment(asked.env_id, film)


def load_policy(asked: PolicyRequest, env: Any) -> Policy:
    """Load the policy for environments like `env`. Raises BadRequest."""
    act = policy.load_policy(asked.name, env)
    identity = {"policy": policy.reference_name(asked.name), "policy_hash": policy.policy_hash(asked.name)}
    return Policy(env.action_space.seed, act, identity)
