"""Record every environment of this process that Gymnasium makes, or that is built from its class."""

from __future__ import annotations

import functools
import sys
import threading
from fnmatch import fnmatchcase
from types import FrameType
from typing import Any, Callable

from monitorcli.attach import envpool
from monitorcli.attach.built_directly import watch
from monitorcli.attach.recorder import Recorder
from monitorcli.attach.settings import Settings, from_environment
from monitorcli.attach.status_log import report_status
from monitorcli.monitor.call_site import CallSite, call_site, follow_processes
from monitorcli.video.camera import made_to_render
from monitorcli.video.filming import filming_of

_process: Attached | None = None


def attach(registration: Any) -> None:
    """Replace `make` and `make_vec` in a registration module, before its package imports them."""
    global _process
    if _process is None:
        _process = Attached(from_environment())
        follow_processes()
    depth = _process.depth

    def making() -> bool:
        return depth.inside

    if registration.__name__ == "envpool.registration":
        envpool.attach(registration, _process.recorder, _process.wants, making)
        return
    package = registration.__name__.partition(".")[0]
    if not hasattr(registration, "registry"):
        report_status(
            "remark", f"the environments of this old {package} are not recorded; 0.26 and newer are."
        )
        return
    registration.make = _process.make(registration.make, registration)
    if hasattr(registration, "make_vec"):
        registration.make_vec = _process.make_vec(registration.make_vec, registration)
    watch(_process.recorder, registration, _process.wants, making)
    report_status("gymnasium", registration.__name__)


class _Depth(threading.local):
    """Per thread: whether it is inside `make`, and how many environments it has made."""

    inside = False
    made = 0


class Attached:
    """What this process was asked to record, and the functions that replace `make` and `make_vec`."""

    def __init__(self, settings: Settings) -> None:
        filming = filming_of(settings.films, settings.ffmpeg)
        self._films = filming.wanted
        self._only, self._skip = settings.only, settings.skip
        self.depth = _Depth()
        self.recorder = Recorder(settings, filming)

    def wants(self, env_id: str) -> bool:
        """Whether `--only` and `--skip` allow environments of this id to be recorded."""
        chosen = not self._only or any(fnmatchcase(env_id, pattern) for pattern in self._only)
        if chosen and not any(fnmatchcase(env_id, pattern) for pattern in self._skip):
            return True
        report_status("skipped", env_id)
        return False

    def make(self, make: Callable[..., Any], registration: Any) -> Callable[..., Any]:
        """A `make` that records, except inside another `make`, which would count every episode twice."""

        @functools.wraps(make)
        def recorded_make(*args: Any, **kwargs: Any) -> Any:
            depth = self.depth
            if depth.inside:
                return make(*args, **kwargs)
            depth.inside = True
            try:
                wanted = self.wants(_id_in(args, kwargs))
                films = wanted and self._films
                env = made_to_render(make, registration, args, kwargs) if films else None
                if env is None:
                    env = make(*args, **kwargs)
            except Exception as error:
                _report_raised("make", args, kwargs, error)
                raise
            finally:
                depth.inside = False
            depth.made += 1
            if wanted:
                self.recorder.record_made(env, _place(sys._getframe(1)))
            else:
                self.recorder.mark_known(env)
            return env

        return recorded_make

    def make_vec(self, make_vec: Callable[..., Any], registration: Any) -> Callable[..., Any]:
        """A `make_vec` that records vector environments which are one object.

        Other vector environments consist of environments that come from `make`, or are found at their
        first reset.
        """

        @functools.wraps(make_vec)
        def recorded_make_vec(*args: Any, **kwargs: Any) -> Any:
            before = self.depth.made
            try:
                wanted = self._films and self.wants(_id_in(args, kwargs))
                env = made_to_render(make_vec, registration, args, kwargs) if wanted else None
                if env is None:
                    env = make_vec(*args, **kwargs)
            except Exception as error:
                _report_raised("make_vec", args, kwargs, error)
                raise
            if self.depth.made == before and not _is_made_of_others(env) and self.wants(_id_in(args, kwargs)):
                self.recorder.record_vector(env, made_at=_place(sys._getframe(1)))
            return env

        return recorded_make_vec


def _place(frame: FrameType) -> CallSite:
    """Where in the script we are called from; () when the stack is not as stacks are."""
    try:
        return call_site(frame)
    except Exception:
        return ()


def _id_in(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """The id that was passed to `make`, without the module it may name; "" if it is unknown."""
    wanted = args[0] if args else kwargs.get("id", "")
    return str(getattr(wanted, "id", wanted)).rpartition(":")[2]


def _report_raised(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], error: Exception) -> None:
    try:
        report_status(
            "raised", f"gymnasium.{name}({_id_in(args, kwargs)!r}) raised {type(error).__name__}: {error}"
        )
    except Exception:  # an error that cannot be printed
        pass


def _is_made_of_others(env: Any) -> bool:
    names = {base.__name__ for base in type(getattr(env, "unwrapped", env)).__mro__}
    return bool(names & {"SyncVectorEnv", "AsyncVectorEnv"})
