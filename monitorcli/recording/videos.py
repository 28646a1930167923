"""The videos of a directory by their names, with what their meta files say of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from monitorcli.errors import BadFile
from monitorcli.format.mp4_frames import count_finished, count_mp4
from monitorcli.format.names import CONTENT_TYPES, META_ENDING, MP4_ENDING, VIDEO_PREFIX, video_parts
from monitorcli.recording.asciicast import text_frames
from monitorcli.recording.family import Family
from monitorcli.recording.folder import Folder, text
from monitorcli.recording.parts import Video
from monitorcli.recording.table import Table

# What a meta file can say of frames that look wrong.
SUSPECT = ("black", "constant", "frames")


class FoundFilm(NamedTuple):
    """One film's files: `name` is the video's, and may stand for one that is not there (broken)."""

    name: str
    stem: str
    number: int
    there: bool
    meta: dict[str, Any] | None

    @property
    def ours(self) -> bool:
        """Whether we filmed it; Gym counted no frames."""
        return self.meta is not None and "frames" in self.meta

    @property
    def finished(self) -> bool:
        """Whether its recorder completed the meta file, as both do when a film is closed."""
        if self.meta is None:
            return False
        if self.ours:
            return type(self.meta["frames"]) is int
        return any(key in self.meta for key in ("encoder_version", "empty", "broken"))

    @property
    def broken(self) -> bool:
        """Whether its recorder gave up on it, or never got a frame."""
        return self.meta is not None and (bool(self.meta.get("broken")) or bool(self.meta.get("empty")))


def find_films(folder: Folder) -> list[FoundFilm]:
    """Every film that left a video or a meta file, in the order of their names."""
    endings: dict[tuple[str, str], set[str]] = {}
    for name in folder.names(VIDEO_PREFIX, ""):
        if parts := video_parts(name):
            endings.setdefault(parts[:2], set()).add(parts[2])
    return [_film(folder, stem, digits, found) for (stem, digits), found in endings.items()]


def count_frames(folder: Folder, name: str) -> int | None:
    """The number of frames that a video says it has; None when it does not say."""
    if name.endswith(MP4_ENDING):
        return count_mp4(folder.path / name) or None
    try:
        return sum(1 for _ in text_frames(folder, name))
    except BadFile:
        return None


def as_videos(
    folder: Folder, films: list[FoundFilm], families: list[Family], writers: Mapping[str, int], table: Table
) -> list[Video]:
    """The films by writer and number, with the rows of their episodes; `writers` indexes the families."""
    found = []
    for film in sorted(films, key=lambda film: (writers[film.stem], film.number)):
        writer = writers[film.stem]
        meta = film.meta or {}
        ending = film.name[film.name.rindex(".") :]
        row = _row(folder, film, writer, families[writer], table)
        found.append(
            Video(
                name=film.name,
                episode=row,
                size=folder.entries[film.name].size if film.there else 0,
                content_type=text(meta.get("content_type"), CONTENT_TYPES[ending]),
                finished=film.finished or (row is not None and _closed_alone(folder, film)),
                broken=film.broken or not film.there,
                suspect=meta["suspect"] if meta.get("suspect") in SUSPECT else "",
            )
        )
    return found


def _film(folder: Folder, stem: str, digits: str, endings: set[str]) -> FoundFilm:
    base = f"{VIDEO_PREFIX}{stem}.video{digits}"
    meta: dict[str, Any] | None = None
    if META_ENDING in endings:
        try:
            meta = folder.json(base + META_ENDING)
        except BadFile as error:
            folder.problems.append(str(error))
    there = endings - {META_ENDING}
    said = (meta or {}).get("content_type")
    known = [ending for ending, kind in CONTENT_TYPES.items() if (ending in there if there else kind == said)]
    ending = known[0] if known else MP4_ENDING
    return FoundFilm(base + ending, stem, int(digits), bool(there), meta)


def _closed_alone(folder: Folder, film: FoundFilm) -> bool:
    """Whether the encoder of an episode that ended finished its file after its recorder was gone."""
    return film.ours and film.name.endswith(MP4_ENDING) and count_finished(folder.path / film.name) > 0


def _row(folder: Folder, film: FoundFilm, writer: int, family: Family, table: Table) -> int | None:
    """The row of the film's episode, None when it cannot be told."""
    if family.surplus is None:
        return None
    if not family.surplus:
        return table.row(writer, film.number)
    # An episode of L steps has L + 1 frames: of those it can be, it is the only one so long.
    count = count_frames(folder, film.name) if film.there else None
    rows = [
        row
        for number in range(max(0, film.number - family.surplus), film.number + 1)
        if (row := table.row(writer, number)) is not None and table.episodes.length[row] + 1 == count
    ]
    return rows[0] if len(rows) == 1 else None
