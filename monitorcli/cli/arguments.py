"""The arguments of `start` and `resume`: DIR, then a command behind --."""

from __future__ import annotations

import shlex

import click

from monitorcli.errors import BadRequest


class DirectoryFirst(click.Command):
    """A command that refuses to take the first word behind -- for DIR."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; raises BadRequest when nothing before -- names DIR."""
        if "--" in args:
            before, behind = args[: args.index("--")], args[args.index("--") :]
            found, _, _ = self.make_parser(ctx).parse_args(args=list(before))
            wants_help = not set(self.get_help_option_names(ctx)).isdisjoint(before)
            if not (isinstance(found.get("directory"), str) or wants_help or ctx.resilient_parsing):
                raise BadRequest(
                    "DIR is missing: nothing before -- says where to record.",
                    shlex.join([*ctx.command_path.split(), *before, "runs/1", *behind]),
                )
        return super().parse_args(ctx, args)
