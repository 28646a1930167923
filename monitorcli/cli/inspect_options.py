"""Which options of `inspect` go together: one table, and the refusals that follow from it.

Only what was typed is refused. A variable of the environment, which a job may set for all of its commands, is
left alone where there is no use for it.
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
FORMATS = ("table", "json", "csv", "markdown", "junit", "html", "npz")

# What `inspect` can do, and the options that each takes.
REPORT = "a report"
SELECTION = frozenset({"--as", "--env", "--mode", "--series", "--run", "--slot", "--last"})
TAKES = {
    REPORT: SELECTION | {"--format", "--output", "--summary", "--window", "--confidence", "--baseline", "--force-baseline"}
    | {"--fail-under", "--fail-regression", "--min-episodes"},
    "--episode": SELECTION,
    "--watch": SELECTION,
    "--verify": frozenset[str](),
}  # fmt: skip

# What a format has no room for.
LACKS = {
    "csv": ("--window", "--confidence", "--baseline"),
    "npz": ("--window", "--confidence", "--baseline"),
    "junit": ("--window",),
}


def purpose(ctx: click.Context) -> str:
    """The one of TAKES that is asked for; raises BadRequest when something typed does not go with it."""
    purposes = _purposes(typed(ctx)) or _purposes(_given(ctx, ParameterSource.ENVIRONMENT))
    chosen = purposes[0] if purposes else REPORT
    for option in [*purposes[1:], *typed(ctx)]:
        if option != chosen and option not in TAKES[chosen]:
            raise BadRequest(
                f"{chosen} and {option} do not go together.", "Run `monitorcli inspect` once with each."
            )
    return chosen


def typed(ctx: click.Context) -> list[str]:
    """The options on the command line."""
    return _given(ctx, ParameterSource.COMMANDLINE)


def _given(ctx: click.Context, source: ParameterSource) -> list[str]:
    """The options that came from there, but for flags that say no."""
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
    """Raise BadRequest when something typed shows neither in the format, nor in a gate, nor in a summary."""
    judged = {"--confidence": any(gate.end for gate in gates)}
    judged["--baseline"] = any(gate.kind == "regression" for gate in gates)
    for option in options:
        if option in LACKS.get(format_name, ()) and not judged.get(option) and "--summary" not in options:
            others = [name for name in FORMATS if option not in LACKS.get(name, ())]
            raise BadRequest(
                f"{format_name} has no room for what {option} adds.", f"It shows in {', '.join(others)}."
            )
