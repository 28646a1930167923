"""Record every environment that `gymnasium.make` gives out in this process."""

from __future__ import annotations

import functools
import threading
import weakref
from pathlib import Path
from typing import Any, Callable

from monitorcli.attach.graft import graft
from monitorcli.attach.settings import Settings, from_environment
from monitorcli.attach.trail import tell
from monitorcli.monitor import log
from monitorcli.monitor.rendering import with_rendering
from monitorcli.monitor.schedule import never, parse
from monitorcli.monitor.slot import MODES, Filming, Slot
from monitorcli.monitor.tap import tap
from monitorcli.monitor.wrapper import describe
from monitorcli.monitor.writer import Target, Writer


def attach(registration: Any) -> None:
    """Replace `make` in the registration module, before `gymnasium` binds it."""
    attached = Attached(from_environment())
    registration.make = attached.recorded(registration.make, registration)
    tell("gymnasium", registration.__name__)


class Attached:
    """The recording of one process: a writer for each environment id, a slot for each environment."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        schedule = parse(settings.video)
        self._films = schedule is not never
        self._filming = Filming(schedule, settings.fps, settings.ffmpeg)
        self._writers: dict[str, Writer] = {}
        self._slots: dict[str, int] = {}
        self._depth = threading.local()
        self._lock = threading.Lock()
        # Finalizers run in the reverse order of their making: this one, the first, closes the
        # writers after every environment has ended what still ran.
        weakref.finalize(self, _close, self._writers)

    def recorded(self, make: Callable[..., Any], registration: Any) -> Callable[..., Any]:
        """`make`, recorded; but not a `make` within `make`, which would count every episode twice."""

        @functools.wraps(make)
        def recorded_make(*args: Any, **kwargs: Any) -> Any:
            if getattr(self._depth, "inside", False):
                return make(*args, **kwargs)
            self._depth.inside = True
            try:
                if self._films:
                    env = with_rendering(make, registration, args, kwargs)
                else:
                    env = make(*args, **kwargs)
            finally:
                self._depth.inside = False
            self._record(env)
            return env

        return recorded_make

    def _record(self, env: Any) -> None:
        try:
            info = describe(env, functools.partial(tell, "remark"))
            env_id = info["env_id"]
            index = self._slots[env_id] = self._slots.get(env_id, -1) + 1
            slot = Slot(
                env, index, lambda: self._writer(info), self._filming, functools.partial(tell, "remark")
            )
            slot.mode = MODES[self._settings.mode]
            recorded = tap(env, slot, strict=False)
            graft(env, recorded)
            weakref.finalize(env, recorded.stop, log.CUT_CLOSED)
            tell("made", env_id)
        except Exception as error:
            tell("remark", f"not recorded: {type(error).__name__}: {error}")

    def _writer(self, info: dict[str, str]) -> Writer:
        """The writer for this environment id; another one in a child after a fork."""
        with self._lock:
            writer = self._writers.get(info["env_id"])
            if writer is not None and not writer.closed:
                return writer
            settings = self._settings
            target = Target(Path(settings.directory), settings.run, settings.first_number)
            writer = Writer(target, info, functools.partial(tell, "remark"))
            self._writers[info["env_id"]] = writer
            tell("begun", info["env_id"])
            return writer


def _close(writers: dict[str, Writer]) -> None:
    for writer in writers.values():
        writer.close()
