"""The environment variables that options can be set with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import click

PREFIX = "MONITORCLI"
# How much a variable must be like an option's, from 0 to 1, to be taken for it: MONITORCLI_VERSION, which
# is somebody's own, is so to 0.75.
_LIKE = 0.8


def variable(option: click.Option, command: str) -> str | None:
    """The name of the option's environment variable; None if it has none, such as `--help`."""
    if isinstance(option.envvar, str):
        return option.envvar
    if not option.allow_from_autoenv or option.is_eager or option.name is None:
        return None
    return f"{PREFIX}_{command}_{option.name}".upper()


def misspelt(commands: Sequence[click.Command], given: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The names in `given` that look like an option's variable but are not, each with the nearest that is."""
    known = [
        name
        for command in commands
        for option in command.params
        if isinstance(option, click.Option) and (name := variable(option, str(command.name)))
    ]
    for name in given:
        if name.startswith(f"{PREFIX}_") and name not in known:
            import difflib  # seldom needed, and slow to import

            of_a_command = any(name.startswith(f"{PREFIX}_{command.name}_".upper()) for command in commands)
            if near := difflib.get_close_matches(name, known, 1, 0 if of_a_command else _LIKE):
                yield name, near[0]
