"""Environments of a few lines, and how to run them."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces


class Countdown(gymnasium.Env):
    """Episode k lasts `lengths[k % n]` steps of reward 1. A frame's grey value is the step's number."""

    metadata = {"render_modes": ["rgb_array", "ansi"], "render_fps": 20}
    observation_space = spaces.Discrete(1000)
    action_space = spaces.Discrete(2)

    def __init__(
        self,
        lengths: tuple[int, ...] = (3,),
        render_mode: str | None = None,
        size: tuple[int, int] = (16, 16),
    ) -> None:
        self.lengths, self.render_mode, self.size = lengths, render_mode, size
        self.episode = -1
        self.at = 0
        self.rendered = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        super().reset(seed=seed)
        self.episode += 1
        self.at = 0
        return 0, {}

    def step(self, action):
        self.at += 1
        return self.at, 1.0, self.at == self.lengths[self.episode % len(self.lengths)], False, {}

    def render(self):
        self.rendered += 1
        if self.render_mode == "ansi":
            return f"step {self.at}\n"
        return np.full((*self.size, 3), 10 * self.at % 256, np.uint8)


gymnasium.register("Countdown-v0", Countdown)


def play(env, episodes: int = 1, seed: int | None = None) -> list[float]:
    """Run whole episodes of action 0; the returns."""
    returns = []
    for number in range(episodes):
        env.reset(seed=None if seed is None else seed + number)
        total, over = 0.0, False
        while not over:
            _, reward, terminated, truncated, _ = env.step(0)
            total += float(reward)
            over = terminated or truncated
        returns.append(total)
    return returns
