"""Record a command: claim the run, start it with the hook in its environment, say what came of it."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from pathlib import Path

from monitorcli.attach import command
from monitorcli.attach.settings import Settings, environment
from monitorcli.attach.trail import Trail, read_trail
from monitorcli.cli import closing
from monitorcli.cli.record import Request, begin, end, usable_ffmpeg
from monitorcli.cli.say import say
from monitorcli.monitor import schedule
from monitorcli.monitor.directory import Existing
from monitorcli.monitor.earlier import earlier
from monitorcli.monitor.leftovers import salvage
from monitorcli.monitor.run import Run


def record(asked: Request, existing: Existing) -> None:
    """Run the command, recorded; leave with its exit status, or 5 when nothing was recorded."""
    ffmpeg = usable_ffmpeg(asked)
    run = begin(asked, existing)
    before = earlier(asked.directory)
    settings = settings_of(asked, ffmpeg)._replace(
        run=run.number, first_number=before.started, first_turn=before.played
    )
    outcome, told = _run(asked, settings, run)
    salvage(asked.directory)
    end(run, exit_status=None if outcome.signal else outcome.status, signal=outcome.signal)
    for remark in told.remark:
        say(remark)
    if closing.say_recorded(asked.directory, run, told):
        sys.exit(outcome.status)
    if not told.begun:
        run.forget()
    _say_nothing_recorded(asked, told)
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


def _say_nothing_recorded(asked: Request, told: Trail) -> None:
    if not asked.directory.exists():
        say(f"nothing was recorded: {asked.directory} was removed while the command ran.")
        return
    reason, hint = closing.why_nothing(told, asked.command)
    words = f"monitorcli start --check {shlex.quote(str(asked.directory))} {asked.words()}"
    say(f"nothing was recorded: {reason}", f"{hint}\nTo see how far it gets:  {words}".strip())


def _run(asked: Request, settings: Settings, run: Run) -> tuple[command.Outcome, Trail]:
    with tempfile.TemporaryDirectory(prefix="monitorcli-") as folder:
        trail = Path(folder) / "trail"
        trail.touch()
        try:
            outcome = command.run(asked.command, environment(settings, trail, os.environ), run.beat)
        except command.CannotRun:
            run.forget()
            raise
        return outcome, read_trail(trail)
