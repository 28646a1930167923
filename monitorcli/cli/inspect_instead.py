"""What `inspect` does in place of a report: check a directory, follow it, or show one episode."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from monitorcli.errors import BadRequest, Unsound


def one(directories: Sequence[Path], option: str) -> Path:
    """The only directory; raises BadRequest when several were given."""
    if len(directories) > 1:
        raise BadRequest(f"{option} is for one directory, and {len(directories)} were given.")
    return directories[0]


def verify(directories: Sequence[Path], _: object) -> None:
    """Check each directory against itself; raises Unsound with what is off."""
    from monitorcli.cli.say import say
    from monitorcli.errors import EncoderFailed
    from monitorcli.monitor.ffmpeg import find_ffmpeg
    from monitorcli.recording.verify import verify as check
    from monitorcli.report.text import plural

    try:
        ffmpeg: str | None = find_ffmpeg()
    except EncoderFailed as error:
        say(f"films are not decoded: {error}", error.hint)
        ffmpeg = None
    with _ended_in_order():
        found = {directory: check(directory, ffmpeg, say) for directory in directories}
    for directory, faults in found.items():
        say(f"{directory}: {plural(len(faults), 'fault')}." if faults else f"{directory}: sound.")
    off = "\n".join(fault for faults in found.values() for fault in faults)
    if off:
        raise Unsound("not everything is as it was written:", off)


@contextlib.contextmanager
def _ended_in_order() -> Iterator[None]:
    """Within it, a SIGTERM or a closed terminal is an exception, so that no ffmpeg stays behind."""
    caught = [
        number
        for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM))
        if signal.getsignal(number) is signal.SIG_DFL  # under nohup it is ignored, and stays so
    ]
    for number in caught:
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        for number in caught:
            signal.signal(number, signal.SIG_DFL)


def watch(directories: Sequence[Path], _: object) -> None:
    """Follow a recording until its run ends."""
    from monitorcli.cli.watch import watch as follow

    follow(one(directories, "--watch"))


def episode(directories: Sequence[Path], which: object) -> None:
    """Show one episode: its record, its film, and how to repeat it."""
    from monitorcli.cli import style
    from monitorcli.recording import read
    from monitorcli.report import as_episode

    to = style.console()
    recording = read(one(directories, "--episode"))
    style.show(as_episode.lines(recording, str(which), style.ascii_only(to)), to)
