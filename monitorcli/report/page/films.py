"""Videos beside their episodes: which are put into the page, which are linked, and their cards."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import numpy as np

from monitorcli.errors import BadFile
from monitorcli.format import log
from monitorcli.format.ends import ENDS
from monitorcli.format.files import open_regular
from monitorcli.recording.model import Episodes, Recording, Video
from monitorcli.report.model import RecordingView
from monitorcli.report.page.markup import NOTHING, Markup, joined, remark, tag
from monitorcli.report.text import number, plural, size
from monitorcli.summary.selection import Rows

_CARDS = 24  # shown at once; the rest unfolds
_MP4 = "video/mp4"


class FilmCard(NamedTuple):
    """A video of the page: its id there, and where it comes from, "" when it cannot be shown.

    `source` is a data: URI when it is `inside` the page, else the file's relative address.
    """

    video: Video
    id: str
    source: str
    inside: bool
    trouble: str = ""


def gathered(of: RecordingView, name: str, folder: Path | None, room: int) -> list[FilmCard]:
    """The films by episode. The most telling of them are embedded, up to `room` bytes of video together.

    `folder` is where the page will stand, None for the current directory. What cannot be read becomes
    the film's `trouble`.
    """
    recording, folder = of.recording, folder or Path.cwd()
    numbered = sorted(of.videos, key=lambda video: (video.episode is None, video.episode, video.name))
    inside: dict[str, str] = {}
    troubles: dict[str, str] = {}
    for video in _telling(recording.episodes, numbered):
        if video.broken:
            troubles[video.name] = "broken: its recorder gave up on it"
        elif _plays(video) and 0 < video.size <= room:
            try:
                data = _content(recording.directory / video.name, room)
            except (BadFile, OSError) as error:
                troubles[video.name] = str(error)
                continue
            if data:
                room -= len(data)
                inside[video.name] = f"data:{_MP4};base64,{base64.b64encode(data).decode('ascii')}"
    return [
        FilmCard(
            video,
            f"{name}-film-{place}",
            "" if video.name in troubles else inside.get(video.name) or _address(recording, video, folder),
            video.name in inside,
            troubles.get(video.name, ""),
        )
        for place, video in enumerate(numbered)
    ]


def filmed(films: Sequence[FilmCard]) -> Rows:
    """The numbers of the episodes that have a film that plays, ascending."""
    videos = [film.video for film in films if not film.video.broken]
    return np.array(sorted({video.episode for video in videos if video.episode is not None}), np.intp)


def section(films: Sequence[FilmCard], of: RecordingView) -> Markup:
    """Players, the first 24 at once."""
    first, rest = films[:_CARDS], films[_CARDS:]
    more = (
        tag("details", tag("summary", f"{plural(len(rest), 'more film')}"), _cards(rest, of))
        if rest
        else NOTHING
    )
    return joined([remark(_said(films)), _cards(first, of), more])


def _said(films: Sequence[FilmCard]) -> str:
    inside = [film for film in films if film.inside]
    linked = [film for film in films if film.source and not film.inside]
    broken = sum(film.video.broken for film in films)
    words = [f"{plural(len(films) - broken, 'film')}, {size(sum(film.video.size for film in films))}."]
    if broken:
        words.append(f"{broken:,} more {'is' if broken == 1 else 'are'} broken.")
    if inside and not linked:
        words.append(
            "All are inside this page." if len(inside) == len(films) else "Those that play are inside."
        )
    elif linked:
        words.append(
            f"{len(inside):,} are inside this page; {len(linked):,} play from the recording's directory, as "
            "long as it stays where it is beside this page."
        )
    return " ".join(words)


def _cards(films: Sequence[FilmCard], of: RecordingView) -> Markup:
    return tag("ul", *(_card(film, of) for film in films), class_="films")


def _card(film: FilmCard, of: RecordingView) -> Markup:
    number_of = film.video.episode
    title = "Episode not known" if number_of is None else f"Episode {number_of:,}"
    facts = [] if number_of is None else _facts(number_of, of)
    if film.source and _plays(film.video):
        # With controls for those without the script, which brings them only when the film is played.
        label = ", ".join([title, *facts])
        player = tag("video", src=film.source, controls=True, muted=True, playsinline=True,
                     preload="metadata", aria_label=label)  # fmt: skip
        shown = tag("div", player, class_="screen", data_film=title)
    elif film.source:
        shown = tag("p", "Recorded as text: ", tag("a", film.video.name, href=film.source), class_="still")
    else:
        shown = tag("p", film.trouble or "cannot be shown", class_="still")
    if film.source and not film.video.finished:
        facts = [*facts, "film cut off"]
    return tag("li", shown, tag("p", tag("b", title), " · ".join(facts)), id=film.id,
               tabindex="-1")  # fmt: skip


def _facts(row: int, of: RecordingView) -> list[str]:
    recording, episodes = of.recording, of.recording.episodes
    facts = [
        f"return {number(float(episodes.episode_return[row]))}",
        plural(int(episodes.length[row]), "step"),
        ENDS[int(episodes.end[row])].kind,
    ]
    if episodes.seeded[row] == log.SEED_GIVEN:
        facts.append(f"seed {int(episodes.seed_high[row]) << 64 | int(episodes.seed[row])}")
    if len(of.views) > 1:
        facts.append(recording.series[int(episodes.series[row])].name)
    return facts


def _telling(episodes: Episodes, videos: Sequence[Video]) -> Iterable[Video]:
    """Each once: the last, the one of the best and of the worst episode, then the others from the end."""
    counts = episodes.completed & np.isfinite(episodes.episode_return)
    known = [(video.episode, video) for video in videos if video.episode is not None]
    judged = [(float(episodes.episode_return[row]), video) for row, video in known if counts[row]]
    extremes = [choose(judged, key=lambda pair: pair[0])[1] for choose in (max, min) if judged]
    return {
        video.name: video for video in [*(video for _, video in known[-1:]), *extremes, *reversed(videos)]
    }.values()


def _plays(video: Video) -> bool:
    # By its name too: what another says of its content must not choose what a browser makes of it.
    return video.name.endswith(".mp4")


def _content(path: Path, most: int) -> bytes:
    """The whole file, never following a link; b"" when it has grown beyond `most` bytes."""
    with open_regular(path) as file:
        data = file.read(most + 1)
    return data if len(data) <= most else b""


def _address(recording: Recording, video: Video, folder: Path) -> str:
    """Relative, and of its bytes, so that every name is an address and none is a scheme."""
    try:
        way = os.path.relpath(recording.directory / video.name, folder)
    except ValueError:  # another drive of Windows
        way = str(recording.directory / video.name)
    return quote(os.fsencode(way.replace(os.sep, "/")))
