"""What we say on stderr: one sentence, then the ways out, indented; and what if nobody reads our stdout."""

from __future__ import annotations

import contextlib
import os
import select
import sys
from collections.abc import Iterator

import click


def say(sentence: str, hint: str = "") -> None:
    """Write a remark to stderr, where it never mixes with an answer on stdout."""
    from monitorcli.report.text import printable

    lines = [f"monitorcli: {printable(sentence)}", *(f"  {printable(line)}" for line in hint.splitlines())]
    with contextlib.suppress(OSError):  # a terminal that was closed hears nothing, and must not stop us
        click.echo("\n".join(lines), err=True)


@contextlib.contextmanager
def closed_pipe_tolerated() -> Iterator[None]:
    """Within it something is printed; a reader who leaves early (`| head`) ends that, and is no failure."""
    try:
        yield
    except BrokenPipeError:
        if not _reader_has_left():  # another pipe
            raise


def _reader_has_left() -> bool:
    """Whether whoever read our standard output has left; what still goes there then vanishes."""
    poll = select.poll()
    poll.register(sys.stdout, 0)  # errors are always told
    if not poll.poll(0):
        return False
    # What is left in its buffer would be tried again when Python ends, and be complained of.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return True
