"""What became of one episode: how it ended, or what it raised."""

from __future__ import annotations

import traceback
from typing import NamedTuple

from monitorcli.errors import MonitorError
from monitorcli.monitor.step_result import NotOneStep

# Characters of a traceback that are kept, its last ones.
_MOST_TRACEBACK = 4000


class Ended(NamedTuple):
    """An episode that ended. `end` is the log's code; `start` a hash of the first observation.

    `trace` is a hash of every action, observation and reward, "" where none was asked for.
    """

    seed: int
    episode_return: float
    length: int
    end: int
    start: str
    trace: str = ""

    def bits(self) -> tuple[str, int, int]:
        """What the digest is made of, to the last bit."""
        return self.episode_return.hex(), self.length, self.end


class Failed(NamedTuple):
    """An episode that raised, or ended its workers. `place` says where, or is a hint; it may be ""."""

    seed: int
    error: str
    place: str = ""
    traceback: str = ""

    def sentence(self) -> str:
        """What failed, and why."""
        return f"the episode with seed {self.seed} failed: {self.error}"


Outcome = Ended | Failed


def failure(seed: int, error: Exception) -> Failed:
    """What the policy or the environment raised."""
    if isinstance(error, RuntimeError) and isinstance(error.__cause__, StopIteration):
        error = error.__cause__  # which Python replaces where it comes out of a generator
    if isinstance(error, MonitorError):
        return Failed(seed, str(error), error.hint)
    if isinstance(error, NotOneStep):
        gymnasium = "Gymnasium's step gives (observation, reward, terminated, truncated, info), "
        return Failed(seed, f"step gave {error}.", f"{gymnasium}of one environment.")
    place = traceback.extract_tb(error.__traceback__)[-1]
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return Failed(
        seed,
        f"{type(error).__name__}: {error}",
        f"Raised at {place.filename}:{place.lineno}, in {place.name}.",
        text[-_MOST_TRACEBACK:],
    )
