"""Record what was asked for: a command or an evaluation."""

from __future__ import annotations

import os

from monitorcli.cli.request import Request, checked
from monitorcli.evaluate.threads import one_thread
from monitorcli.monitor.directory import Existing


def record(request: Request, existing: Existing) -> None:
    """Record as requested, and exit with the resulting status."""
    request = checked(request)
    if request.env is None:
        from monitorcli.cli import record_command

        record_command.record(request, existing)
    else:
        one_thread(os.environ)  # before NumPy is loaded, which comes with what follows
        from monitorcli.cli import record_evaluation

        record_evaluation.record(request, existing)
