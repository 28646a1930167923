"""Do to a directory what `resume` and `clear` do: nothing outside is touched, and no code of its is run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from click.testing import CliRunner

from monitorcli.cli import main
from monitorcli.cli.prepared_evaluation import policy_request
from monitorcli.cli.request import Request, checked
from monitorcli.cli.resume_request import resumed
from monitorcli.errors import MonitorError
from monitorcli.evaluate.environment import make_environment
from monitorcli.evaluate.policies import load_policy
from monitorcli.monitor import directory as monitor_directory
from monitorcli.monitor.recovery import recover
from monitorcli.recording import read
from monitorcli.video import schedule

_NOTHING_ASKED = Request(Path(), (), None, None, None, None, None, None, None)


def act(directory: Path) -> Iterator[str]:
    """Sentences on what is wrong; anything but a MonitorError comes through. Deletes what it can."""
    try:
        _resume(directory)
    except MonitorError as error:
        if "CANARY" in str(error):
            yield "resume's refusal holds a file from outside"
    recover(directory)
    try:
        read(directory)
    except MonitorError:
        pass
    yield from _clear(directory)


def _resume(directory: Path) -> None:
    """All that `resume DIR` would load of code, and no episode."""
    request = resumed(_NOTHING_ASKED._replace(directory=directory))
    if request.env is not None:
        request = checked(request)
        schedule.parse(str(request.video))
        load_policy(policy_request(request), make_environment(request.environment(), film=False))


def _clear(directory: Path) -> Iterator[str]:
    for options in ("--dry-run", "--yes", "--yes --stale"):
        done = CliRunner().invoke(main, ["clear", *options.split(), str(directory)])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        if not done.output.replace("\n", "").isprintable():
            yield f"clear {options} prints an unprintable character"
        if done.exit_code == 0 and options != "--dry-run" and monitor_directory.files(directory):
            yield f"clear {options} says that all is gone, and it is not"
