"""The command line: one module per command. Only this package uses click and rich, prints, or exits.

`start` and `resume` make a `Request` (`request.py`), which `record.py` passes to `record_command.py` or
`record_evaluation.py`. The work is done by the other packages; the modules here call them and print the
outcome.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import click

from monitorcli import __version__
from monitorcli.cli.clear import clear
from monitorcli.cli.inspect import inspect
from monitorcli.cli.messages import closed_pipe_tolerated, say
from monitorcli.cli.resume import resume
from monitorcli.cli.start import start
from monitorcli.cli.variables import PREFIX, misspelt
from monitorcli.errors import MonitorError

# The exit status of a request that cannot be done; see docs/cli.md for the others.
CANNOT = 2


class Commands(click.Group):
    """The command group. Turns an error into a message with hints and an exit status."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the order in which they are needed rather than by name."""
        return list(self.commands)

    def make_context(self, *arguments: Any, **extra: Any) -> click.Context:
        """Parse the arguments. `--help` and `--version` print here and exit."""
        with closed_pipe_tolerated():
            return super().make_context(*arguments, **extra)
        sys.exit(0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen command."""
        for name, near in misspelt(list(self.commands.values()), os.environ):
            say(f"{name} is the variable of no option. Did you mean {near}?")
        try:
            with closed_pipe_tolerated():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            say("interrupted.")
            ctx.exit(128 + signal.SIGINT)
        except click.UsageError as error:
            context = error.ctx or ctx
            hint = f"{context.command_path} --help"
            if isinstance(error, click.NoSuchOption) and context.info_name in ("start", "resume"):
                hint = f"A command's own options go behind --:  {context.command_path} DIR -- COMMAND\n{hint}"
            say(error.format_message(), hint)
            ctx.exit(CANNOT)
        except MonitorError as error:
            say(str(error), error.hint)
            ctx.exit(getattr(error, "status", CANNOT))


@click.group(
    cls=Commands,
    context_settings={
        "auto_envvar_prefix": PREFIX,
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
    },
    epilog="""\b
Examples:
  monitorcli start runs/ppo -- python train.py
  monitorcli start eval --env CartPole-v1 --policy policy.py:act --episodes 100 --seed 0
  monitorcli inspect runs/ppo
""",
)
@click.version_option(__version__, prog_name="monitorcli", allow_from_autoenv=False)
def main() -> None:
    """Record what a reinforcement-learning policy does: every episode, and videos of the ones that matter."""


for command in (start, resume, clear, inspect):
    main.add_command(command)
