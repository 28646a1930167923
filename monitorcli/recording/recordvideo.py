"""The folders of Gymnasium's RecordVideo: videos by their names, and the honest word that there is no more.

`gymnasium/wrappers/rendering.py` and Gym's `wrappers/record_video.py`: PREFIX-episode-N.mp4 or
PREFIX-step-N.mp4; Gym wrote a .meta.json beside each. SB3's VecVideoRecorder has
PREFIX-step-N-to-step-M.mp4.
"""

from __future__ import annotations

import re

from monitorcli.format.mp4_frames import count_mp4
from monitorcli.recording.folder import Folder
from monitorcli.recording.parts import Video

_NAME = re.compile(r"(.+?)-(episode|step)-([0-9]{1,18})(?:-to-step-[0-9]{1,18})?\.mp4", re.DOTALL)
_MOST_NAMED = 12


def of_recordvideo(name: str) -> bool:
    """Whether a file of this name is a video of RecordVideo's."""
    return _NAME.fullmatch(name) is not None


def find_videos(folder: Folder) -> list[Video]:
    """The videos in the natural order of their names, and a note of what they show."""
    names = folder.names("", ".mp4")
    folder.notes.append("There are no statistics: Gymnasium's RecordVideo writes none.")
    _note_episodes(folder, names)
    return [_video(folder, name) for name in names]


def _note_episodes(folder: Folder, names: list[str]) -> None:
    """The videos name their episodes, but a recording without episodes has no place for them."""
    for unit in ("episode", "step"):
        matches = [match for name in names if (match := _NAME.fullmatch(name)) and match[2] == unit]
        shown = sorted({int(match[3]) for match in matches})
        if shown:
            more = ", …" if len(shown) > _MOST_NAMED else ""
            what = "show episodes" if unit == "episode" else "begin at steps"
            folder.notes.append(f"The videos {what} {', '.join(map(str, shown[:_MOST_NAMED]))}{more}.")


def _video(folder: Folder, name: str) -> Video:
    return Video(
        name=name,
        episode=None,
        size=folder.entries[name].size,
        content_type="video/mp4",
        # The table of frames is written last; a video without it does not play.
        finished=count_mp4(folder.path / name) > 0,
        broken=False,
    )
