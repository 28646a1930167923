"""What we say on stderr: one sentence, then the ways out, indented."""

from __future__ import annotations

import contextlib

import click


def say(sentence: str, hint: str = "") -> None:
    """Write a remark to stderr, where it never mixes with an answer on stdout."""
    from monitorcli.report.text import printable

    lines = [f"monitorcli: {printable(sentence)}", *(f"  {printable(line)}" for line in hint.splitlines())]
    with contextlib.suppress(OSError):  # a terminal that was closed hears nothing, and must not stop us
        click.echo("\n".join(lines), err=True)
