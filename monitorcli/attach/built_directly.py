"""Find environments that a script builds from their class, at their first reset.

Also finds environments that a script takes out of the wrappers that `make` put around them. Nearly every
environment calls Gymnasium's `Env.reset`, to be seeded. There the stack shows what is being reset: the
environment, or a TimeLimit around it. The TimeLimit is recorded if there is one, because it truncates the
episodes.
"""

from __future__ import annotations

import atexit
import functools
import sys
from types import FrameType
from typing import Any, Callable

from monitorcli.attach.graft import ungraft
from monitorcli.attach.recorder import Recorder
from monitorcli.attach.status_log import failures_reported, report_status
from monitorcli.format import log
from monitorcli.monitor.call_site import call_site
from monitorcli.monitor.step_recorder import RecordedCalls


def watch(
    recorder: Recorder, registration: Any, wants: Callable[[str], bool], making: Callable[[], bool]
) -> None:
    """Record environments that are reset but were not made by `make`.

    `making()` is true while `make` runs.
    """
    finder = _Finder(recorder, registration, wants)
    env_class = registration.Env
    _on_reset(env_class, recorder, finder.found, making)
    atexit.register(_report_unseen, env_class, recorder)
    package = registration.__name__.partition(".")[0]
    vector_class = getattr(sys.modules.get(f"{package}.vector.vector_env"), "VectorEnv", None)
    if vector_class is not None and not issubclass(vector_class, env_class):
        _on_reset(vector_class, recorder, finder.found_vector, making)


class _Finder:
    """Decides what to do with an environment at its first reset. `frame` is the caller of that reset."""

    def __init__(self, recorder: Recorder, registration: Any, wants: Callable[[str], bool]) -> None:
        self._recorder, self._wants = recorder, wants
        self._registration, self._env_class = registration, registration.Env

    def found(self, env: Any, seed: Any, frame: FrameType | None) -> None:
        """Record `env`, or the time limit around it, unless it is recorded elsewhere or not wanted."""
        spec = getattr(env, "spec", None)
        around = self._recorder.recorded_around(env)
        if self._is_taken_care_of(spec, around, frame):
            self._recorder.mark_known(env)
            return
        chosen = outermost(env, frame, self._env_class)
        if chosen is None:
            return
        env_id = spec.id if spec is not None else type(env).__name__
        if not self._wants(env_id):
            self._recorder.mark_known(env)
            return
        recorded = self._recorder.record(chosen, env_id, call_site(frame))
        if recorded:
            recorded.reset_began(seed)
            if around is not None and around() is not None:
                _record_until_reset(chosen, recorded, around())

    def found_vector(self, env: Any, seed: Any, frame: FrameType | None) -> None:
        """Record all slots of `env`, unless it consists of environments that are recorded one by one."""
        if {"SyncVectorEnv", "AsyncVectorEnv"} & {base.__name__ for base in type(env).__mro__}:
            return
        name = type(env).__name__
        recorded = self._recorder.record_vector(env, name, call_site(frame)) if self._wants(name) else None
        if recorded:
            recorded.reset_began(seed)

    def _is_taken_care_of(self, spec: Any, around: Any, frame: FrameType | None) -> bool:
        """Whether a recorded wrapper is resetting the environment, or it is a copy of one from `make`.

        A copy has a spec that is not the registry's own. It is not recorded, because copies are plain
        environments. What Gymnasium 0.29's make_vec makes has the registry's own spec, and is no copy.
        """
        if around is not None:
            return _is_being_called(around(), frame)
        return spec is not None and self._registration.registry.get(spec.id) is not spec


def _on_reset(
    env_class: Any,
    recorder: Recorder,
    found: Callable[[Any, Any, FrameType | None], None],
    making: Callable[[], bool],
) -> None:
    """Call `found(env, seed, frame)` when an unknown instance is reset; `frame` is the caller."""
    plain = env_class.reset

    @functools.wraps(plain)
    def reset(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not (recorder.knows(self) or making()):
            with failures_reported():
                found(self, kwargs.get("seed"), sys._getframe(1))
        return plain(self, *args, **kwargs)

    env_class.reset = reset


def outermost(env: Any, frame: FrameType | None, env_class: Any) -> Any:
    """The environment, or the outermost TimeLimit around it whose `reset` is on the stack.

    None if it should not be recorded: it is part of another environment, or still being constructed.
    """
    chosen = env
    while frame is not None:
        code = frame.f_code
        first = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
        is_env = isinstance(first, env_class) and not _is_a(first, "VectorEnv")  # which was an Env until 1.0
        if is_env and first is not env and getattr(first, "unwrapped", None) is not env:
            return None
        if is_env and code.co_name == "__init__":
            return None
        if is_env and code.co_name == "reset" and _is_a(first, "TimeLimit"):
            chosen = first
        frame = frame.f_back
    return chosen


def _is_being_called(env: Any, frame: FrameType | None) -> bool:
    """Whether a method of `env` is on the stack."""
    while env is not None and frame is not None:
        code = frame.f_code
        if code.co_argcount and frame.f_locals.get(code.co_varnames[0]) is env:
            return True
        frame = frame.f_back
    return False


def _record_until_reset(env: Any, recorded: RecordedCalls, around: Any) -> None:
    """Record `env` until the wrapper `around` it is reset. That is recorded too, and knows the time limit."""
    plain = around.reset

    @functools.wraps(plain)
    def reset(*args: Any, **kwargs: Any) -> Any:
        recorded.stop(log.CUT_RESET)
        ungraft(env)
        vars(around)["reset"] = plain
        return plain(*args, **kwargs)

    vars(around)["reset"] = reset


def _report_unseen(env_class: Any, recorder: Recorder) -> None:
    """Report the script's own environment classes of which no reset was seen.

    This explains why nothing of them was recorded.
    """
    classes = list(env_class.__subclasses__())
    for found in classes:
        classes += found.__subclasses__()
        names = {base.__name__ for base in found.__mro__}
        file = getattr(sys.modules.get(found.__module__), "__file__", None) or ""
        if not names & {"Wrapper", "VectorEnv", *recorder.seen} and "site-packages" not in file:
            report_status("unseen", found.__qualname__)


def _is_a(env: Any, name: str) -> bool:
    """Whether the environment has a base class of this name, from whichever library."""
    return any(base.__name__ == name for base in type(env).__mro__)
