"""The command-line run recorder for reinforcement learning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.2.0.dev0"
__all__ = ["Monitor", "Recording", "load_results", "read"]

if TYPE_CHECKING:
    from monitorcli.monitor.wrapper import Monitor
    from monitorcli.recording import Recording, load_results, read

_HOMES = {
    "Monitor": "monitorcli.monitor.wrapper",
    "Recording": "monitorcli.recording",
    "load_results": "monitorcli.recording",
    "read": "monitorcli.recording",
}


def __getattr__(name: str) -> Any:
    # Imported when asked for: `monitorcli --help` must not pay for Gymnasium, nor `inspect` need it.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
