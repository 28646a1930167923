"""How roles look, and where they are printed; all colour goes through rich, which honours NO_COLOR."""

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
    """A console that lets whoever prints decide what a closed pipe means; rich ends with status 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console() -> Console:
    """The console on standard output as it is now; plain when that is no terminal."""
    return _Console(highlight=False, markup=False, emoji=False)


def ascii_only(to: Console) -> bool:
    """True when the terminal can be trusted with nothing but ASCII."""
    return to.is_dumb_terminal or not to.encoding.startswith("utf")


def show(lines: Iterable[Line], to: Console) -> None:
    """Print the lines as they are: never wrapped again, so that a long path stays one word."""
    with closed_pipe_tolerated():
        for text in texts(lines):
            to.print(text, soft_wrap=True)


def texts(lines: Iterable[Line]) -> list[Text]:
    """The lines as rich has them."""
    rendered = []
    for line in lines:
        text = Text()
        for span in line:
            text.append(span.text, _style(span))
        text.rstrip()
        rendered.append(text)
    return rendered


def _style(span: Span) -> Style:
    """A path that is there becomes a link, for terminals that can follow one."""
    if span.role != "path":
        return _STYLES.get(span.role, Style())
    # Not Path.exists, which raises for a name that no file system takes.
    return Style(link=Path(span.text).absolute().as_uri()) if os.path.exists(span.text) else Style()
