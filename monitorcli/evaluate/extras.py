"""Packages that only some policies and engines need: the extras of monitorcli."""

from __future__ import annotations

import importlib

from monitorcli.errors import BadRequest


def need(package: str, extra: str, what: str) -> None:
    """Raise BadRequest, which names the extra, if the package that `what` needs cannot be imported."""
    try:
        importlib.import_module(package)
    except ModuleNotFoundError:
        raise BadRequest(
            f"{what} needs {package}, which is not installed.", f"pip install 'monitorcli[{extra}]'"
        ) from None
    except Exception as error:
        raise BadRequest(f"{what} needs {package}, which does not import: {error}") from error
