"""Have environments rendered: made so that they can be, and quietly where there is no screen."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any, Callable, Iterator

# One frame a call, taken only when asked for; `rgb_array_list` would render every step.
_FILMABLE = ("rgb_array", "ansi")


def with_rendering(
    make: Callable[..., Any], registration: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """`make(*args, **kwargs)`, with a `render_mode` if the script gave none and the environment has one.

    The environment's spec does not tell, so that a copy made from it is made as the script asked.
    """
    mode = _mode(registration, args, kwargs)
    if mode is None:
        return make(*args, **kwargs)
    try:
        env = make(*args, **{**kwargs, "render_mode": mode})
    except TypeError:  # its metadata lists the mode, its constructor does not take it
        return make(*args, **kwargs)
    spec = env.unwrapped.spec
    if spec is not None and spec.kwargs.get("render_mode") == mode:
        if "render_mode" in kwargs:
            spec.kwargs["render_mode"] = None
        else:
            del spec.kwargs["render_mode"]
    return env


@contextlib.contextmanager
def off_screen() -> Iterator[None]:
    """Within it, SDL (pygame) draws into memory if there is no screen; it would complain on stderr."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    if sys.platform != "linux" or any(name in os.environ for name in screens):
        yield
        return
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    try:
        yield
    finally:
        os.environ.pop("SDL_VIDEODRIVER", None)


def _mode(registration: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    """The mode to add; None when one was given, there is none, or it cannot be told without making it."""
    if kwargs.get("render_mode") is not None:
        return None
    try:
        wanted = args[0] if args else kwargs["id"]
        spec = wanted if isinstance(wanted, registration.EnvSpec) else registration._find_spec(wanted)
        if spec.kwargs.get("render_mode") is not None:
            return None
        creator = spec.entry_point
        if not callable(creator):
            creator = registration.load_env_creator(creator)
        modes = creator.metadata.get("render_modes", ())
    except Exception:  # `make` will say it better
        return None
    return next((mode for mode in _FILMABLE if mode in modes), None)
