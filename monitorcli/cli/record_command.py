"""Record a command: claim the run, start the command with the hook installed, and report the outcome."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import sys
import time
from pathlib import Path

from monitorcli.attach import command
from monitorcli.attach.settings import Settings, environment
from monitorcli.attach.status_log import StatusLog, new_status_log, read_status_log
from monitorcli.cli.closing_line import say_recorded
from monitorcli.cli.keep_films import keep_films, say_what_was_not_kept
from monitorcli.cli.messages import say
from monitorcli.cli.nothing_recorded import NOTHING_RECORDED, unmatched, why_nothing
from monitorcli.cli.request import Request
from monitorcli.cli.run_lifecycle import (
    begin,
    end,
    say_how_to_go_on,
    say_what_is_not_filmed,
    usable_ffmpeg,
    with_current_directory,
)
from monitorcli.monitor.directory import Existing
from monitorcli.monitor.history import read_history
from monitorcli.monitor.recovery import recover
from monitorcli.monitor.run import RunFile
from monitorcli.report.text import lasting
from monitorcli.video import schedule
from monitorcli.video.meter import is_costly
from monitorcli.video.options import FOR_LESS, NO_FILMS


def record(request: Request, existing: Existing) -> None:
    """Run the command and record it. Exits with the command's status, or 5 if nothing was recorded."""
    missing = [
        folder for folder in (request.directory, *request.directory.parents) if not os.path.lexists(folder)
    ]
    ffmpeg, trouble = usable_ffmpeg(request)
    run = begin(request, existing, request.how())
    keep_films(request.directory, run, request.keep)
    before = read_history(request.directory)
    say_what_is_not_filmed(request, before.played, trouble)
    settings = settings_of(request, ffmpeg)._replace(
        run=run.number, first_number=before.started, first_turn=before.played
    )
    began = time.monotonic()
    try:
        outcome, told = _run(request, settings, run)
    except command.CannotRun:
        _forget(run, missing)
        raise
    request = with_current_directory(request, run)
    recover(request.directory)
    keep_films(request.directory, run, request.keep)
    say_what_was_not_kept(request.directory, run, request.keep)
    status = None if outcome.signal else outcome.status
    end(run, exit_status=status, signal=outcome.signal, interrupted=outcome.interrupted)
    for remark in told.remark:
        say(remark)
    missed, there_were = unmatched(request.evaluation, told)
    if missed:
        say(missed, there_were)
    if say_recorded(request.directory, run, told, _cost_of_films(told, time.monotonic() - began)):
        if outcome.interrupted:
            say_how_to_go_on(request, "interrupted")
        sys.exit(outcome.status)
    _say_nothing_recorded(request, told, outcome)
    if not told.reset:
        _forget(run, missing)
    sys.exit(outcome.status or NOTHING_RECORDED)


def _cost_of_films(told: StatusLog, elapsed: float) -> list[str]:
    """A line, if filming kept a process for more than a tenth of the run's time."""
    spent = max(map(float, told.filming), default=0.0)
    if not is_costly(spent, elapsed):
        return []
    return [f"Filming took {lasting(round(spent))} of {lasting(round(elapsed))}. {FOR_LESS}"]


def settings_of(request: Request, ffmpeg: str | None) -> Settings:
    """The settings for the command's processes, as the first run of a recording."""
    films = request.films()
    return Settings(
        directory=os.path.abspath(request.directory),
        run=0,
        first_number=0,
        films=films._replace(video=films.video and schedule.absolute(films.video)) if ffmpeg else NO_FILMS,
        ffmpeg=ffmpeg,
        mode=request.mode or "training",
        only=request.only,
        skip=request.skip,
        evaluation=request.evaluation,
        trace=schedule.absolute(request.traces()),
    )


def _say_nothing_recorded(request: Request, told: StatusLog, outcome: command.Outcome) -> None:
    if not request.directory.exists():
        say(f"nothing was recorded: {request.directory} was removed while the command ran.")
        return
    reason, hint = why_nothing(told, request.command)
    if outcome.status:
        reason, hint = _ended_badly(outcome), f"Until then: {reason}"
    words = f"monitorcli start --check {shlex.quote(str(request.directory))} {request.as_typed()}"
    say(f"nothing was recorded: {reason}", f"{hint}\nTo see how far it gets:  {words}".strip())


def _ended_badly(outcome: command.Outcome) -> str:
    if outcome.interrupted:
        return "the command was interrupted."
    if outcome.signal:
        return f"the command was ended by {signal.Signals(outcome.signal).name}."
    return f"the command failed with exit status {outcome.status}."


def _forget(run: RunFile, missing: list[Path]) -> None:
    """Remove the run's file, and the directories made for the run if they are empty."""
    run.forget()
    with contextlib.suppress(OSError):
        for folder in missing:
            folder.rmdir()


def _run(request: Request, settings: Settings, run: RunFile) -> tuple[command.Outcome, StatusLog]:
    with new_status_log() as status_log:
        outcome = command.run(request.command, environment(settings, status_log, os.environ), run.heartbeat)
        return outcome, read_status_log(status_log)
