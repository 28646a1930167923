"""Write docs/cli.md from the commands themselves.

python docs/make_cli.py           write it
python docs/make_cli.py --check   exit with 1, and the difference, when it is not current
"""

from __future__ import annotations

import difflib
import inspect
import sys
import textwrap
from pathlib import Path

import click

from monitorcli.cli import main
from monitorcli.cli.variables import PREFIX, variable

PAGE = Path(__file__).with_name("cli.md")
WIDTH = 100  # of the usage lines, whatever terminal this runs in

EXIT_STATUSES = {
    "0": "done",
    "1": "a gate that was asked for is not met, or could not be judged; an evaluation's proof found a "
    "difference, or could not be run",
    "2": "the request cannot be done: wrong usage, a directory in use, nothing there, a bad policy",
    "5": "nothing was recorded",
    "128+n": "signal n ended the recorded command, or monitorcli itself",
    "others": "`start` and `resume`: the recorded command's own, which may also be one of the above",
}


def page(group: click.Group) -> str:
    """The whole of docs/cli.md."""
    settings = {"auto_envvar_prefix": PREFIX, **group.context_settings, "terminal_width": WIDTH}
    top = click.Context(group, info_name="monitorcli", **settings)
    parts = [
        "# The command line",
        "<!-- Written by docs/make_cli.py from the commands themselves. `make docs` writes it again. -->",
        _prose(group.help),
        _table(("command", "what it does"), _commands(group, top)),
        _options(group, top),
        *_shown(group),
    ]
    for name in group.list_commands(top):
        command = group.get_command(top, name)
        assert command is not None
        if not command.hidden:
            settings = {**command.context_settings, "terminal_width": WIDTH}
            parts += _section(command, click.Context(command, info_name=name, parent=top, **settings))
    parts += ["## Environment variables", _about_variables(), "## Exit status", _exit_statuses()]
    return "\n\n".join(part for part in parts if part) + "\n"


def _commands(group: click.Group, top: click.Context) -> list[tuple[str, str]]:
    commands = [group.commands[name] for name in group.list_commands(top)]
    return [
        (f"[`monitorcli {command.name}`](#monitorcli-{command.name})", command.get_short_help_str(limit=500))
        for command in commands
        if not command.hidden
    ]


def _section(command: click.Command, context: click.Context) -> list[str]:
    usage = context.get_usage().removeprefix("Usage: ")
    return [
        f"## {context.command_path}",
        _code(usage),
        _prose(command.help),
        _options(command, context),
        *_shown(command),
    ]


def _options(command: click.Command, context: click.Context) -> str:
    rows = [
        (*_described(option, context), _variable(option, context))
        for option in command.get_params(context)
        if isinstance(option, click.Option) and not option.hidden and "--help" not in option.opts
    ]
    return _table(("option", "what it does", "environment variable"), rows) if rows else ""


def _described(option: click.Option, context: click.Context) -> tuple[str, str]:
    """An option's spelling, and its help with what else there is to know."""
    extra = option.get_help_extra(context)
    extra.pop("envvars", None)  # they have a column of their own
    known = [f"default: `{extra.pop('default')}`"] if "default" in extra else []
    known += [str(value) for value in extra.values()]
    said = " ".join((option.help or "").replace("\b", "").split())
    spelling, _ = option.get_help_record(context) or ("", "")
    return f"`{spelling}`", f"{said} ({'; '.join(known)})" if known else said


def _variable(option: click.Option, context: click.Context) -> str:
    name = variable(option, str(context.command.name))
    return f"`{name}`" if name else ""


def _prose(text: str | None) -> str:
    """Click's help as Markdown: paragraphs flow, one that begins with a backspace keeps its lines."""
    paragraphs = inspect.cleandoc(text or "").partition("\f")[0].split("\n\n")
    return "\n\n".join(
        _code(paragraph.strip("\b\n")) if paragraph.startswith("\b") else " ".join(paragraph.split())
        for paragraph in paragraphs
    )


def _shown(command: click.Command) -> list[str]:
    """The epilog's examples; their lines are kept whether Click was told to keep them or not."""
    lines = [line for line in inspect.cleandoc(command.epilog or "").splitlines() if line.strip() != "\b"]
    if lines and lines[0].strip() == "Examples:":
        del lines[0]
    return ["Examples:", _code("\n".join(lines))] if lines else []


def _code(text: str) -> str:
    return f"```console\n{textwrap.dedent(text)}\n```"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    cells = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells)


def _about_variables() -> str:
    return (
        "Every option can come from the environment, under the name its table gives. An option on the "
        "command line wins, and so does the ending of a typed `--output`. A flag is set by `1`, `true`, "
        "`yes` or `on`. A variable that a command line has no use for is left alone: with "
        "`MONITORCLI_INSPECT_FORMAT=json`, `inspect DIR --verify` verifies."
    )


def _exit_statuses() -> str:
    return _table(("status", "what it means"), list(EXIT_STATUSES.items()))


def run(check: bool) -> int:
    """Write the page, or compare it; the exit status."""
    text = page(main)
    if not check:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    there = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    before, after = there.splitlines(keepends=True), text.splitlines(keepends=True)
    sys.stdout.writelines(difflib.unified_diff(before, after, "docs/cli.md", "docs/cli.md as it should be"))
    print("docs/cli.md is current" if there == text else "docs/cli.md is not current: run `make docs`")
    return int(there != text)


if __name__ == "__main__":
    sys.exit(run(check="--check" in sys.argv[1:]))
