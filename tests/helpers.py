"""Small values for tests: recordings made by hand, without a file."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from monitorcli.format import log
from monitorcli.recording.family import Family
from monitorcli.recording.model import Episodes, Recording, Run, Video, Writer
from monitorcli.recording.series import find_series

# 21 Nov 2026, 14:02:00 UTC.
START = 1795269720.0


def episodes(returns: Sequence[float], **columns: Any) -> Episodes:
    """Terminated training episodes two seconds apart, 1.5 s each; `columns` replaces whole columns."""
    n = len(returns)
    made: dict[str, Any] = {
        "episode_return": returns,
        "length": np.arange(n) + 1,
        "started_at": START + 2.0 * np.arange(n),
        "duration": np.full(n, 1.5),
        "end": np.full(n, log.END_TERMINATED),
        "mode": np.full(n, b"t"),
        "success": np.full(n, -1),
        **dict.fromkeys(("seed", "seed_high", "seeded", "slot", "writer", "series"), np.zeros(n)),
        **columns,
    }
    types = {
        "episode_return": np.float64, "length": np.int64, "started_at": np.float64, "duration": np.float64,
        "end": np.uint8, "mode": np.dtype("S1"), "success": np.int8, "seed": np.uint64,
        "seed_high": np.uint64, "seeded": np.uint8, "slot": np.uint32, "writer": np.uint32,
        "series": np.uint32,
    }  # fmt: skip
    return Episodes(**{name: np.asarray(made[name], dtype=types[name]) for name in types})


def run(number: int = 0, state: str = "complete", **changes: Any) -> Run:
    """A run of ours that lasted seven minutes."""
    made = Run(number, "monitorcli", state, START, START + 420, episodes=3)
    return dataclasses.replace(made, **changes)


def video(episode: int | None, **changes: Any) -> Video:
    """A whole video of one episode, 1,500 bytes."""
    name = f"openaigym.video.0.k3f9x2.video{episode or 0:06}.mp4"
    return dataclasses.replace(Video(name, episode, 1500, "video/mp4", True, False), **changes)


def recording(returns: Sequence[float] = (), **changes: Any) -> Recording:
    """One complete run of CartPole-v1 with these returns; `changes` replaces fields."""
    made = Recording(
        directory=Path("runs/ppo"),
        env_ids=("CartPole-v1",),
        episodes=episodes(returns),
        runs=(run(episodes=len(returns)),),
        writers=(Writer("0.k3f9x2", 0, "CartPole-v1", "1.4.0", True),),
        series=(),
        videos=(),
        problems=(),
        notes=(),
    )
    made = dataclasses.replace(made, **changes)
    if made.series:
        return made
    families = [
        Family(writer.name, "monitorcli", env_id=writer.env_id, version=writer.version)
        for writer in made.writers
    ]
    runs = [made.runs[writer.run] if made.runs else run() for writer in made.writers]
    series, of_episodes = find_series(families, runs, made.episodes)
    return dataclasses.replace(
        made, series=series, episodes=dataclasses.replace(made.episodes, series=of_episodes)
    )


def assert_golden(name: str, text: str) -> None:
    """Compare with the whole of tests/golden/NAME; `UPDATE_GOLDEN=1 pytest` writes it, to be read by eye."""
    path = Path(__file__).parent / "golden" / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_bytes(text.encode())
    assert text == path.read_bytes().decode()
