"""What every run of `start` and `resume` needs: beginning and ending it, finding ffmpeg, and messages."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import Any

from monitorcli.cli.closing_line import counted
from monitorcli.cli.messages import say
from monitorcli.cli.request import Request
from monitorcli.errors import DirectoryInUse, EncoderFailed, NoRecording
from monitorcli.monitor.directory import Existing
from monitorcli.monitor.provenance import provenance
from monitorcli.monitor.run import RunFile
from monitorcli.video import schedule
from monitorcli.video.ffmpeg import check_ffmpeg, find_ffmpeg


def begin(request: Request, existing: Existing, how: dict[str, Any]) -> RunFile:
    """Begin the run in its directory. If the directory is in use, the error lists commands to choose from."""
    try:
        return RunFile(request.directory, existing, {**how, "provenance": provenance()})
    except DirectoryInUse as error:
        if existing is Existing.CLEAR:  # somebody is writing there
            raise
        directory, words = shlex.quote(str(request.directory)), request.as_typed()
        raise DirectoryInUse(
            str(error) + _contents(request.directory),
            f"Go on with it:    monitorcli resume {directory} {words}\n"
            f"Start it afresh:  monitorcli start --force {directory} {words}\n"
            f"Clear it only:    monitorcli clear {directory}\n"
            "Or choose another directory.",
        ) from None


def with_current_directory(request: Request, run: RunFile) -> Request:
    """`request` with the directory's current name. Prints a message if it was renamed during the run."""
    try:
        directory = run.directory.path()
    except FileNotFoundError:
        return request
    if directory != request.directory:
        say(f"{request.directory} was renamed to {directory} during the run; the recording is there.")
    return request._replace(directory=directory)


def say_how_to_go_on(request: Request, ended: str) -> None:
    """Say that the run was interrupted, and show the command that resumes it."""
    words = f"monitorcli resume {shlex.quote(str(request.directory))} {request.as_typed()}"
    say(f"{ended}.", f"To go on:  {words}")


def say_what_is_not_filmed(request: Request, first: int, trouble: EncoderFailed | None) -> None:
    """Say why there will be no videos, or none from episode number `first` on."""
    last = None if request.keep else schedule.last(request.films().schedule())
    if trouble:
        say(f"there will be no videos: {trouble}", "To be rid of this remark: --video none")
    elif last is not None and 0 <= last < first:
        say(
            f"--video {request.video} films nothing more: its last episode is {last:,}, "
            f"and this recording goes on with {first:,}.",
            f"Episodes are counted from the recording's first. For example: --video first:{first + 5}",
        )


def end(run: RunFile, **outcome: Any) -> None:
    """Write to the run's file how the run ended. If the disk refuses, print a message only."""
    try:
        run.end(**outcome)
    except OSError as error:
        say(f"{run.path} could not be written: {error.strerror}.")


def usable_ffmpeg(request: Request) -> tuple[str | None, EncoderFailed | None]:
    """The ffmpeg to film with, or the reason why none works; both are None if no video is wanted."""
    if not request.films().wanted:
        return None, None
    try:
        ffmpeg = find_ffmpeg()
        check_ffmpeg(ffmpeg)
        return ffmpeg, None
    except EncoderFailed as error:
        return None, error


def _contents(directory: Path) -> str:
    from monitorcli.recording import read
    from monitorcli.report.text import lasting

    try:
        recording = read(directory, kind="monitorcli")
    except NoRecording:
        return ""
    ends = [run.ended_at for run in recording.runs if run.ended_at is not None]
    ago = f", and was last written {lasting(max(1, round(time.time() - max(ends))))} ago" if ends else ""
    completed = int(recording.episodes.completed.sum())
    return f" It has {counted(completed, len(recording.episodes) - completed)}{ago}."
