"""`monitorcli resume`."""

from __future__ import annotations

from typing import Any

import click

from monitorcli.cli import options
from monitorcli.cli.arguments import DirectoryFirst


@click.command(
    cls=DirectoryFirst,
    epilog="""\b
Examples:
  monitorcli resume runs/ppo -- python train.py --load checkpoint.zip
  monitorcli resume eval --policy policy.py:act                   (the episodes that are still missing)
  monitorcli resume eval --policy policy.py:act --episodes 200    (100 were asked for at first)
""",
)
@options.recording
def resume(**asked: Any) -> None:
    """Go on with the recording in DIR: numbering, schedule, time and totals continue.

    Without a COMMAND and without --env, what the last run was asked for is asked for again; of an
    evaluation, only the episodes that are missing. Code is run only when you name it: a COMMAND, a policy
    or a schedule of your own, and an environment with a module (module:ID) are typed again.
    """
    from monitorcli.monitor.system import check_system

    check_system()
    from monitorcli.cli.again import again
    from monitorcli.cli.record import Request, record
    from monitorcli.monitor.directory import Existing

    record(again(Request(**asked)), Existing.KEEP)
