"""Which options of `inspect` can be used together: a table, and the errors that follow from it.

Only options on the command line are refused. An option that comes from an environment variable, which a
job may set for all of its commands, is ignored where it has no use.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from monitorcli.errors import BadRequest

if TYPE_CHECKING:
    from monitorcli.summary.gates import Gate

# The names in report.FORMATS; a test holds the two together.
FORMATS = ("table", "json", "csv", "markdown", "junit", "html", "npz", "parquet")

# The names in report.order.COLUMNS; a test holds the two together.
COLUMNS = (
    "directory", "series", "episodes", "steps", "return", "best", "iqm", "length", "success", "videos",
    "runs",
)  # fmt: skip
AXES = ("episodes", "steps", "time")

# What `inspect` can do, and the options that each takes.
REPORT = "a report"
SELECTION = frozenset({"--as", "--env", "--mode", "--series", "--run", "--slot", "--last"})
TAKES = {
    REPORT: SELECTION | {"--format", "--output", "--summary", "--window", "--confidence"}
    | {"--baseline", "--force-baseline", "--sort", "--x"}
    | {"--fail-under", "--fail-regression", "--min-episodes"},
    "--episode": SELECTION,
    "--watch": SELECTION,
    "--verify": frozenset[str](),
}  # fmt: skip

# What a format has no room for.
_OF_REPORTS = ("--window", "--confidence", "--baseline", "--force-baseline", "--sort", "--x")
LACKS = {
    **dict.fromkeys(("csv", "npz", "parquet"), _OF_REPORTS),
    "json": ("--sort", "--x"),
    "markdown": ("--x",),
    "junit": ("--window", "--sort", "--x"),
    "html": ("--sort",),
}


def purpose(ctx: click.Context) -> str:
    """The key of TAKES that was asked for. Raises BadRequest if an option conflicts with it.

    Only options on the command line can conflict.
    """
    purposes = _purposes(typed(ctx)) or _purposes(_given(ctx, ParameterSource.ENVIRONMENT))
    chosen = purposes[0] if purposes else REPORT
    for option in [*purposes[1:], *typed(ctx)]:
        if option != chosen and option not in TAKES[chosen]:
            raise BadRequest(
                f"{chosen} and {option} do not go together.", "Run `monitorcli inspect` once with each."
            )
    return chosen


def refuse_force_without_baseline(ctx: click.Context) -> None:
    """Raise BadRequest if --force-baseline was typed and there is no baseline."""
    if "--force-baseline" in typed(ctx) and ctx.params["baseline"] is None:
        raise BadRequest(
            "--force-baseline needs --baseline: the recording to compare with.",
            "For example: --baseline main-eval --force-baseline",
        )


def typed(ctx: click.Context) -> list[str]:
    """The options that were given on the command line."""
    return _given(ctx, ParameterSource.COMMANDLINE)


def _given(ctx: click.Context, source: ParameterSource) -> list[str]:
    """The options that came from this source, without flags that were set to false."""
    return [
        param.opts[0]
        for param in ctx.command.params
        if isinstance(param, click.Option)
        and ctx.get_parameter_source(str(param.name)) is source
        and ctx.params.get(str(param.name)) is not False
    ]


def _purposes(options: Collection[str]) -> list[str]:
    return [name for name in TAKES if name in options]


def refuse_unseen(options: Collection[str], format_name: str, gates: Iterable[Gate]) -> None:
    """Raise BadRequest if an option has no effect on the format, on a gate or on the summary."""
    judged = {"--confidence": any(gate.end for gate in gates)}
    judged["--baseline"] = any(gate.kind == "regression" for gate in gates)
    for option in options:
        if option in LACKS.get(format_name, ()) and not judged.get(option) and "--summary" not in options:
            others = [name for name in FORMATS if option not in LACKS.get(name, ())]
            raise BadRequest(
                f"{format_name} has no room for what {option} adds.", f"It shows in {', '.join(others)}."
            )
