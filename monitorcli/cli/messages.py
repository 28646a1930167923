"""Messages on stderr: a sentence, then indented hints. Also handles a reader that closes our stdout early."""

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
    """Context manager for printing: a reader that closes the pipe early (`| head`) is not an error."""
    try:
        yield
    except BrokenPipeError:
        if not _reader_has_left():  # another pipe
            raise


def _reader_has_left() -> bool:
    """Whether the reader of standard output has closed it. If so, further output is discarded."""
    poll = select.poll()
    poll.register(sys.stdout, 0)  # errors are always told
    if not poll.poll(0):
        return False
    # What is left in its buffer would be tried again when Python ends, and be complained of.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return True
