"""Load an object that the user names as `path/to/file.py:name` or `package.module:name`."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
from typing import Any

from monitorcli.errors import BadRequest


def load_reference(text: str, what: str) -> Any:
    """The object that `text` names; `what` says in an error what it was wanted for.

    A file is run as a module of its own, with its folder importable, as `python file.py` has it.
    Raises BadRequest when it is not there or does not import.
    """
    place, _, name = text.rpartition(":")
    if not place or not name:
        raise BadRequest(
            f"{text!r} does not name {what}.", "Write path/to/file.py:name or package.module:name."
        )
    if place.endswith(".py") and not os.path.isfile(place):
        raise BadRequest(
            f"there is no file {place}, named as {what}: {text}", f"Looked for in {os.getcwd()}."
        )
    try:
        module = _run_once(os.path.abspath(place)) if place.endswith(".py") else _from_module(place)
    except Exception as error:
        raise BadRequest(
            f"{what} {text!r} does not import: {type(error).__name__}: {error}",
            f"Try it alone: python {place}"
            if place.endswith(".py")
            else f'Try it alone: python -c "import {place}"',
        ) from error
    if not hasattr(module, name):
        raise BadRequest(
            f"{place} has nothing named {name!r}, wanted as {what}.", f"It has: {_public(module)}."
        )
    return getattr(module, name)


@functools.lru_cache(maxsize=None)
def _run_once(path: str) -> Any:
    """The file's module; a policy, an environment and wrappers of one file share it."""
    folder, file = os.path.split(path)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(file[:-3], path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[file[:-3]] = module
    spec.loader.exec_module(module)
    return module


def _from_module(name: str) -> Any:
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    return importlib.import_module(name)


def _public(module: Any) -> str:
    return ", ".join(name for name in vars(module) if not name.startswith("_")) or "nothing public"
