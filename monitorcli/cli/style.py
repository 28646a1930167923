"""Colours and styles of printed text. All colour goes through rich, which honours NO_COLOR."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.style import Style
from rich.text import Text

from monitorcli.cli.messages import closed_pipe_tolerated
from monitorcli.report.layout import Line, Role, Span

_STYLES: dict[Role, Style] = {
    "title": Style(bold=True),
    "label": Style(color="cyan"),
    "value": Style(bold=True),
    "curve": Style(color="green"),
    "dim": Style(dim=True),
    "good": Style(color="green"),
    "bad": Style(color="red", bold=True),
}


class _Console(Console):
    """A console that raises BrokenPipeError when the pipe is closed; rich would exit with status 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console() -> Console:
    """A console for the current standard output; without colour if that is not a terminal."""
    return _Console(highlight=False, markup=False, emoji=False)


def ascii_only(to: Console) -> bool:
    """Whether only ASCII can safely be printed on this terminal."""
    return to.is_dumb_terminal or not to.encoding.startswith("utf")


def show(lines: Iterable[Line], to: Console) -> None:
    """Print the lines without wrapping them, so that a long path can be copied in one piece."""
    with closed_pipe_tolerated():
        for text in texts(lines):
            to.print(text, soft_wrap=True)


def texts(lines: Iterable[Line]) -> list[Text]:
    """The lines as rich `Text` objects."""
    rendered = []
    for line in lines:
        text = Text()
        for span in line:
            text.append(span.text, _style(span))
        text.rstrip()
        rendered.append(text)
    return rendered


def _style(span: Span) -> Style:
    """The style of a span. A path that exists becomes a link, for terminals that support links."""
    if span.role != "path":
        return _STYLES.get(span.role, Style())
    # Not Path.exists, which raises for a name that no file system takes.
    return Style(link=Path(span.text).absolute().as_uri()) if os.path.exists(span.text) else Style()
