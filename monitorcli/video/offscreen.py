"""Render without a screen, sound, signal handlers or warnings, and undo the changes this needs."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

_SOUNDLESS = sys.platform == "linux" and not os.path.exists("/dev/snd")

# One picture at a time: what is set for it, os.environ and warnings.showwarning, belongs to all threads.
_drawing = threading.RLock()


def _forked() -> None:
    global _drawing
    _drawing = threading.RLock()  # the thread that held the old one is not in this process


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


@contextlib.contextmanager
def drawing() -> Iterator[None]:
    """Context manager for rendering without side effects. Only one thread may be inside at a time."""
    with _drawing, _off_screen(), _unwarned():
        yield


def window() -> Any:
    """The contents of pygame's window as an array of shape (height, width, 3); None if there is no window."""
    pygame: Any = sys.modules.get("pygame")
    surface = pygame and pygame.display.get_surface()
    return None if surface is None else pygame.surfarray.array3d(surface).swapaxes(0, 1)


@contextlib.contextmanager
def _off_screen() -> Iterator[None]:
    """Context manager that lets SDL (pygame) and MuJoCo work without a screen or sound.

    SDL would complain on stderr. MuJoCo would look for a screen, and end the process at the second
    attempt. SDL must not handle SIGTERM and SIGINT either: a worker that was filmed would survive
    `terminate()`.
    """
    wanted = {"SDL_NO_SIGNAL_HANDLERS": "1"}
    if sys.platform == "linux" and not ("DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ):
        wanted["SDL_VIDEODRIVER"] = "dummy"
        wanted["MUJOCO_GL"] = "egl"
    if _SOUNDLESS and "PULSE_SERVER" not in os.environ:
        # Some environments call pygame.init(), which starts all there is. No such driver: nothing is
        # started, and what the script starts itself afterwards fails as it would without us.
        wanted["SDL_AUDIODRIVER"] = "none"
    added = {name: value for name, value in wanted.items() if name not in os.environ}
    left = {*added, "PYOPENGL_PLATFORM"} - os.environ.keys()  # the last is what MuJoCo sets for EGL
    os.environ.update(added)
    try:
        with _dm_control_by_egl() if "MUJOCO_GL" in added else contextlib.nullcontext():
            yield
    finally:
        for name in left:
            os.environ.pop(name, None)


@contextlib.contextmanager
def _dm_control_by_egl() -> Iterator[None]:
    """Context manager that lets dm_control render through EGL, even if it chose a screen when imported."""
    dm_control: Any = sys.modules.get("dm_control._render")
    if dm_control is None:
        yield
        return
    chosen = dm_control.Renderer
    try:
        dm_control.Renderer = importlib.import_module("dm_control._render.pyopengl.egl_renderer").EGLContext
    except Exception:
        dm_control.Renderer = _NoEgl  # what it chose would only leave a traceback
    try:
        yield
    finally:
        dm_control.Renderer = chosen


class _NoEgl:
    def __init__(self, *_: Any, **__: Any) -> None:
        raise RuntimeError("dm_control has neither a screen nor EGL to draw with; try MUJOCO_GL=osmesa")


@contextlib.contextmanager
def _unwarned() -> Iterator[None]:
    """Context manager that hides warnings. With `catch_warnings` the script's own would be shown twice."""
    show = warnings.showwarning
    warnings.showwarning = lambda *args, **kwargs: None
    try:
        yield
    finally:
        warnings.showwarning = show
