"""`monitorcli inspect`: report what a directory holds, and judge it by the gates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from monitorcli.cli import gate_options, inspect_options
from monitorcli.cli.inspect_options import AXES, COLUMNS, FORMATS
from monitorcli.cli.options import Grouped
from monitorcli.format.modes import READ

# The names in recording.reader.KINDS; a test holds the two together.
KINDS = ("monitorcli", "gym", "sb3", "recordvideo")

EXAMPLES = """\b
Examples:
  monitorcli inspect runs/ppo
  monitorcli inspect runs/* --sort return --x steps
  monitorcli inspect runs/ppo --last 100 --format json | jq .return.mean
  monitorcli inspect runs/ppo --output ppo.csv
  monitorcli inspect eval --fail-under mean:475 --min-episodes 100
  monitorcli inspect eval --baseline main-eval --fail-regression mean:5%
  monitorcli inspect runs/ppo --output ppo.html
  monitorcli inspect runs/ppo --episode worst
  monitorcli inspect runs/ppo --watch
  monitorcli inspect runs/ppo --verify
"""

HEADINGS = {
    "Select": ("--env", "--mode", "--series", "--run", "--slot", "--last", "--as"),
    "Show": (
        "--format",
        "--output",
        "--summary",
        "--sort",
        "--x",
        "--window",
        "--confidence",
        "--episode",
        "--watch",
    ),
    "Compare and judge": (
        "--baseline",
        "--force-baseline",
        "--fail-under",
        "--fail-regression",
        "--min-episodes",
    ),
    "Other": ("--verify", "--help"),
}

_path = click.Path(path_type=Path)


def _share(ctx: click.Context, param: click.Parameter, value: float) -> float:
    if not 0 < value < 1:
        raise click.BadParameter(f"{value:g} is not between 0 and 1.")
    return value


@click.command(
    cls=Grouped,
    headings=HEADINGS,
    short_help="Show what a recording holds; compare it; judge it.",
    epilog=EXAMPLES,
)
@click.argument("directories", metavar="DIR...", nargs=-1, required=True, type=_path)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(FORMATS),
    envvar="MONITORCLI_INSPECT_FORMAT",  # else it would be named after the parameter
    help="How to say it; else the ending of --output decides, else it is a table.",
)
@click.option(
    "--output", metavar="FILE", type=_path, help="Write to FILE instead of standard output; - is that."
)
@click.option("--summary", is_flag=True, help="Also append markdown to the file $GITHUB_STEP_SUMMARY names.")
@click.option("--env", metavar="PATTERN", help="Only environments of this id; * and ? match.")
@click.option(
    "--mode",
    type=click.Choice(list(READ)),
    help="Only episodes recorded as this.",
)
@click.option("--series", metavar="NAME", help="Only this series, by the name that it is shown under.")
@click.option("--run", metavar="N", type=click.IntRange(0), help="Only this run.")
@click.option("--slot", metavar="N", type=click.IntRange(0), help="Only this sub-environment.")
@click.option(
    "--last", metavar="N", type=click.IntRange(1), help="Only the last N completed episodes of each series."
)
@click.option(
    "--window", metavar="N", type=click.IntRange(1), help="Also the return of every N episodes in a row."
)
@click.option(
    "--confidence", type=float, default=0.95, show_default=True, callback=_share, help="Of the intervals."
)
@click.option("--sort", type=click.Choice(COLUMNS), help="Order of several series; else as they were given.")
@click.option(
    "--x", type=click.Choice(AXES), default="episodes", show_default=True, help="Draw curves by this."
)
@gate_options.judging
@click.option("--force-baseline", is_flag=True, help="Compare also with a recording of another environment.")
@click.option("--episode", metavar="N", help="Show one episode only: N, best, worst, median or last.")
@click.option("--watch", is_flag=True, help="Follow the recording until its run ends.")
@click.option(
    "--verify", is_flag=True, help="Check files and films against each other; exit with 1 when one is off."
)
@click.option(
    "--as", "kind", type=click.Choice(KINDS), envvar="MONITORCLI_INSPECT_AS", help="What wrote the directory."
)
@click.pass_context
def inspect(ctx: click.Context, /, directories: tuple[Path, ...], **params: Any) -> None:
    """Show what the recordings in DIR hold: episodes, returns, videos, runs, and what is wrong.

    Reads what monitorcli, OpenAI Gym's Monitor and Stable-Baselines3's Monitor wrote, also while it is
    being written. A folder of recordings is searched. Changes nothing. The exit status is 1 when a gate
    (--fail-under, --fail-regression, --min-episodes) is not met, or when there is nothing it could judge.

    With --episode and --watch go the options that select; with --verify goes no other option.
    """
    purpose = inspect_options.purpose(ctx)
    if purpose != inspect_options.REPORT:
        from monitorcli.cli import inspect_modes

        getattr(inspect_modes, purpose.removeprefix("--"))(directories, params)
        return
    from monitorcli import report
    from monitorcli.cli import inspect_output as output
    from monitorcli.cli import inspect_request as request
    from monitorcli.cli import judge

    inspect_options.refuse_force_without_baseline(ctx)
    wanted, typed = request.wanted(params), inspect_options.typed(ctx)
    where = output.checked(params, typed, wanted)
    inspect_options.refuse_unseen(typed, where.format_name, wanted.gates)
    wanted = replace(wanted, folder=where.output.absolute().parent if where.output else None)
    recordings, baseline = request.recordings(directories, params, where.format_name)
    answer = report.make_report(recordings, wanted, baseline)
    output.put(answer, where)
    judge.refuse_unmet(answer)
