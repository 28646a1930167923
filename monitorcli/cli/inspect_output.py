"""Where `inspect` writes its report. The destination is checked before anything is read."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import click

from monitorcli import report
from monitorcli.cli.messages import closed_pipe_tolerated, say
from monitorcli.errors import BadRequest, DirectoryUnusable
from monitorcli.format.names import PREFIX
from monitorcli.report.model import Report, ReportOptions

# The format that a file's ending asks for.
ENDINGS = {
    ".txt": "table",
    ".json": "json",
    ".csv": "csv",
    ".md": "markdown",
    ".xml": "junit",
    ".html": "html",
    ".npz": "npz",
    ".parquet": "parquet",
}
# GitHub's limit for one step, in bytes; more is an error there, and nothing is shown.
_MOST_SUMMARY = 1024 * 1000
SUMMARY = "GITHUB_STEP_SUMMARY"


class Where(NamedTuple):
    """The format, the file to write (None for standard output) and the summary file, if any."""

    format_name: str
    output: Path | None
    summary: Path | None


def checked(params: dict[str, Any], typed: Collection[str], wanted: ReportOptions) -> Where:
    """Decide where to write. Raises BadRequest if a file cannot or must not be written."""
    output = None if params["output"] == Path("-") else params["output"]
    format_name = _format(params["format_name"], "--format" in typed, output)
    if format_name == "junit":
        from monitorcli.report.as_junit import refuse_no_gates

        refuse_no_gates(wanted.gates)
    if format_name == "parquet":
        from monitorcli.report.as_parquet import require_pyarrow

        require_pyarrow()
    if output is not None:
        check_output(output)
    # Outside of GitHub there is none, and the same command line is to work there.
    named = os.environ.get(SUMMARY) if params["summary"] else None
    return Where(format_name, output, Path(named) if named else None)


def _format(name: str | None, typed: bool, output: Path | None) -> str:
    """The format to write.

    In this order: the option --format, the file's ending, the environment variable, a table.
    """
    if output is None or typed:
        return name or "table"
    ending = output.suffix.lower()
    if name is None and ending and ending not in ENDINGS:
        raise BadRequest(
            f"{output}: no format goes by the ending {ending}.",
            f"There are {', '.join(ENDINGS)}; or say which with --format.",
        )
    return ENDINGS.get(ending) or name or "table"


def put(answer: Report, where: Where) -> None:
    """Write the report, and the summary if one was asked for."""
    if where.output is None and where.format_name == "table":
        _show(answer)
    elif where.output is None:
        with closed_pipe_tolerated():
            for piece in report.render(where.format_name, answer):
                click.echo(piece, nl=False)
    else:
        write(where.output, report.render(where.format_name, answer))
    if where.summary is not None:
        _append(where.summary, b"".join(report.render("markdown", answer)))


def check_output(output: Path) -> None:
    """Refuse a file that cannot or must not be written, before anything is read."""
    if output.is_dir():
        raise BadRequest(f"{output} is a directory.", "Give --output the name of a file.")
    if not output.absolute().parent.is_dir():
        raise BadRequest(
            f"{output} cannot be written: there is no folder {output.parent}.",
            f"Make it first:  mkdir -p {shlex.quote(str(output.parent))}",
        )
    if output.name.startswith(PREFIX) or output.name.endswith("monitor.csv"):
        raise BadRequest(
            f"{output} is named like a file of a recording, which `inspect` never replaces.",
            "Choose another name.",
        )


def _show(answer: Report) -> None:
    from monitorcli.cli import style
    from monitorcli.report import as_table

    to = style.console()
    style.show(as_table.lines(answer, to.width, style.ascii_only(to)), to)


def write(output: Path, pieces: Iterable[bytes]) -> None:
    """Write a file and say so. Raises DirectoryUnusable."""
    written = 0
    try:
        with output.open("wb") as file:
            for piece in pieces:
                written += file.write(piece)
    except OSError as error:
        raise DirectoryUnusable(f"{output} cannot be written: {error.strerror}.") from None
    say(f"wrote {output} ({written:,} bytes)")


def _append(summary: Path, data: bytes) -> None:
    """Append to the step summary. If that would make it too large, print a remark instead of failing."""
    try:
        before = summary.stat().st_size if summary.exists() else 0
        if before + len(data) > _MOST_SUMMARY:
            say(f"the step summary would be larger than {_MOST_SUMMARY:,} bytes; nothing was added to it.")
            return
        with summary.open("ab") as file:
            file.write(data)
    except OSError as error:
        raise DirectoryUnusable(f"{summary} cannot be written: {error.strerror}.") from None
