"""Make an environment call the recorder, without a wrapper around it.

A wrapper would be visible: in `str(env)`, in `env.spec`, and in attributes that a script reads or sets on
the outermost object. So the object stays the same, and its class becomes a subclass of the same name,
whose copies and pickles are the plain, unrecorded environment.
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
    """Replace `env.step`, `env.reset` and `env.close` by recording ones. TypeError if it cannot hold them."""
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
    """Give `env` its own `step`, `reset` and `close` again."""
    for name in _OURS:
        vars(env).pop(name, None)


def graft_pool(env: Any, pool: PoolStepRecorder, env_id: str) -> None:
    """Pass to `pool` what `env.recv` returns, and tell it when `env` is closed.

    An EnvPool can neither be copied nor pickled, so its class stays. It owns threads, so nothing here
    keeps a reference to it: it is freed as soon as the script drops it, without waiting for the garbage
    collector.
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
    """The environment without our changes; it shares its attributes with the recorded one."""
    plain = object.__new__(base)
    plain.__dict__.update((name, value) for name, value in vars(env).items() if name not in _OURS)
    return plain
