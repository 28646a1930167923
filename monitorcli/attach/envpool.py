"""Record the environments of EnvPool, which step many at a time, in C++.

To Gymnasium they are vector environments, but their `reset` never comes by the base class, and the
object does not know by which id it was made. So the `make` of EnvPool's registry is recorded.
"""

from __future__ import annotations

import functools
import weakref
from typing import TYPE_CHECKING, Any

from monitorcli.attach.status_log import tell
from monitorcli.format import log
from monitorcli.monitor.pool_step_recorder import Pool

if TYPE_CHECKING:
    from monitorcli.attach.hook import Attached


def attach(registration: Any, process: Attached) -> None:
    """Replace the registry's `make`, in which every way to make an environment ends."""
    if hasattr(registration.make, "__self__"):  # a method bound already, as it was in 0.8
        tell("remark", "the environments of this old EnvPool are not recorded; those of 1.2 are.")
        return
    plain = registration.EnvRegistry.make

    @functools.wraps(plain)
    def make(registry: Any, task_id: str, env_type: str, **kwargs: Any) -> Any:
        pool = plain(registry, task_id, env_type, **kwargs)
        if not process.depth.inside and process.wants(task_id):
            try:
                reason = _why_not(pool, env_type)
                if reason:
                    tell("remark", f"not recorded: {task_id} of EnvPool, {reason}.")
                else:
                    process.recorder.record_pool(pool, task_id, _seed(**kwargs))
            except Exception as error:  # of a pool that is not as we know them
                tell("remark", f"not recorded: {type(error).__name__}: {error}")
        return pool

    registration.EnvRegistry.make = make


def _why_not(pool: Any, env_type: str) -> str:
    if env_type == "dm":
        return 'made with env_type="dm"; with "gymnasium" it is'
    return "which has several players" if pool.config.get("max_num_players", 1) > 1 else ""


def _seed(seed: Any = None, env_seed: Any = None, **_: Any) -> Any:
    """The seed that a pool was made with: one, a list of one for each slot, or None."""
    several = seed if hasattr(seed, "__len__") else env_seed
    return seed if several is None else list(several)


def graft_pool(env: Any, pool: Pool, env_id: str) -> None:
    """Have `pool` see what `env.recv` gives out, and the end of it.

    An EnvPool can neither be copied nor pickled, so its class stays. It holds threads, so nothing
    here holds on to it: it goes when the script drops it, not when garbage is collected.
    """
    plain, itself = type(env), weakref.ref(env)

    @functools.wraps(plain.recv)
    def recv(*args: Any, **kwargs: Any) -> Any:
        result = plain.recv(itself(), *args, **kwargs)
        pool.note(result)
        return result

    @functools.wraps(plain.close)
    def close(*args: Any, **kwargs: Any) -> Any:
        pool.stop(log.CUT_CLOSED)
        return plain.close(itself(), *args, **kwargs)

    @functools.wraps(plain.xla)
    def xla(*args: Any, **kwargs: Any) -> Any:
        compiled = plain.xla(itself(), *args, **kwargs)
        tell("remark", f"not recorded: what {env_id} does in the functions of xla().")
        return compiled

    vars(env).update(recv=recv, close=close, xla=xla)
