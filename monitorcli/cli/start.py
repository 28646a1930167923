"""The command `monitorcli start`."""

from __future__ import annotations

from typing import Any

import click

from monitorcli.cli import gate_options, options


@click.command(
    cls=options.DirectoryFirst,
    headings={**options.RECORDING_HEADINGS, "Other": ("--force", "--check", "--help")},
    epilog="""\b
Examples:
  monitorcli start runs/ppo -- python train.py --lr 3e-4
  monitorcli start runs/ppo --video every:100 -- bash experiment.sh
  monitorcli start runs/ppo --only CartPole-v1 -- python train.py
  monitorcli start runs/ppo --check -- python train.py
  monitorcli start eval --env CartPole-v1 --policy policy.py:act --episodes 100 --seed 0
  monitorcli start eval --env CartPole-v1 --policy policy.py:act --episodes 100 --fail-under mean:475
""",
)
@options.recording
@gate_options.judging
@gate_options.stopping
@click.option("--force", is_flag=True, help="First delete the recording that is in DIR.")
@click.option("--check", is_flag=True, help="Only try whether all is there: run COMMAND to its first step.")
def start(force: bool, check: bool, **params: Any) -> None:
    """Record a run into DIR: of a command, unchanged, or of a policy in an environment.

    DIR is made with its parents. If it already holds a recording, nothing is touched. The exit status
    is the command's own, or 5 when there was nothing to record.
    """
    from monitorcli.monitor.system import check_system

    check_system()
    from monitorcli.cli.record import record
    from monitorcli.cli.request import Request
    from monitorcli.errors import BadRequest
    from monitorcli.monitor.directory import Existing

    if force and params["shard"] is not None:
        raise BadRequest(
            "--force and --shard do not go together: it would delete what the other shards recorded.",
            "To begin anew:  monitorcli clear DIR",
        )
    existing = Existing.CLEAR if force else Existing.REFUSE
    if check:
        from monitorcli.cli.check import check as rehearse

        rehearse(Request(**params), existing)
    record(Request(**params), existing)
