"""What environment and policy are asked for, as values for other processes, and how both are made."""

from __future__ import annotations

from typing import Any, NamedTuple

from monitorcli.evaluate import episodes, policy


class EnvironmentRequest(NamedTuple):
    """An environment by its id."""

    env_id: str


class PolicyRequest(NamedTuple):
    """A policy by its name."""

    name: str


class Policy:
    """`begin(seed)` before each episode, then `act(observation)`; `identity` is what it is, as JSON.

    `env` may be replaced between two episodes by another environment like it.
    """

    def __init__(self, asked: PolicyRequest, env: Any) -> None:
        self.env = env
        act = policy.load_policy(asked.name, env)
        self.act = self._random if asked.name == policy.RANDOM else act
        name = policy.reference_name(asked.name)
        self.identity = {"policy": name, "policy_hash": policy.policy_hash(asked.name)}

    def begin(self, seed: int) -> None:
        """Begin an episode."""
        self.env.action_space.seed(seed)

    def _random(self, observation: Any) -> Any:
        return self.env.action_space.sample()


def make_environment(asked: EnvironmentRequest, film: bool) -> Any:
    """Make the environment; if `film`, so that it can be filmed. Raises BadRequest with the reason."""
    return episodes.make_environment(asked.env_id, film)


def load_policy(asked: PolicyRequest, env: Any) -> Policy:
    """Load the policy for environments like `env`. Raises BadRequest."""
    return Policy(asked, env)
