"""Put recording calls onto an environment without a wrapper around it.

A wrapper would show: in `str(env)`, in `env.spec`, in attributes that a script reads or sets on the
outermost object. So the object keeps its identity, and its class becomes a subclass of the same
name, whose copies and pickles are the plain, unrecorded environment.
"""

from __future__ import annotations

import copyreg
import functools
import weakref
from typing import Any

from monitorcli.attach.status_log import report_status
from monitorcli.format import log
from monitorcli.monitor.pool_step_recorder import PoolStepRecorder
from monitorcli.monitor.step_recorder import RecordedCalls

_OURS = ("step", "reset", "close")


def graft(env: Any, recorded: RecordedCalls) -> None:
    """Make `env.step`, `env.reset` and `env.close` the recorded ones; TypeError if it cannot hold them."""
    close = env.close

    @functools.wraps(close)
    def closing(*args: Any, **kwargs: Any) -> Any:
        recorded.stop(log.CUT_CLOSED)
        return close(*args, **kwargs)

    base: Any = type(env)
    env.__class__ = _subclass(base)
    vars(env).update(
        step=functools.wraps(env.step)(recorded.step),
        reset=functools.wraps(env.reset)(recorded.reset),
        close=closing,
    )


def ungraft(env: Any) -> None:
    """Make `env.step`, `env.reset` and `env.close` its own again."""
    for name in _OURS:
        vars(env).pop(name, None)


def graft_pool(env: Any, pool: PoolStepRecorder, env_id: str) -> None:
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
        report_status("remark", f"not recorded: what {env_id} does in the functions of xla().")
        return compiled

    vars(env).update(recv=recv, close=close, xla=xla)


@functools.lru_cache(maxsize=None)
def _subclass(base: Any) -> Any:
    def reduce_ex(self: Any, protocol: Any) -> Any:
        reduced = _plain(self, base).__reduce_ex__(protocol)
        if reduced[0] is copyreg.__newobj__ and reduced[1] == (base,):  # type: ignore[attr-defined]
            # pickle refuses __newobj__ for an object of another class than the one named.
            return (copyreg._reconstructor, (base, object, None), *reduced[2:])  # type: ignore[attr-defined]
        return reduced

    members = {"__module__": base.__module__, "__qualname__": base.__qualname__, "__doc__": base.__doc__}
    members["__reduce_ex__"] = reduce_ex
    if hasattr(base, "__deepcopy__"):
        members["__deepcopy__"] = lambda self, memo: _plain(self, base).__deepcopy__(memo)
    if hasattr(base, "__copy__"):
        members["__copy__"] = lambda self: _plain(self, base).__copy__()
    return type(base)(base.__name__, (base,), members)


def _plain(env: Any, base: Any) -> Any:
    """The environment as it would be without us; shares everything with the recorded one."""
    plain = object.__new__(base)
    plain.__dict__.update((name, value) for name, value in vars(env).items() if name not in _OURS)
    return plain
