"""Record environments of EnvPool, which steps many at a time, in C++.

To Gymnasium they are vector environments, but their `reset` never calls that of the base class, and the
object does not know the id it was made by. So the `make` of EnvPool's registry is replaced.
"""

from __future__ import annotations

import functools
import sys
from typing import Any, Callable

from monitorcli.attach.recorder import Recorder
from monitorcli.attach.status_log import failures_reported, report_status
from monitorcli.monitor.call_site import call_site


def attach(
    registration: Any, recorder: Recorder, wants: Callable[[str], bool], making: Callable[[], bool]
) -> None:
    """Replace the registry's `make`, which every way of making an environment calls in the end.

    `making()` is true while Gymnasium's `make` runs, which records its own results.
    """
    if hasattr(registration.make, "__self__"):  # a method bound already, as it was in 0.8
        report_status("remark", "the environments of this old EnvPool are not recorded; those of 1.2 are.")
        return
    plain = registration.EnvRegistry.make

    @functools.wraps(plain)
    def make(registry: Any, task_id: str, env_type: str, **kwargs: Any) -> Any:
        pool = plain(registry, task_id, env_type, **kwargs)
        if not making() and wants(task_id):
            with failures_reported():  # of a pool that is not as we know them
                if reason := _why_not(pool, env_type):
                    report_status("remark", f"not recorded: {task_id} of EnvPool, {reason}.")
                else:
                    recorder.record_pool(pool, task_id, _seed(**kwargs), call_site(sys._getframe(1)))
        return pool

    registration.EnvRegistry.make = make


def _why_not(pool: Any, env_type: str) -> str:
    if env_type == "dm":
        return 'made with env_type="dm"; with "gymnasium" it is'
    return "which has several players" if pool.config.get("max_num_players", 1) > 1 else ""


def _seed(seed: Any = None, env_seed: Any = None, **_: Any) -> Any:
    """The seed that a pool was made with: a number, a list with one for each slot, or None."""
    several = seed if hasattr(seed, "__len__") else env_seed
    return seed if several is None else list(several)
