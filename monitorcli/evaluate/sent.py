"""Records that are sent back: a worker gives away what it recorded, and one process keeps all of it.

For workers that do not share a disk with who asked for the evaluation, and for who wants to decide which
episodes are recorded, and in which order.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from monitorcli.errors import DirectoryUnusable
from monitorcli.format import log
from monitorcli.format.environment import Environment
from monitorcli.format.json_files import write_whole
from monitorcli.format.names import META_ENDING
from monitorcli.format.open_file import FollowedDirectory
from monitorcli.monitor.notices import trouble
from monitorcli.monitor.writer import EpisodeWriter, Target
from monitorcli.video.film import FinishedFilm


class Sent(NamedTuple):
    """What was recorded of one episode: its record in the log, and its film's files by their endings."""

    record: bytes
    film: Mapping[str, bytes] = {}


def open_writer(directory: str, run: int, about: Environment, notify: Callable[[str], None]) -> EpisodeWriter:
    """A writer in this directory. Raises DirectoryUnusable."""
    try:
        return EpisodeWriter(Target(FollowedDirectory(Path(directory)), run), about, notify)
    except OSError as error:
        raise DirectoryUnusable(
            f"{directory} cannot be written: {error.strerror}.", "Make room, or choose another directory."
        ) from None


class SendingWriter(EpisodeWriter):
    """Keeps records in memory and films in a temporary folder, until they are asked for."""

    def __init__(self, run: int, about: Environment, notify: Callable[[str], None]) -> None:
        """Raises DirectoryUnusable if there can be no temporary folder."""
        try:
            self._folder = tempfile.TemporaryDirectory(prefix="monitorcli-")
            super().__init__(Target(FollowedDirectory(Path(self._folder.name)), run), about, notify)
        except OSError as error:
            raise DirectoryUnusable(
                f"a worker cannot write into its temporary folder: {error.strerror}.",
                "Make room there, or name another in TMPDIR.",
            ) from None
        self._records: dict[int, bytes] = {}
        self._films: list[FinishedFilm] = []
        self.append = self._keep_record

    def keep(self, film: FinishedFilm) -> None:
        """Take over a film that has all its frames."""
        self._films.append(film)

    def take(self, number: int) -> Sent | None:
        """What was recorded of the episode of this number, once; None if there is nothing.

        Waits for the film's encoder.
        """
        record = self._records.pop(number, None)
        if record is None:
            return None
        while self._films:
            self._films.pop().collect()
        stem = self.film_path(number)
        film = {}
        for path in stem.parent.glob(f"{stem.name}.*"):
            film[path.name.removeprefix(stem.name)] = path.read_bytes()
            path.unlink()
        return Sent(record, film)

    def close(self) -> None:
        """Delete the temporary folder."""
        super().close()
        self._folder.cleanup()

    def _keep_record(self, records: bytes) -> None:
        number, _ = _number_and_start(records)  # there is one
        self._records[number] = records


class SentRecorder:
    """Records what workers sent back, in the order in which it is given."""

    def __init__(self, directory: str, run: int, about: Environment, notify: Callable[[str], None]) -> None:
        self._open: Callable[[], EpisodeWriter] = lambda: open_writer(directory, run, about, notify)
        self._notify = notify
        self._writer: EpisodeWriter | None = None

    def record(self, sent: Sent) -> None:
        """Record one episode. Raises DirectoryUnusable if nothing can be recorded.

        The film first: one without an episode shows that somebody was killed, an episode without its film
        would show nothing.
        """
        self._writer = writer = self._writer or self._open()
        number, started_at = _number_and_start(sent.record)
        if writer.wants_resets:
            writer.begin(started_at - writer.epoch)
        film = self._written(writer.film_path(number), sent.film)
        writer.append(sent.record)
        if film:
            writer.keep(film)

    def close(self) -> None:
        """Finish the files, if there are any."""
        if self._writer:
            self._writer.close()

    def _written(self, place: Path, film: Mapping[str, bytes]) -> _WrittenFilm | None:
        """The film, unless there is none, or it is broken; its meta file is written last."""
        paths = {ending: place.with_name(place.name + ending) for ending in film}
        try:
            for ending in sorted(film, key=lambda ending: ending == META_ENDING):
                write_whole(paths[ending], film[ending], durable=False)
        except OSError as error:
            self._notify(trouble(error))
            return None
        names = [path.name for ending, path in paths.items() if ending != META_ENDING]
        return _WrittenFilm(names[0], paths[META_ENDING].name) if names else None


def _number_and_start(record: bytes) -> tuple[int, float]:
    """An episode's number, and when it began in seconds since the epoch."""
    read = np.frombuffer(record, log.RECORD)[0]
    return int(read["number"]), float(read["started_at"])


class _WrittenFilm(NamedTuple):
    """A film that is in the directory already."""

    film: str
    meta: str

    def is_done(self) -> bool:
        return True

    def collect(self) -> tuple[str, str] | None:
        return self.film, self.meta
