"""Where in a script an environment was made: the calls that led to it, also across processes.

Environments that were made at one place belong together. What a vector environment is made of was made where
that was made: the calls inside of its constructor, and in its worker processes, are left out.
"""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
from types import FrameType
from typing import Any, Callable, Tuple

from monitorcli.format.environment import MOST_CALLS, Call

CallSite = Tuple[Call, ...]

# What files of installed packages and of Python itself begin with.
INSTALLED, STANDARD = "site-packages/", "python/"

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_STANDARD = os.path.join(sysconfig.get_paths()["stdlib"], "")
_MOST_SHOWN = 5  # calls that are named to the user
# Where a process of multiprocessing keeps where it was started. It is pickled with it.
_STARTED_AT = "_monitorcli_started_at"
_VECTOR_CLASSES = {"VecEnv", "VectorEnv"}
# Packages whose processes run what another process sends them: their command says nothing of the script.
_HOSTS = {"ray", "joblib", "loky", "distributed", "ipykernel", "ipykernel_launcher", "colab_kernel_launcher"}


def call_site(frame: FrameType | None) -> CallSite:
    """The calls up the stack from `frame`, innermost first, then those that started the process."""
    calls, in_vector = _calls(frame)
    started_at = getattr(_current_process(), _STARTED_AT, None)
    if started_at is not None:
        outside, of_vector = started_at
        calls = outside if of_vector and not in_vector else (*calls, *outside)
    return calls[:MOST_CALLS]


def command() -> tuple[str, ...]:
    """The script that this process was started as, with its arguments; () where that tells nothing."""
    return _command(tuple(map(str, getattr(sys, "argv", ()))))


@functools.lru_cache(maxsize=8)
def _command(argv: tuple[str, ...]) -> tuple[str, ...]:
    main = sys.modules.get("__main__")
    name = getattr(getattr(main, "__spec__", None), "name", None) or getattr(main, "__package__", None) or ""
    file = _shown(getattr(main, "__file__", None) or "")
    package = file[len(INSTALLED) :] if file.startswith(INSTALLED) else name
    if package.replace("/", ".").partition(".")[0] in _HOSTS:
        return ()
    return (_shown(argv[0]), *argv[1:]) if argv else ()


def called_from(made_at: CallSite) -> str:
    """` at envs.py:4, called from train.py:31`: the script's own calls; "" when they are not known."""
    own = [call for call in made_at if not call[0].startswith((INSTALLED, STANDARD))]
    places = [f"{file}:{line}" for file, line, _ in (own or made_at)[:_MOST_SHOWN]]
    return f" at {', called from '.join(places)}" if places else ""


def follow_processes() -> None:
    """Have processes of multiprocessing know where they were started, whatever their start method."""
    from multiprocessing.process import BaseProcess

    plain: Callable[[Any], None] = BaseProcess.start
    if hasattr(plain, _STARTED_AT):
        return

    @functools.wraps(plain)
    def start(self: Any) -> None:
        calls, in_vector = _calls(sys._getframe(1))
        outside = getattr(_current_process(), _STARTED_AT, ((), False))[0]
        setattr(self, _STARTED_AT, ((*calls, *outside)[:MOST_CALLS], in_vector))
        return plain(self)

    setattr(start, _STARTED_AT, None)
    BaseProcess.start = start  # type: ignore[method-assign]


def _calls(frame: FrameType | None) -> tuple[CallSite, bool]:
    """The calls of this process's own, and whether one of them constructs a vector environment."""
    calls: list[Call] = []
    in_vector = False
    while frame is not None:
        code = frame.f_code
        if code.co_name == "_bootstrap" and code.co_filename.endswith(_BOOTSTRAP):
            break  # what follows, in a forked process, was done by its parent
        if code.co_name == "__init__" and _constructs_vector(frame):
            calls, in_vector = [], True
        elif len(calls) < MOST_CALLS:
            file = _shown(code.co_filename)
            if file:
                calls.append((file, frame.f_lineno, code.co_name))
        frame = frame.f_back
    return tuple(calls), in_vector


_BOOTSTRAP = os.path.join("multiprocessing", "process.py")


def _constructs_vector(frame: FrameType) -> bool:
    code = frame.f_code
    itself = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
    return any(base.__name__ in _VECTOR_CLASSES for base in type(itself).__mro__)


@functools.lru_cache(maxsize=4096)
def _shown(file: str) -> str:
    """The file as it is kept: within its package or the current folder, where it is; "" for our own."""
    if not file or file.startswith(("<frozen", _OWN)):
        return ""
    if file.startswith("<"):  # no file: <string>, <stdin>
        return file
    path = os.path.abspath(file)
    for folder in ("site-packages", "dist-packages"):
        _, found, rest = path.rpartition(os.sep + folder + os.sep)
        if found:
            return INSTALLED + rest.replace(os.sep, "/")
    if path.startswith(_STANDARD):
        return STANDARD + path[len(_STANDARD) :].replace(os.sep, "/")
    try:
        here = os.path.join(os.getcwd(), "")
    except OSError:
        return path
    return path[len(here) :] if path.startswith(here) else path


def _current_process() -> Any:
    process = sys.modules.get("multiprocessing.process")
    return process.current_process() if process else None
