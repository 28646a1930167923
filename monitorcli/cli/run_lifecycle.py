"""What any run of `start` and `resume` needs: its beginning, its end, ffmpeg, and what is said on the way."""

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
    """Begin the run in its directory; a refusal says what is there and shows commands to paste."""
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
    """`request` with the name that the directory has by now, which is said when it is another."""
    try:
        directory = run.directory.path()
    except FileNotFoundError:
        return request
    if directory != request.directory:
        say(f"{request.directory} was renamed to {directory} during the run; the recording is there.")
    return request._replace(directory=directory)


def say_how_to_go_on(request: Request, ended: str) -> None:
    """Say that the run was ended from outside, with the line that goes on with it."""
    words = f"monitorcli resume {shlex.quote(str(request.directory))} {request.as_typed()}"
    say(f"{ended}.", f"To go on:  {words}")


def say_what_is_not_filmed(request: Request, first: int, trouble: EncoderFailed | None) -> None:
    """Say why there will be no videos, or none of the episodes from number `first` on."""
    last = schedule.last(str(request.video))
    if trouble:
        say(f"there will be no videos: {trouble}", "To be rid of this remark: --video none")
    elif last is not None and 0 <= last < first:
        say(
            f"--video {request.video} films nothing more: its last episode is {last:,}, "
            f"and this recording goes on with {first:,}.",
            f"Episodes are counted from the recording's first. For example: --video first:{first + 5}",
        )


def end(run: RunFile, **outcome: Any) -> None:
    """Write down how the run ended; a disk that refuses that is only said."""
    try:
        run.end(**outcome)
    except OSError as error:
        say(f"{run.path} could not be written: {error.strerror}.")


def usable_ffmpeg(request: Request) -> tuple[str | None, EncoderFailed | None]:
    """The ffmpeg to film with; or why there is none that works, if one is wanted."""
    if request.video == "none":
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
