"""Record a command: claim the run, start it with the hook in its environment, say what came of it."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import sys
from pathlib import Path

from monitorcli.attach import command
from monitorcli.attach.settings import Settings, environment
from monitorcli.attach.status_log import StatusLog, new_status_log, read_status_log
from monitorcli.cli import closing
from monitorcli.cli.record import (
    Request,
    begin,
    end,
    follow,
    say_how_to_go_on,
    say_what_is_not_filmed,
    usable_ffmpeg,
)
from monitorcli.cli.say import say
from monitorcli.monitor.directory import Existing
from monitorcli.monitor.history import read_history
from monitorcli.monitor.recovery import recover
from monitorcli.monitor.run import RunFile
from monitorcli.video import schedule


def record(asked: Request, existing: Existing) -> None:
    """Run the command, recorded; leave with its exit status, or 5 when nothing was recorded."""
    missing = [
        folder for folder in (asked.directory, *asked.directory.parents) if not os.path.lexists(folder)
    ]
    ffmpeg, trouble = usable_ffmpeg(asked)
    run = begin(asked, existing, asked.how())
    before = read_history(asked.directory)
    say_what_is_not_filmed(asked, before.played, trouble)
    settings = settings_of(asked, ffmpeg)._replace(
        run=run.number, first_number=before.started, first_turn=before.played
    )
    try:
        outcome, told = _run(asked, settings, run)
    except command.CannotRun:
        _forget(run, missing)
        raise
    asked = follow(asked, run)
    recover(asked.directory)
    status = None if outcome.signal else outcome.status
    end(run, exit_status=status, signal=outcome.signal, interrupted=outcome.interrupted)
    for remark in told.remark:
        say(remark)
    if closing.say_recorded(asked.directory, run, told):
        if outcome.interrupted:
            say_how_to_go_on(asked, "interrupted")
        sys.exit(outcome.status)
    _say_nothing_recorded(asked, told, outcome)
    if not told.reset:
        _forget(run, missing)
    sys.exit(outcome.status or closing.NOTHING_RECORDED)


def settings_of(asked: Request, ffmpeg: str | None) -> Settings:
    """What the command's processes must know, as the first run of a recording."""
    return Settings(
        directory=os.path.abspath(asked.directory),
        run=0,
        first_number=0,
        video=schedule.absolute(str(asked.video)) if ffmpeg else "none",
        fps=asked.fps,
        ffmpeg=ffmpeg,
        mode=asked.mode or "training",
        only=asked.only,
        skip=asked.skip,
    )


def _say_nothing_recorded(asked: Request, told: StatusLog, outcome: command.Outcome) -> None:
    if not asked.directory.exists():
        say(f"nothing was recorded: {asked.directory} was removed while the command ran.")
        return
    reason, hint = closing.why_nothing(told, asked.command)
    if outcome.status:
        reason, hint = _ended_badly(outcome), f"Until then: {reason}"
    words = f"monitorcli start --check {shlex.quote(str(asked.directory))} {asked.words()}"
    say(f"nothing was recorded: {reason}", f"{hint}\nTo see how far it gets:  {words}".strip())


def _ended_badly(outcome: command.Outcome) -> str:
    if outcome.interrupted:
        return "the command was interrupted."
    if outcome.signal:
        return f"the command was ended by {signal.Signals(outcome.signal).name}."
    return f"the command failed with exit status {outcome.status}."


def _forget(run: RunFile, missing: list[Path]) -> None:
    """Leave the directory as free as before: without the run, and gone if it was made for it and is empty."""
    run.forget()
    with contextlib.suppress(OSError):
        for folder in missing:
            folder.rmdir()


def _run(asked: Request, settings: Settings, run: RunFile) -> tuple[command.Outcome, StatusLog]:
    with new_status_log() as status_log:
        outcome = command.run(asked.command, environment(settings, status_log, os.environ), run.heartbeat)
        return outcome, read_status_log(status_log)
