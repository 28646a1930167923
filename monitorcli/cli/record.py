"""What `start` and `resume` share: what was asked for, checked; then the run, and what came of it."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import Any, NamedTuple

from monitorcli.cli.say import say
from monitorcli.errors import BadRequest, DirectoryInUse, EncoderFailed, NoRecording
from monitorcli.monitor.directory import Existing
from monitorcli.monitor.run import RunFile
from monitorcli.video import schedule
from monitorcli.video.ffmpeg import check_ffmpeg, find_ffmpeg

DEFAULT_SCHEDULE = "cubic"
_OPTIONS = ("env", "policy", "episodes", "seed", "video", "fps", "mode", "only", "skip")


class Request(NamedTuple):
    """What the user asked to have recorded; None where nothing was said."""

    directory: Path
    command: tuple[str, ...]
    env: str | None
    policy: str | None
    episodes: int | None
    seed: int | None
    video: str | None
    fps: float | None
    mode: str | None
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()

    def how(self) -> dict[str, Any]:
        """What the run's file keeps, so that the run can be repeated."""
        asked = {"video": self.video, "fps": self.fps, "mode": self.mode}
        if self.env is None:
            chosen = {"only": list(self.only), "skip": list(self.skip)}
            return {"kind": "command", "command": list(self.command), **asked, **chosen}
        evaluation = {"env": self.env, "policy": self.policy, "episodes": self.episodes, "seed": self.seed}
        return {"kind": "evaluation", **evaluation, **asked}

    def words(self) -> str:
        """What was asked for but the directory, to be pasted."""
        given = [(name, value) for name, value in self._asdict().items() if name in _OPTIONS]
        options = [
            word
            for name, value in given
            for each in (value if isinstance(value, tuple) else (value,))
            if each not in (None, DEFAULT_SCHEDULE)
            for word in (f"--{name}", str(each))
        ]
        return shlex.join([*options, *(("--", *self.command) if self.command else ())])


def record(asked: Request, existing: Existing) -> None:
    """Do what was asked, and leave with its exit status."""
    from monitorcli.cli import record_command, record_evaluation

    asked = checked(asked)
    if asked.env is None:
        record_command.record(asked, existing)
    else:
        record_evaluation.record(asked, existing)


def checked(asked: Request) -> Request:
    """`asked` with what it leaves to us; raises BadRequest for what does not go together."""
    if asked.command and asked.env is not None:
        raise BadRequest("give either a command or --env, not both.")
    if not asked.command and asked.env is None:
        directory = shlex.quote(str(asked.directory))
        raise BadRequest(
            "nothing to record: give a command after --, or --env.",
            f"monitorcli start {directory} -- python train.py\n"
            f"monitorcli start {directory} --env CartPole-v1 --policy random --episodes 10",
        )
    for name in ("policy", "episodes", "seed"):
        if asked.command and getattr(asked, name) is not None:
            raise BadRequest(f"--{name} goes with --env; a command brings its own.")
    for name in ("only", "skip"):
        if asked.env is not None and getattr(asked, name):
            raise BadRequest(f"--{name} goes with a command; --env names the environment itself.")
    for name in ("policy", "episodes"):
        if asked.env is not None and getattr(asked, name) is None:
            raise BadRequest(f"--env needs --{name} too.", "For example: --policy random --episodes 10")
    asked = asked._replace(video=asked.video or DEFAULT_SCHEDULE)
    schedule.check(str(asked.video))
    return asked


def begin(asked: Request, existing: Existing, how: dict[str, Any]) -> RunFile:
    """Begin the run in its directory; a refusal says what is there and shows commands to paste."""
    try:
        return RunFile(asked.directory, existing, how)
    except DirectoryInUse as error:
        if existing is Existing.CLEAR:  # somebody is writing there
            raise
        directory, words = shlex.quote(str(asked.directory)), asked.words()
        raise DirectoryInUse(
            str(error) + _held(asked.directory),
            f"Go on with it:    monitorcli resume {directory} {words}\n"
            f"Start it afresh:  monitorcli start --force {directory} {words}\n"
            f"Clear it only:    monitorcli clear {directory}\n"
            "Or choose another directory.",
        ) from None


def follow(asked: Request, run: RunFile) -> Request:
    """`asked` with the name that the directory has by now, which is said when it is another."""
    try:
        directory = run.directory.path()
    except FileNotFoundError:
        return asked
    if directory != asked.directory:
        say(f"{asked.directory} was renamed to {directory} during the run; the recording is there.")
    return asked._replace(directory=directory)


def say_how_to_go_on(asked: Request, ended: str) -> None:
    """Say that the run was ended from outside, with the line that goes on with it."""
    words = f"monitorcli resume {shlex.quote(str(asked.directory))} {asked.words()}"
    say(f"{ended}.", f"To go on:  {words}")


def say_what_is_not_filmed(asked: Request, first: int, trouble: EncoderFailed | None) -> None:
    """Say why there will be no videos, or none of the episodes from number `first` on."""
    last = schedule.last(str(asked.video))
    if trouble:
        say(f"there will be no videos: {trouble}", "To be rid of this remark: --video none")
    elif last is not None and 0 <= last < first:
        say(
            f"--video {asked.video} films nothing more: its last episode is {last:,}, "
            f"and this recording goes on with {first:,}.",
            f"Episodes are counted from the recording's first. For example: --video first:{first + 5}",
        )


def end(run: RunFile, **outcome: Any) -> None:
    """Write down how the run ended; a disk that refuses that is only said."""
    try:
        run.end(**outcome)
    except OSError as error:
        say(f"{run.path} could not be written: {error.strerror}.")


def usable_ffmpeg(asked: Request) -> tuple[str | None, EncoderFailed | None]:
    """The ffmpeg to film with; or why there is none that works, if one is wanted."""
    if asked.video == "none":
        return None, None
    try:
        ffmpeg = find_ffmpeg()
        check_ffmpeg(ffmpeg)
        return ffmpeg, None
    except EncoderFailed as error:
        return None, error


def _held(directory: Path) -> str:
    from monitorcli.cli.closing import counted
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
