"""A table: which environments replay exactly, in how many bytes a step, what is accepted falsely.

    python tests/replay FOLDER [PATTERN [first|none|all ...]]      (needs gymnasium[all], ale-py and minigrid)

Every row is recorded by `monitorcli start --trace all` and replayed by `monitorcli inspect --replay all`.
Then every episode is altered (another action, seed, physics), and must be told from the recorded one.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
EPISODES = 20


def made(name: str, **arguments: object) -> str:
    """The expression that makes an environment."""
    given = [repr(name), *(f"{key}={value!r}" for key, value in arguments.items())]
    return f"gymnasium.make({', '.join(given)})"


# The expression that is recorded, steps after which an episode is cut, and what to type for the replay.
ROWS = [
    (made("CartPole-v1"), 500, ()),
    (made("Acrobot-v1"), 200, ()),
    (made("MountainCar-v0"), 200, ()),
    (made("MountainCarContinuous-v0"), 300, ()),
    (made("Pendulum-v1"), 200, ()),
    (made("Blackjack-v1"), 50, ()),
    (made("Taxi-v4"), 200, ()),
    (made("CliffWalking-v1"), 200, ()),
    (made("FrozenLake-v1"), 100, ()),
    (made("FrozenLake-v1", map_name="8x8"), 100, ()),
    (made("FrozenLake-v1", desc=None, map_name=None), 100, ()),
    (made("LunarLander-v3"), 300, ()),
    (made("LunarLander-v3", continuous=True), 300, ()),
    (made("BipedalWalker-v3"), 300, ()),
    (made("CarRacing-v3"), 60, ()),
    (made("HalfCheetah-v5"), 200, ()),
    (made("Hopper-v5"), 200, ()),
    (made("Ant-v5"), 200, ()),
    (made("Humanoid-v5"), 100, ()),
    (made("Swimmer-v5"), 200, ()),
    (made("InvertedPendulum-v5"), 200, ()),
    (made("Reacher-v5"), 50, ()),
    (made("MiniGrid-Empty-8x8-v0"), 200, ("--make", "minigrid:MiniGrid-Empty-8x8-v0")),
    (made("MiniGrid-DoorKey-6x6-v0"), 200, ("--make", "minigrid:MiniGrid-DoorKey-6x6-v0")),
    (
        made("MiniGrid-Dynamic-Obstacles-6x6-v0"),
        200,
        ("--make", "minigrid:MiniGrid-Dynamic-Obstacles-6x6-v0"),
    ),
    (made("ALE/Breakout-v5"), 200, ("--make", "ale_py:ALE/Breakout-v5")),
    (
        made("ALE/Breakout-v5", repeat_action_probability=0.0),
        200,
        ("--make", "ale_py:ALE/Breakout-v5", "--env-arg", "repeat_action_probability=0.0"),
    ),
    (made("ALE/Pong-v5", obs_type="ram"), 200, ("--make", "ale_py:ALE/Pong-v5", "--env-arg", "obs_type=ram")),
    ("gymnasium.make_vec('CartPole-v1', 4, 'sync')", 25, ()),
    ("gymnasium.make_vec('Hopper-v5', 4, 'sync')", 25, ()),
    ("gymnasium.make_vec('LunarLander-v3', 2, 'async')", 90, ()),
]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """A monitorcli of this Python."""
    command = [sys.executable, "-m", "monitorcli", *words]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)


def row(folder: Path, expression: str, steps: int, typed: tuple[str, ...], seeds: str) -> str:
    """One row of the table."""
    directory = folder / re.sub(r"\W+", "-", f"{expression}-{seeds}").strip("-")
    shutil.rmtree(directory, ignore_errors=True)
    script = [sys.executable, str(HERE / "play.py"), expression, str(EPISODES), str(steps), seeds]
    recorded = run("start", str(directory), "--trace", "all", "--video", "none", "--", *script)
    if recorded.returncode:
        return f"{expression} | {seeds} | not recorded: {recorded.stderr.strip()[-300:]}"
    replayed = run("inspect", str(directory), "--replay", "all", *typed)
    said = " ".join(replayed.stdout.split()) or replayed.stderr.strip()[:300]
    provoked = subprocess.run(
        [sys.executable, str(HERE / "provoke.py"), str(directory), *typed],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    first = replayed.stderr.strip().splitlines()[1].strip() if replayed.returncode == 1 else ""
    return " | ".join([expression, seeds, said, provoked.stdout.strip() or provoked.stderr[-200:], first])


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    pattern = sys.argv[2] if len(sys.argv) > 2 else ""
    modes = sys.argv[3:] or ("first", "none", "all")
    for expression, steps, typed in ROWS:
        for seeds in modes:
            if re.search(pattern, expression) and not ("make_vec" in expression and seeds == "all"):
                print(row(folder, expression, steps, typed, seeds), flush=True)


main()
