"""The options that judge a recording: the same for `inspect`, and for `start` and `resume` of evaluations."""

from __future__ import annotations

from pathlib import Path

import click

from monitorcli.cli.options import Decorated


def _error(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and not 0 < value <= 0.5:
        raise click.BadParameter(f"{value:g} is not above 0 and at most 0.5.")
    return value


_OPTIONS = (
    click.option(
        "--baseline", metavar="DIR", type=click.Path(path_type=Path), help="Compare with this recording."
    ),
    click.option(
        "--fail-under",
        metavar="STAT:VALUE",
        multiple=True,
        help="Exit with 1 unless mean, iqm, success, ci_low(mean), ... reach VALUE.",
    ),
    click.option(
        "--fail-regression",
        metavar="STAT:AMOUNT",
        multiple=True,
        help="Exit with 1 if STAT fell by more than AMOUNT or 5%, not by chance.",
    ),
    click.option(
        "--min-episodes",
        metavar="N",
        type=click.IntRange(1),
        help="Exit with 1 unless N episodes were completed.",
    ),
)
_STOPPING = (
    click.option(
        "--stop-when-decided",
        is_flag=True,
        help="Stop as soon as the verdicts over all N episodes are known.",
    ),
    click.option(
        "--error",
        metavar="E",
        type=float,
        callback=_error,
        help="How often such a verdict may be wrong.  [default: 0.05]",
    ),
    click.option(
        "--return-range", metavar="LOW:HIGH", help="Every return lies in it; to stop on a mean return."
    ),
)


def judging(function: Decorated) -> Decorated:
    """Add the options of gates."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def stopping(function: Decorated) -> Decorated:
    """Add the options of evaluations that may stop early."""
    for option in reversed(_STOPPING):
        function = option(function)
    return function
