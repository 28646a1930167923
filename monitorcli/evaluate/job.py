"""What a worker is given to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Job(NamedTuple):
    """One episode. What is run twice is `traced`; a repeat is not `recorded`, and not done by `avoid`."""

    seed: int
    traced: bool = False
    recorded: bool = True
    avoid: int | None = None


# Gives the next job. Called with True it waits for one, and gives None when no more will come; called with
# False it does not wait, and gives None when there is none now.
Pull = Callable[[bool], Job | None]
