"""Which of an environment's episodes are filmed, and their films, one after the other."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from monitorcli.errors import EncoderFailed
from monitorcli.video.asciicast import Asciicast
from monitorcli.video.camera import FILMED, Camera, camera, cannot_render
from monitorcli.video.film import Encoder, Film, frames_per_second
from monitorcli.video.mp4 import Mp4
from monitorcli.video.schedule import Schedule, never


class Filming(NamedTuple):
    """What to film and how; `fps` and `ffmpeg` are None for the environment's and imageio-ffmpeg's."""

    schedule: Schedule
    fps: float | None = None
    ffmpeg: str | None = None


class FilmsWriter(Protocol):
    """What films need of the writer: a name, a turn in the schedule, and a place among its files."""

    env_id: str
    closed: bool
    turns: Iterator[int]

    def film_path(self, episode: int) -> Path:
        """Where the film of this episode goes, without its ending."""

    def keep(self, film: Film) -> None:
        """Take over a film that has all its frames."""


class FilmedEpisodes(Protocol):
    """What films need of the one that records the episodes; handed in whole, which costs nothing."""

    number: int | None
    env: Callable[[], Any]

    @property
    def writer(self) -> FilmsWriter | None:
        """The episodes' writer, None when it could not be opened."""

    def adopt(self) -> FilmsWriter:
        """The writer of this process, after a fork: the episode is its own from now on."""

    def trouble(self, error: Exception) -> None:
        """Say once that something failed."""


class Films:
    """The films of one environment. A failure is said once, and costs films alone."""

    def __init__(self, filming: Filming, notify: Callable[[str], None]) -> None:
        self._filming = filming
        self._notify = notify
        self.wanted = filming.schedule is not never
        self.running: Film | None = None
        self._turn = 0  # what the schedule was asked for the episode `_asked`
        self._asked: int | None = None
        self._kept_turn: int | None = None  # of an episode whose first step was not made after all
        self._camera: Camera | None = None
        self._broken_said = False

    def begin(self, episodes: FilmedEpisodes) -> bool:
        """The episode's first step is about to be made; True when the schedule wants it, and it is filmed.

        A reset that no step follows takes no turn of the schedule's. So it is asked only now, when the
        environment still shows what the reset left.
        """
        try:
            writer = episodes.writer
            if writer is None or writer.closed:
                writer = episodes.adopt()
            turn, self._kept_turn = self._kept_turn, None
            if turn is None:
                turn = next(writer.turns)
            self._turn, self._asked = turn, episodes.number
            try:
                chosen = self._filming.schedule(turn)
            except Exception as error:
                self._notify(f"the video schedule failed ({type(error).__name__}: {error}); the run goes on.")
                return False
            if chosen and episodes.number is not None:
                self.running = self._open(writer, episodes.number, episodes.env())
                self.capture()
        except Exception as error:
            episodes.trouble(error)
        return self.running is not None

    def capture(self) -> None:
        """Take a picture for the film that is running."""
        if self.running:
            self.running.capture()

    def end(self, writer: FilmsWriter, length: int, number: int | None) -> None:
        """The episode of this number is over; one without a step leaves no film, and its turn to the next."""
        film, self.running = self.running, None
        if not length and self._asked == number:
            self._kept_turn = self._turn
        if film and length:
            film.finish()
            writer.keep(film)
        elif film:
            film.discard()

    def disown(self) -> None:
        """This process was forked: the film that may be running is its parent's."""
        self.running = None

    def _open(self, writer: FilmsWriter, number: int, env: Any) -> Film | None:
        mode, render = self._camera = self._camera or camera(env)
        if mode not in FILMED:
            self.wanted = False
            self._notify(
                f"no video of {writer.env_id}: its render_mode is {mode!r}; films need 'rgb_array' or 'ansi'."
            )
            return None
        if cannot_render(env):  # which was said when it raised
            self.wanted = False
            return None
        place = functools.partial(writer.film_path, number)
        path, fps = place(), frames_per_second(self._filming.fps, env.metadata)
        try:
            encoder: Encoder = (
                Asciicast(path, fps) if mode == "ansi" else Mp4(path, fps, self._filming.ffmpeg)
            )
            return Film(place, number, render, encoder, self._say_broken)
        except (EncoderFailed, OSError) as error:
            self.wanted = False
            self._notify(f"no video of {writer.env_id}: {error}.")
            return None

    def _say_broken(self, remark: str) -> None:
        if not self._broken_said:
            self._broken_said = True
            self._notify(remark)
