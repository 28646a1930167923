"""A contact sheet: some frames of each film in a row, and under them which episode it is."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from monitorcli.errors import BadFile, BadRequest, EncoderFailed
from monitorcli.format.ends import ENDS
from monitorcli.recording.folder import Folder
from monitorcli.recording.model import Recording, Video
from monitorcli.recording.videos import count_frames
from monitorcli.video.lettering import HEIGHT, lettered
from monitorcli.video.stills import frames

_FRAMES = 6  # of a film
_MOST_FILMS = 40
_WIDTH, _HEIGHT, _GAP = 200, 150, 6  # of one picture, in points
_PAPER, _INK = 255, 32
_LETTERS = 2  # points of a letter's point

Picture = npt.NDArray[np.uint8]


def sheet(recording: Recording, rows: Collection[int], ffmpeg: str) -> tuple[Picture, list[str]]:
    """The sheet, shape (height, width, 3), of the finished films of these episodes, and what is not on it.

    Of more than 40 films evenly chosen ones. Raises BadRequest when there is none.
    """
    of_rows = set(rows)
    films = [
        video
        for video in recording.films
        if video.episode in of_rows and video.finished and video.name.endswith(".mp4")
    ]
    films.sort(key=lambda video: video.episode or 0)
    if not films:
        raise BadRequest(
            f"{recording.directory} holds no episode with an mp4.", "To make one:  --film best (or 27, last)"
        )
    chosen = [films[place] for place in _spread(len(films), _MOST_FILMS)]
    said = [f"{len(chosen)} of {len(films)} films are on the sheet."] if len(chosen) < len(films) else []
    strips = []
    folder = Folder(recording.directory)
    for video in chosen:
        try:
            strips.append(_strip(folder, recording, video, ffmpeg))
        except (BadFile, EncoderFailed) as error:
            said.append(f"{video.name} is not on the sheet: {error}.")
    if not strips:
        raise BadRequest(f"none of the {len(chosen)} films could be decoded.", "\n".join(said))
    return np.concatenate(strips), said


def _strip(folder: Folder, recording: Recording, video: Video, ffmpeg: str) -> Picture:
    """One film's frames, and the words under them."""
    total = count_frames(folder, video.name) or 1
    with folder.open(video.name) as file:
        found = frames(ffmpeg, file, _spread(total, _FRAMES), _WIDTH, _HEIGHT)
    words = 2 * _GAP + _LETTERS * HEIGHT
    strip = np.full((_HEIGHT + _GAP + words, _FRAMES * (_WIDTH + _GAP) + _GAP, 3), _PAPER, np.uint8)
    for place, picture in enumerate(found[:_FRAMES]):
        left = _GAP + place * (_WIDTH + _GAP)
        strip[_GAP : _GAP + _HEIGHT, left : left + _WIDTH] = picture
    points = lettered(_words(recording, video)).repeat(_LETTERS, 0).repeat(_LETTERS, 1)
    points = points[:, : strip.shape[1] - 2 * _GAP]
    top = _HEIGHT + 2 * _GAP
    strip[top : top + points.shape[0], _GAP : _GAP + points.shape[1]][points] = _INK
    return strip


def _words(recording: Recording, video: Video) -> str:
    row, episodes = int(video.episode or 0), recording.episodes
    end = ENDS[int(episodes.end[row])].short
    return f"episode {row}   return {episodes.episode_return[row]:.6g}   {episodes.length[row]} steps   {end}"


def _spread(total: int, most: int) -> list[int]:
    """At most so many of the numbers below `total`, evenly from the first to the last."""
    return sorted({round(place) for place in np.linspace(0, total - 1, min(total, most)).tolist()})
