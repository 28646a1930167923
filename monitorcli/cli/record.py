"""Record what was asked for: a command or an evaluation."""

from __future__ import annotations

from monitorcli.cli.request import Request, checked
from monitorcli.monitor.directory import Existing


def record(request: Request, existing: Existing) -> None:
    """Record as requested, and exit with the resulting status."""
    from monitorcli.cli import record_command, record_evaluation

    request = checked(request)
    if request.env is None:
        record_command.record(request, existing)
    else:
        record_evaluation.record(request, existing)
