"""Check the films of a recording: there, of as many frames as they should have, and not of one picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from monitorcli.errors import BadFile
from monitorcli.format.names import META_ENDING, MP4_ENDING
from monitorcli.recording.decode import Frames, decode_mp4, decode_text
from monitorcli.recording.folder import Folder
from monitorcli.recording.model import Recording, Video
from monitorcli.recording.videos import count_frames

# Hands films out one by one, so that whoever asked can see how far it is.
Each = Callable[[Sequence[Video]], Iterator[Video]]

# Frames up to which a film may well be of one picture.
_SHORT = 3


Remark = Callable[[str], None]


def check(
    folder: Folder, recording: Recording, ffmpeg: str | None, each: Each, remark: Remark
) -> Iterator[str]:
    """A sentence for each film that is not as it should be; those being written are left alone.

    `remark` gets what is no fault: what was not checked, and what may be right.
    """
    running = {run.number for run in recording.runs if run.state == "running"}
    short = _same_step(folder, recording)
    for video in each(recording.videos):
        writer = _writer(recording, video)
        if not video.finished and (running if writer is None else recording.writers[writer].run in running):
            continue
        try:
            yield from _film(folder, recording, video, ffmpeg, writer in short, remark)
        except BadFile as error:
            yield str(error)


def _film(
    folder: Folder, recording: Recording, video: Video, ffmpeg: str | None, one_less: bool, remark: Remark
) -> Iterator[str]:
    meta = _meta(folder, video)
    if video.broken:
        reason = meta.get("reason")
        why = f" ({reason})" if isinstance(reason, str) else ""
        yield f"{video.name}: " + (f"is broken{why}" if meta.get("broken") else "is not there")
        return
    decoded = _decoded(folder, video, ffmpeg, remark)
    if decoded is None:
        return
    if not decoded.total:
        killed = "" if video.finished else "; whoever wrote it was killed"
        yield f"{video.name}: not one frame can be decoded{killed}"
        return
    if video.finished:
        yield from _length(recording, video, meta, decoded, one_less)
    if video.suspect == "black":
        yield f"{video.name}: its frames were black"
    elif decoded.alike and decoded.total > 1:
        alike = f"{video.name}: its {decoded.total} frames are all alike"
        if decoded.total > _SHORT:
            yield f"{alike}; is the picture empty?"
        else:
            remark(f"{alike}, which may be right for so few.")


def _length(
    recording: Recording, video: Video, meta: dict[str, object], decoded: Frames, one_less: bool
) -> Iterator[str]:
    """A finished film against its meta file and its episode: L steps have L + 1 frames, or those chosen."""
    said, skip = meta.get("frames"), meta.get("frame_skip")
    complaint = f" ({decoded.complaint})" if decoded.complaint else ""
    if isinstance(said, int) and said != decoded.total:
        yield f"{video.name}: {decoded.total} frames can be decoded of {said}{complaint}"
    elif video.episode is not None:
        steps = int(recording.episodes.length[video.episode])
        due = steps + 1 - (one_less and bool(recording.episodes.completed[video.episode]))
        if isinstance(skip, int) and skip > 1:
            due = -(-due // skip)
        if decoded.total > due if "shortened" in meta else decoded.total != due:
            yield (
                f"{video.name}: has {decoded.total} frames, and should have {due} of episode {video.episode} "
                f"with its {steps} steps{complaint}"
            )


def _decoded(folder: Folder, video: Video, ffmpeg: str | None, remark: Remark) -> Frames | None:
    """What plays of it; None when nobody can tell."""
    if not video.name.endswith(MP4_ENDING):
        return decode_text(folder, video.name)
    if ffmpeg is not None:
        decoded = decode_mp4(folder, video.name, ffmpeg)
        if not decoded.left_out:
            return decoded
        part = f"the pictures after the first {decoded.total:,}" if decoded.total else "its pictures"
        remark(f"{video.name}: {decoded.left_out}; {part} were not checked.")
    said = count_frames(folder, video.name) if video.finished else None
    return None if said is None else Frames(said, alike=False)


def _same_step(folder: Folder, recording: Recording) -> set[int | None]:
    """The writers whose environment reset itself in the step that ended an episode.

    None of their films has the last state, and nothing else says so: docs/format.md, "Videos".
    """
    odd: dict[int, bool] = {}
    for video in recording.videos:
        meta, writer = _meta(folder, video), _writer(recording, video)
        said = meta.get("frames")
        if said is None and video.finished:  # its encoder outlived its recorder
            said = count_frames(folder, video.name)
        if not meta.keys().isdisjoint({"frame_skip", "shortened"}):
            continue
        if video.episode is not None and writer is not None and video.finished and isinstance(said, int):
            ended = bool(recording.episodes.completed[video.episode])
            if ended:
                odd[writer] = odd.get(writer, True) and said == recording.episodes.length[video.episode]
    return {writer for writer, is_odd in odd.items() if is_odd}


def _writer(recording: Recording, video: Video) -> int | None:
    return None if video.episode is None else int(recording.episodes.writer[video.episode])


def _meta(folder: Folder, video: Video) -> dict[str, object]:
    name = video.name[: video.name.rindex(".")] + META_ENDING
    try:
        return folder.json(name) if name in folder.entries else {}
    except BadFile:
        return {}
