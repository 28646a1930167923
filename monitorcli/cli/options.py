"""Arguments and options shared by several commands."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from monitorcli.errors import BadRequest
from monitorcli.format.modes import MODES
from monitorcli.video.options import DEFAULT_PRESET, PRESETS

Decorated = Callable[..., Any]


def environment_ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Registered environment ids that start with what was typed, for shell completion."""
    import gymnasium

    return sorted(env_id for env_id in gymnasium.registry if env_id.startswith(incomplete))


def _positive(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and not 0 < value <= 1000:
        raise click.BadParameter(f"{value:g} is not between 0 and 1000.")
    return value


def _workers(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is None or value == "auto" or (value.isdecimal() and 1 <= int(value) <= 4096):
        return value
    raise click.BadParameter(f"{value!r} is not a number from 1 to 4096, and not auto.")


directory = click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
RECORDING_HEADINGS = {
    "Evaluate a policy": (
        "--env",
        "--env-arg",
        "--wrapper",
        "--max-episode-steps",
        "--policy",
        "--deterministic",
        "--vecnormalize",
        "--trust-policy",
        "--episodes",
        "--seed",
    ),
    "Workers and shards": ("--workers", "--engine", "--num-envs", "--shard", "--repeat", "--reuse-env"),
    "Judge an evaluation": (
        "--baseline",
        "--fail-under",
        "--fail-regression",
        "--min-episodes",
        "--stop-when-decided",
        "--error",
        "--return-range",
    ),
    "Record a command": ("--only", "--skip", "--evaluation"),
    "How it is recorded": ("--mode", "--trace"),
    "Films": (
        "--video",
        "--keep",
        "--fps",
        "--max-frames",
        "--frame-skip",
        "--scale",
        "--crf",
        "--preset",
    ),
}
_RECORDING = (
    directory,
    click.argument("command", metavar="[-- COMMAND [ARG]...]", nargs=-1, type=click.UNPROCESSED),
    click.option(
        "--env",
        metavar="ID",
        shell_complete=environment_ids,
        help="Environment to run it in: an id, module:ID or path/to/file.py:EnvClass.",
    ),
    click.option(
        "--env-arg",
        metavar="KEY=VALUE",
        multiple=True,
        help="Make the environment with this argument; VALUE is JSON, or text.",
    ),
    click.option(
        "--wrapper",
        metavar="W",
        multiple=True,
        help="Wrap the environment in this (package.module:name or file.py:name), the first one innermost.",
    ),
    click.option(
        "--max-episode-steps",
        metavar="N",
        type=click.IntRange(1),
        help="Truncate episodes after N steps, instead of the environment's own limit.",
    ),
    click.option(
        "--policy",
        metavar="P",
        help="random, file.py:name, package.module:name, or a file: .zip of Stable-Baselines3, .pt, .onnx.",
    ),
    click.option(
        "--deterministic/--stochastic",
        default=None,
        help="Whether the policy gives its best action (the default) or draws one.",
    ),
    click.option(
        "--vecnormalize",
        metavar="FILE",
        help="The statistics that a .zip was trained with, if they are not beside it; or none.",
    ),
    click.option(
        "--trust-policy",
        is_flag=True,
        help="Load a .zip that holds more than known objects; that may run code in it.",
    ),
    click.option("--episodes", metavar="N", type=click.IntRange(1), help="How many episodes to run."),
    click.option("--seed", metavar="S", type=click.IntRange(0), help="Episode i is reset with seed S + i."),
    click.option(
        "--workers",
        metavar="N",
        callback=_workers,
        help="Processes that run episodes, or auto.  [default: 1]",
    ),
    click.option(
        "--engine",
        type=click.Choice(("local", "ray")),
        help="Where workers run: on this machine, or in a cluster of Ray's.  [default: local]",
    ),
    click.option(
        "--num-envs",
        metavar="B",
        type=click.IntRange(1, 1024),
        help="Environments in each process, for which the policy is called at once: 4 or more.  [default: 1]",
    ),
    click.option(
        "--shard",
        metavar="I/N",
        help="Run one of N parts, the same DIR for all; auto with Slurm or torchrun.",
    ),
    click.option(
        "--repeat", metavar="K", type=click.IntRange(0), help="Run K episodes twice, which must be equal."
    ),
    click.option(
        "--reuse-env", is_flag=True, default=None, help="Keep one environment, not a fresh one an episode."
    ),
    click.option(
        "--video",
        metavar="SCHEDULE",
        help="Which episodes to film: cubic, none, all, every:N, first:N, 0,8,27 or file.py:name.",
    ),
    click.option(
        "--keep",
        metavar="RULES",
        help="Film every episode, and keep by outcome: best:3,worst:3,failed:5,last.",
    ),
    click.option("--fps", type=float, callback=_positive, help="Frames a second of the videos."),
    click.option(
        "--trace",
        metavar="SCHEDULE",
        help="Of which episodes to keep what a replay needs.  [default: all with --env, else none]",
    ),
    click.option("--max-frames", metavar="N", type=click.IntRange(1), help="End a film after N frames."),
    click.option("--frame-skip", metavar="K", type=click.IntRange(1), help="Film every K-th frame only."),
    click.option(
        "--scale",
        metavar="FACTOR",
        type=click.FloatRange(0.05, 4),
        help="Make films larger or smaller by this factor.",
    ),
    click.option(
        "--crf", metavar="Q", type=click.IntRange(0, 51), help="Quality: 0 (best) to 51.  [default: 23]"
    ),
    click.option(
        "--preset",
        type=click.Choice(PRESETS),
        metavar="NAME",
        help=f"How much time x264 takes, ultrafast to veryslow.  [default: {DEFAULT_PRESET}]",
    ),
    click.option("--mode", type=click.Choice(list(MODES)), help="What the episodes are recorded as."),
    click.option(
        "--only",
        metavar="ID",
        multiple=True,
        help="Record these environments of the command only; * and ? match.",
    ),
    click.option(
        "--skip",
        metavar="ID",
        multiple=True,
        help="Leave these environments of the command out; * and ? match.",
    ),
    click.option(
        "--evaluation",
        metavar="PATTERN",
        multiple=True,
        help="Record these environments of the command as evaluation: an ID, or file.py:31 that makes them.",
    ),
)


def recording(function: Decorated) -> Decorated:
    """Add the arguments and options of `start` and `resume`: what to record, where and how."""
    for option in reversed(_RECORDING):
        function = option(function)
    return function


class Grouped(click.Command):
    """A command whose --help has its options under headings."""

    def __init__(self, *arguments: Any, headings: Mapping[str, Sequence[str]], **more: Any) -> None:
        """`headings` has the options that stand under each; every option stands under one."""
        super().__init__(*arguments, **more)
        self.headings = headings

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each heading with its options."""
        records = {
            param.opts[-1]: record  # --help, of -h and --help
            for param in self.get_params(ctx)
            if isinstance(param, click.Option) and (record := param.get_help_record(ctx))
        }
        for heading, names in self.headings.items():
            with formatter.section(heading):
                formatter.write_dl([records[name] for name in names])


class DirectoryFirst(Grouped):
    """A command that refuses to take the first word behind -- for DIR."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments. Raises BadRequest if DIR is missing before `--`."""
        if "--" in args:
            before, behind = args[: args.index("--")], args[args.index("--") :]
            parsed, _, _ = self.make_parser(ctx).parse_args(args=list(before))
            wants_help = not set(self.get_help_option_names(ctx)).isdisjoint(before)
            if not (isinstance(parsed.get("directory"), str) or wants_help or ctx.resilient_parsing):
                raise BadRequest(
                    "DIR is missing: nothing before -- says where to record.",
                    shlex.join([*ctx.command_path.split(), *before, "runs/1", *behind]),
                )
        return super().parse_args(ctx, args)
