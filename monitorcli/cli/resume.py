"""The command `monitorcli resume`."""

from __future__ import annotations

import os
from typing import Any

import click

from monitorcli.cli import gate_options, options


@click.command(
    cls=options.DirectoryFirst,
    headings={**options.RECORDING_HEADINGS, "Other": ("--accept-changes", "--help")},
    epilog="""\b
Examples:
  monitorcli resume runs/ppo -- python train.py --load checkpoint.zip
  monitorcli resume eval --policy policy.py:act                   (the episodes that are still missing)
  monitorcli resume eval --policy policy.py:act --episodes 200    (100 were asked for at first)
""",
)
@options.recording
@gate_options.judging
@gate_options.stopping
@click.option(
    "--accept-changes",
    is_flag=True,
    help="Go on with an evaluation though its environment, policy or seed is another than recorded.",
)
def resume(**params: Any) -> None:
    """Go on with the recording in DIR: numbering, schedule, time and totals continue.

    Without a COMMAND and without --env, what the last run was asked for is asked for again; of an
    evaluation, only the episodes that are missing. Code is run only when you name it: a COMMAND, a policy
    or a schedule of your own, an environment with a module (module:ID) or of a file, its wrappers, and
    statistics of VecNormalize are typed again.
    """
    from monitorcli.monitor.system import check_system

    check_system()
    from monitorcli.evaluate.threads import one_thread

    if not params["command"]:  # an evaluation
        one_thread(os.environ)
    from monitorcli.cli.record import record
    from monitorcli.cli.request import Request
    from monitorcli.cli.resume_request import resumed
    from monitorcli.monitor.directory import Existing

    record(resumed(Request(**params)), Existing.KEEP)
