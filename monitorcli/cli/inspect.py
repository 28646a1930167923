"""`monitorcli inspect`: what is in a directory, as a table, JSON or CSV."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

# Only click is imported here, so that `monitorcli --help` starts fast.
if TYPE_CHECKING:
    from monitorcli.recording.model import Recording

# The names in report.FORMATS; a test holds the two together.
FORMATS = ("table", "json", "csv")

EXAMPLES = """\b
Examples:
  monitorcli inspect runs/ppo
  monitorcli inspect runs/*
  monitorcli inspect runs/ppo --format json | jq .return.mean
  monitorcli inspect runs/ppo --format csv --output ppo.csv
"""


@click.command(short_help="Show what a recording holds.", epilog=EXAMPLES)
@click.argument("directories", metavar="DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "format_name",
    type=click.Choice(FORMATS),
    default="table",
    envvar="MONITORCLI_INSPECT_FORMAT",  # else it would be named after the parameter
    show_default=True,
    help="For people (table), programs (json: one object; a list for several DIR) or spreadsheets (csv).",
)
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write to FILE instead of standard output; - is standard output.",
)
def inspect(directories: tuple[Path, ...], format_name: str, output: Path | None) -> None:
    """Show what the recordings in DIR hold: episodes, returns, videos, runs, and what is wrong.

    Reads what monitorcli and OpenAI Gym's Monitor wrote, also while it is being written. Changes nothing.
    """
    from monitorcli.recording import read
    from monitorcli.report import FORMATS as RENDERERS
    from monitorcli.report import as_csv

    if output == Path("-"):
        output = None
    if format_name == "csv":
        as_csv.refuse_several(len(directories))
    if output is not None:
        _check_output(output)
    recordings = [read(directory) for directory in directories]
    if output is None and format_name == "table":
        _show(recordings)
        return
    # Bytes, because JSON is UTF-8 whatever the terminal's encoding is.
    data = RENDERERS[format_name](recordings).encode()
    if output is None:
        click.echo(data, nl=False)
    else:
        _write(output, data)


def _check_output(output: Path) -> None:
    """Refuse a file that cannot or must not be written, before anything is read."""
    from monitorcli.errors import BadRequest

    if output.is_dir():
        raise BadRequest(f"{output} is a directory.", "Give --output the name of a file.")
    if not output.absolute().parent.is_dir():
        raise BadRequest(
            f"{output} cannot be written: there is no folder {output.parent}.",
            f"Make it first:  mkdir -p {shlex.quote(str(output.parent))}",
        )
    if output.name.startswith("openaigym.") or output.name.endswith("monitor.csv"):
        raise BadRequest(
            f"{output} is named like a file of a recording, which `inspect` never replaces.",
            "Choose another name.",
        )


def _show(recordings: Sequence[Recording]) -> None:
    from monitorcli.cli import style
    from monitorcli.report import as_table

    to = style.console()
    style.show(as_table.lines(recordings, to.width, style.ascii_only(to)), to)


def _write(output: Path, data: bytes) -> None:
    from monitorcli.cli.say import say
    from monitorcli.errors import DirectoryUnusable

    try:
        output.write_bytes(data)
    except OSError as error:
        raise DirectoryUnusable(f"{output} cannot be written: {error.strerror}.") from None
    say(f"wrote {output} ({len(data):,} bytes)")
