"""What we say on stderr: one sentence, then the ways out, indented."""

from __future__ import annotations

import click


def say(sentence: str, hint: str = "") -> None:
    """Write a remark to stderr, where it never mixes with an answer on stdout."""
    from monitorcli.report.text import printable

    click.echo(f"monitorcli: {printable(sentence)}", err=True)
    for line in hint.splitlines():
        click.echo(f"  {printable(line)}", err=True)
