"""Files that go to workers without our disk: what the user named, and the modules that it imported.

Where the same files are in the same places, as on this machine, those are used.
"""

from __future__ import annotations

import contextlib
import os
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import monitorcli
from monitorcli.evaluate.policies import NO_STATISTICS, Policy
from monitorcli.evaluate.worker import Task


class Shipped(NamedTuple):
    """`files` by their absolute paths; `folder` is the current one, `path` what they are imported from."""

    folder: str
    path: tuple[str, ...]
    files: Mapping[str, bytes]


def pack(task: Task, policy: Policy) -> tuple[Task, Shipped]:
    """The task, and what it needs, when policy and environment are loaded: what is not installed.

    The task then says which statistics of VecNormalize were found, so that no worker looks for them.
    """
    named = list(policy.identity["files"])
    if task.policy.reference.endswith(".zip"):
        statistics = named[1] if len(named) > 1 else NO_STATISTICS
        task = task._replace(policy=task.policy._replace(vecnormalize=statistics))
    modules = [getattr(module, "__file__", None) for name, module in list(sys.modules.items())]
    found = {os.path.abspath(path) for path in [*named, *modules] if path and os.path.isfile(path)}
    paths = sorted(path for path in found if not _is_installed(path))
    folders = [os.path.abspath(folder) for folder in sys.path]
    needed = [folder for folder in folders if any(path.startswith(folder + os.sep) for path in paths)]
    files = {path: Path(path).read_bytes() for path in paths}
    return task, Shipped(os.getcwd(), tuple(dict.fromkeys(needed)), files)


@contextlib.contextmanager
def unpacked(task: Task, shipped: Shipped) -> Iterator[Task]:
    """Context manager within which the files are there, and gives the task with their places.

    The process is then in a folder that stands for the one of who asked.
    """
    with contextlib.ExitStack() as stack:
        root = ""
        if any(_bytes_at(path) != data for path, data in shipped.files.items()):
            root = stack.enter_context(tempfile.TemporaryDirectory(prefix="monitorcli-"))
            for path, data in shipped.files.items():
                place = Path(root + path)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
            os.makedirs(root + shipped.folder, exist_ok=True)
        if os.path.isdir(root + shipped.folder):
            os.chdir(root + shipped.folder)
        sys.path[:0] = [root + folder for folder in shipped.path if root + folder not in sys.path]
        yield _placed(task, root)


def _placed(task: Task, root: str) -> Task:
    """The task with its absolute paths below `root`; relative ones are right as they are."""

    def place(text: str) -> str:
        return root + text if os.path.isabs(text) else text

    environment, policy = task.environment, task.policy
    wrappers = tuple(map(place, environment.wrappers))
    statistics = policy.vecnormalize and place(policy.vecnormalize)
    return task._replace(
        environment=environment._replace(env_id=place(environment.env_id), wrappers=wrappers),
        policy=policy._replace(reference=place(policy.reference), vecnormalize=statistics),
        films=task.films._replace(video=task.films.video and place(task.films.video)),
    )


def _is_installed(path: str) -> bool:
    """Whether the file is Python's, ours, or one of an installed package's."""
    parts = Path(path).parts
    if "site-packages" in parts or "dist-packages" in parts or path == _program():
        return True
    own = os.path.dirname(os.path.abspath(monitorcli.__file__))
    standard = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")]
    return any(path.startswith(folder + os.sep) for folder in (own, *standard))


def _program() -> str:
    """The script that runs, such as bin/monitorcli."""
    return os.path.abspath(getattr(sys.modules["__main__"], "__file__", None) or "")


def _bytes_at(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except OSError:
        return None
