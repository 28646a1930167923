"""What `inspect` can do instead of a report: verify a directory, watch it, or show one episode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from monitorcli.cli.counted import counted, ended_in_order
from monitorcli.cli.inspect_replay import film, replay, sheet, write_gif
from monitorcli.cli.inspect_request import one_each, refuse_several, selection
from monitorcli.errors import BadRequest, VerificationFailed
from monitorcli.recording import discover_all
from monitorcli.recording.model import Video

__all__ = ["episode", "film", "replay", "sheet", "verify", "watch"]


def verify(directories: Sequence[Path], params: dict[str, Any]) -> None:
    """Check that each recording is consistent. Raises VerificationFailed with the list of faults."""
    from monitorcli.cli.messages import say
    from monitorcli.errors import EncoderFailed
    from monitorcli.recording.verify import verify as check
    from monitorcli.report.text import plural
    from monitorcli.video.ffmpeg import find_ffmpeg

    try:
        ffmpeg: str | None = find_ffmpeg()
    except EncoderFailed as error:
        say(f"films are not decoded: {error}", error.hint)
        ffmpeg = None
    with ended_in_order():
        faults_of = {place: check(place, ffmpeg, _counted, say) for place in discover_all(directories, None)}
    for directory, faults in faults_of.items():
        say(f"{directory}: {plural(len(faults), 'fault')}." if faults else f"{directory}: sound.")
    off = "\n".join(fault for faults in faults_of.values() for fault in faults)
    if off:
        raise VerificationFailed("not everything is as it was written:", off)


def _counted(videos: Sequence[Video]) -> Iterator[Video]:
    """Yield the videos; on a terminal, show a progress bar."""
    return counted(videos, len(videos), "films checked,")


def watch(directories: Sequence[Path], params: dict[str, Any]) -> None:
    """Follow a recording until its run ends; of several, the only one that is running."""
    from monitorcli.cli.messages import say
    from monitorcli.cli.watch import watch as follow
    from monitorcli.recording import read

    kind = params["kind"]
    places = discover_all(directories, kind)
    if len(places) > 1:
        running = [place for place in places if any(run.state == "running" for run in read(place, kind).runs)]
        if not running:
            none = f"--watch follows a recording that is running, and none of these {len(places)} is."
            raise BadRequest(none, one_each(places, params))
        if len(running) > 1:
            several = f"--watch follows one recording, and {len(running)} are running."
            raise BadRequest(several, one_each(running, params, "--watch"))
        say(f"following {running[0]}, the only one of {len(places)} recordings that is running.")
        places = running
    follow(places[0], kind, selection(params))


def episode(directories: Sequence[Path], params: dict[str, Any]) -> None:
    """Show one episode: its record, its film, and how to repeat it."""
    from monitorcli.cli import style
    from monitorcli.recording import read
    from monitorcli.report import as_episode

    places = discover_all(directories, params["kind"])
    refuse_several(places, "--episode is of one recording", params, "--episode", params["episode"])
    to, recording = style.console(), read(places[0], params["kind"])
    if params["gif"] is not None:
        write_gif(recording, as_episode.find(recording, params["episode"], selection(params)), params["gif"])
        return
    lines = as_episode.lines(recording, params["episode"], selection(params), style.ascii_only(to))
    style.show(lines, to)
