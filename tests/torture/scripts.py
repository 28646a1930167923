"""An environment that keeps a ledger of its own, and scripts that play it until they are killed.

Each process appends to a ledger of its own in $TORTURE_LEDGER: `e <return>` for an episode whose last
`step` has returned to the script, `r` for a reset, `f <time>` for a frame that was rendered (slow
films only). No return occurs twice, so a ledger tells which episodes a recording must hold.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from pathlib import Path

import gymnasium
import numpy as np

WORKERS = 3


class LedgerEnv(gymnasium.Env):
    """Episodes of $TORTURE_STEPS steps, $TORTURE_PAUSE seconds each; only the last step has a reward."""

    metadata = {"render_modes": ["rgb_array", "ansi"], "render_fps": 30}
    observation_space = gymnasium.spaces.Discrete(2)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, render_mode=None):
        self.render_mode = render_mode
        self.steps, self.pause = int(os.environ["TORTURE_STEPS"]), float(os.environ["TORTURE_PAUSE"])
        self.at, self.episode, self.over = 0, secrets.randbits(24) << 28, False
        self.ledger = -1

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.settle()
        if self.pause:
            self.write("r")
        self.at = 0
        return 0, {}

    def step(self, action):
        self.at += 1
        if self.pause:
            time.sleep(self.pause)
        self.over = self.at == self.steps
        self.episode += self.over
        return 0, float(self.episode) if self.over else 0.0, self.over, False, {}

    def render(self):
        if self.pause:
            self.write(f"f {time.time()}")
        if self.render_mode == "ansi":
            return f"step {self.at}\n"
        picture = np.zeros((48, 64, 3), np.uint8)
        picture[:, self.at % 64] = 255
        return picture

    def close(self):
        self.settle()

    def settle(self):
        """Write down the episode whose last step has returned."""
        if self.over:
            self.over = False
            self.write(f"e {self.episode}")

    def write(self, line):
        if self.ledger < 0:
            path = Path(os.environ["TORTURE_LEDGER"]) / f"{os.getpid()}.{secrets.token_hex(4)}"
            self.ledger = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(self.ledger, f"{line}\n".encode())


gymnasium.register("Ledger-v0", LedgerEnv)


def play(env, episodes):
    """Run that many episodes, or as many as there is time for when told to stop."""
    stop = Path(os.environ["TORTURE_LEDGER"]) / "stop"
    seldom = 1 if env.unwrapped.pause or env.unwrapped.steps > 2 else 50
    for number in range(episodes):
        if number % seldom == 0 and stop.exists():
            break
        env.reset()
        while not any(env.step(0)[2:4]):
            pass
    env.close()


def run_workers(episodes):
    """Play in children made by fork, as SubprocVecEnv does on Linux."""
    pids = []
    for _ in range(WORKERS):
        pid = os.fork()
        if not pid:
            play(gymnasium.make("Ledger-v0"), episodes)
            sys.exit(0)  # the recorder closes in the child's own way out
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)


def main(kind, episodes, *arguments):
    """`plain`, `workers`, or `monitor DIRECTORY RENDER_MODE [OPTION]...`."""
    if kind == "plain":
        play(gymnasium.make("Ledger-v0"), int(episodes))
    elif kind == "workers":
        run_workers(int(episodes))
    else:
        from monitorcli import Monitor

        directory, mode, *options = arguments
        env = gymnasium.make("Ledger-v0", render_mode=None if mode == "none" else mode)
        schedule = (lambda episode: True) if mode != "none" else False
        play(Monitor(env, directory, schedule, **dict.fromkeys(options, True)), int(episodes))


if __name__ == "__main__":
    main(*sys.argv[1:])
