"""The command `monitorcli clear`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from monitorcli.cli import options
from monitorcli.cli.messages import say


@click.command(
    epilog="""\b
Examples:
  monitorcli clear runs/ppo --dry-run
  monitorcli clear runs/ppo --yes
""",
)
@options.directory
@click.option("--dry-run", is_flag=True, help="Only list what would be deleted.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@click.option("--stale", is_flag=True, help="Also if a writer elsewhere is silent, and may be alive.")
def clear(directory: Path, dry_run: bool, yes: bool, stale: bool) -> None:
    """Delete the recording in DIR: the files that begin with "openaigym.", and nothing else.

    Refused while DIR is being written. Whether a writer on another host or in another container is dead
    cannot be seen from here: when you know it, say --stale.
    """
    from monitorcli.errors import BadRequest, NoRecording
    from monitorcli.format.files import files
    from monitorcli.monitor import directory as monitor_directory
    from monitorcli.monitor.active_writers import refuse_living
    from monitorcli.report.text import printable, size

    owned = files(directory)
    if not owned:
        raise NoRecording(f"{directory} holds no recording; there is nothing to clear.")
    total = f"{len(owned)} file{'s' if len(owned) > 1 else ''}, {size(sum(file.size for file in owned))}"
    if dry_run:
        for file in owned:
            click.echo(printable(directory / file.name))
        say(f"would delete {total} from {directory}.")
        return
    refuse_living(directory, even_if_stale=stale)
    if not yes:
        if not sys.stdin.isatty():
            raise BadRequest(
                f"not deleting {total} from {directory} unasked.",
                f"monitorcli clear --yes {'--stale ' if stale else ''}{shlex.quote(str(directory))}",
            )
        if not click.confirm(f"Delete {total} from {printable(directory)}?", err=True):
            say(f"nothing was deleted from {directory}.")
            return
    with monitor_directory.exclusive(directory):
        refuse_living(directory, even_if_stale=stale)
        monitor_directory.clear(directory)
    say(f"deleted {total} from {directory}.")
