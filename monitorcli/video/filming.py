"""Decide which episodes of an environment are filmed, and film them one after another."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from monitorcli.errors import EncoderFailed
from monitorcli.video import keep
from monitorcli.video import schedule as schedules
from monitorcli.video.asciicast import Asciicast
from monitorcli.video.camera import FILMED, Camera, camera, cannot_render
from monitorcli.video.film import Encoder, Film, FilmInfo, FinishedFilm, frames_per_second
from monitorcli.video.keep import Outcome, Rule
from monitorcli.video.meter import SHARE, UNLIMITED, Meter
from monitorcli.video.mp4 import Mp4
from monitorcli.video.options import NO_FILMS, USUAL, FilmOptions
from monitorcli.video.schedule import Schedule, never

TOO_COSTLY = (
    "films are left out or end early, because filming took more than a fifth of the time; "
    "--video cubic has all of them."
)


class Filming(NamedTuple):
    """What to film, and how. If None, `ffmpeg` is imageio-ffmpeg's.

    What `schedule` chooses is kept whatever comes of it, other episodes as `rules` say.
    """

    schedule: Schedule
    rules: tuple[Rule, ...] = ()
    options: FilmOptions = USUAL
    ffmpeg: str | None = None
    meter: Meter = UNLIMITED

    @property
    def wanted(self) -> bool:
        """Whether anything may be filmed."""
        return self.schedule is not never or bool(self.rules)


def filming_of(options: FilmOptions, ffmpeg: str | None) -> Filming:
    """What the options ask for; nothing without an ffmpeg. Raises BadRequest."""
    if ffmpeg is None:
        options = NO_FILMS
    rules = keep.parse(options.keep) if options.keep else ()
    meter = Meter(SHARE if options.bounded else None)
    return Filming(schedules.parse(options.schedule()), rules, options, ffmpeg, meter)


class FilmsWriter(Protocol):
    """What films need from the writer: an id, the next turn of the schedule, and a path among its files."""

    env_id: str
    turns: Iterator[int]

    def film_path(self, episode: int, decided: bool = True) -> Path:
        """The path of this episode's film, without its ending."""

    def keep(self, film: FinishedFilm) -> None:
        """Take over a film that has all its frames."""

    def offer(self, rules: tuple[Rule, ...], outcome: Outcome, film: Film | None, number: int) -> None:
        """Take over a film that has all its frames, and keep it, or others, or not."""


class Films:
    """The films of one environment. A failure is reported once, and only films are lost."""

    def __init__(
        self,
        filming: Filming,
        notify: Callable[[str], None],
        take: Callable[[Any], Camera] = camera,
        has_room: Callable[[], bool] = lambda: True,
    ) -> None:
        """`take(env)` gives the camera, or raises EncoderFailed; `has_room()` is asked before each film."""
        self._filming = filming
        self._notify = notify
        self._take = take
        self._has_room = has_room
        self.wanted = filming.wanted
        self.running: Film | None = None
        self._chosen = False  # whether the schedule chose the episode that is filmed
        self._turn = 0  # what the schedule was asked for the episode `_asked`
        self._asked: int | None = None
        # What the schedule is asked for next, if not the writer's next turn: of an episode without a step.
        self.next_turn: int | None = None
        self._camera: Camera | None = None
        self._broken_said = False

    def begin(self, writer: FilmsWriter, number: int, env: Any) -> bool:
        """Begin a film before the episode's first step, if the schedule chooses it. Returns whether it did.

        The schedule is asked at the first step and not at the reset, because a reset without a step does
        not count for it. The environment still shows the state after the reset.
        """
        turn, self.next_turn = self.next_turn, None
        if turn is None:
            turn = next(writer.turns)
        self._turn, self._asked = turn, number
        try:
            self._chosen = bool(self._filming.schedule(turn))
        except Exception as error:
            self._notify(f"the video schedule failed ({type(error).__name__}: {error}); the run goes on.")
            return False
        if not (self._chosen or self._filming.rules) or not self._has_room():
            return False
        if self._filming.meter.enough_for_another():
            self._notify(TOO_COSTLY)
            return False
        self._filming.meter.films += 1
        with self._filming.meter.running():
            self.running = self._open(writer, number, env)
        self.capture()
        return self.running is not None

    def capture(self) -> None:
        """Add a frame to the current film, if there is one."""
        film = self.running
        if film and not film.over:
            with self._filming.meter.running():
                film.capture()
            if self._filming.meter.enough():
                film.shorten("time")
                self._notify(TOO_COSTLY)

    def end(
        self, writer: FilmsWriter, length: int, number: int | None, outcome: Outcome | None = None
    ) -> None:
        """End the film of this episode. One without a step leaves no film, and its turn to the next.

        Without `outcome` only a film that the schedule chose is kept.
        """
        film, self.running = self.running, None
        if not length and self._asked == number:
            self.next_turn = self._turn
        if film:
            with self._filming.meter.running():
                self._hand_over(film, writer, length, outcome)

    def _hand_over(self, film: Film, writer: FilmsWriter, length: int, outcome: Outcome | None) -> None:
        offered = bool(self._filming.rules) and bool(length) and outcome is not None and not film.broken
        if self._chosen and length:
            film.finish()
            writer.keep(film)
        elif not offered:
            film.discard()
        if offered and outcome and self._asked is not None:
            writer.offer(self._filming.rules, outcome, None if self._chosen else film, self._asked)

    def disown(self) -> None:
        """Forget the current film, because this process was forked and the film is its parent's."""
        self.running = None

    def _open(self, writer: FilmsWriter, number: int, env: Any) -> Film | None:
        try:
            mode, render = self._camera = self._camera or self._take(env)
        except EncoderFailed as error:
            self._give_up(writer, str(error))
            return None
        if mode not in FILMED:
            self._give_up(writer, f"its render_mode is {mode!r}; films need 'rgb_array' or 'ansi'")
            return None
        if cannot_render(env):  # which was said when it raised
            self.wanted = False
            return None
        place = functools.partial(writer.film_path, number, self._chosen)
        options = self._filming.options
        path, fps = place(), frames_per_second(options.fps, env.metadata) / (options.frame_skip or 1)
        try:
            encoder: Encoder = (
                Asciicast(path, fps) if mode == "ansi" else Mp4(path, fps, self._filming.ffmpeg, options)
            )
            about = FilmInfo(number, fps, options.max_frames, options.frame_skip or 1, self._chosen)
            return Film(place, about, render, encoder, self._say_broken)
        except (EncoderFailed, OSError) as error:
            self._give_up(writer, str(error))
            return None

    def _give_up(self, writer: FilmsWriter, reason: str) -> None:
        self.wanted = False
        self._notify(f"no video of {writer.env_id}: {reason}.")

    def _say_broken(self, remark: str) -> None:
        if not self._broken_said:
            self._broken_said = True
            self._notify(remark)
