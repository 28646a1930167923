"""Film one episode: pass frames from `render()` to an encoder, and write the meta file.

`mp4` encodes `rgb_array` frames, `asciicast` encodes `ansi` frames. A failure loses the film, never the
run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from monitorcli.errors import EncoderFailed
from monitorcli.format.json_files import write_json
from monitorcli.format.mp4_frames import count_mp4
from monitorcli.format.names import META_ENDING
from monitorcli.video.look import Look

DEFAULT_FPS = 30.0


class Encoder(Protocol):
    """Takes frames until it is closed or abandoned; each method but `add` may be called again."""

    ending: str
    content_type: str

    def add(self, frame: Any) -> None:
        """Take one frame; raises EncoderFailed or OSError."""

    def close(self) -> None:
        """Say that no more frames will come. Waits until the encoder has them; raises EncoderFailed."""

    def abandon(self) -> None:
        """Stop encoding; the file is not needed."""

    def is_done(self) -> bool:
        """Whether `collect` would return at once."""

    def collect(self) -> dict[str, Any]:
        """Wait until the file is complete. Returns Gym's `encoder_version`. Raises EncoderFailed."""


class FilmInfo(NamedTuple):
    """What is said of a film in advance: the episode's number, and how its frames are chosen.

    `max_frames` is a number of frames, None for all; of every `frame_skip` one is filmed. A film that is
    not `decided` may or may not be kept.
    """

    episode: int
    fps: float
    max_frames: int | None = None
    frame_skip: int = 1
    decided: bool = True


class FinishedFilm(Protocol):
    """A film that has all its frames. `collect` waits until its files are whole."""

    def is_done(self) -> bool:
        """Whether `collect` would return at once."""

    def collect(self) -> tuple[str, str] | None:
        """The names of the film and of its meta file, or None if it is broken."""


class Film:
    """The video of one episode.

    Call `capture` after the reset and after each step: L + 1 frames for L steps, if all are filmed. A film
    that is not decided has another name and no meta file until `decide` is called.
    """

    def __init__(
        self,
        place: Callable[[], Path],
        about: FilmInfo,
        render: Callable[[], Any],
        encoder: Encoder,
        notify: Callable[[str], None],
    ) -> None:
        """Open the film. `place()` returns its path without ending, which may change while the film runs.

        The meta file of a decided film is written at once, so that the film of a killed process has its
        number.
        """
        self._about = about
        self._decided = about.decided
        self._render = render
        self._encoder = encoder
        self._notify = notify
        self._place = place
        self._meta: dict[str, Any] = {
            "episode_id": about.episode,
            "content_type": encoder.content_type,
            "frames": None,
            "fps": about.fps,
        }
        if about.frame_skip > 1:
            self._meta["frame_skip"] = about.frame_skip
        self._look = Look()
        self._captured = 0  # calls of `capture`
        self._frames = 0
        self._over = False
        self._broken = ""
        if about.decided:
            self._write_meta()

    @property
    def broken(self) -> bool:
        """Whether rendering or encoding failed."""
        return bool(self._broken)

    def capture(self) -> None:
        """Render one frame into the film. If that fails, the film is marked as broken."""
        if self.over:
            return
        self._captured += 1
        if (self._captured - 1) % self._about.frame_skip:
            return
        if self._frames == self._about.max_frames:
            self.shorten("max_frames")
            return
        try:
            frame = self._render()
            if frame is None:
                raise EncoderFailed("render() returned None")
            self._encoder.add(frame)
            self._look.see(frame)
            self._frames += 1
        except Exception as error:
            self._break(error)

    def shorten(self, why: str) -> None:
        """Film no more of this episode; the meta file says why: "max_frames" or "time"."""
        self._over = True
        self._meta["shortened"] = why
        self.finish()

    @property
    def over(self) -> bool:
        """Whether no more frames are wanted."""
        return self._over or self.broken

    def decide(self, place: Callable[[], Path], rules: str) -> None:
        """Keep a film that was not decided: it gets the path that `place()` returns."""
        before = self._path(self._encoder.ending)
        self._place, self._decided = place, True
        self._meta["keep"] = rules
        try:
            before.rename(self._path(self._encoder.ending))
        except OSError as error:
            self._break(error)
        self._write_meta()

    def finish(self) -> None:
        """Say that the episode is over. The encoder has all frames then, but may still be busy."""
        try:
            self._encoder.close()
        except Exception as error:
            self._break(error)

    def discard(self) -> None:
        """Delete the film's files, because there is nothing to show."""
        with contextlib.suppress(Exception):
            self._encoder.abandon()
        if self._decided:  # first, so that a kill leaves no meta file of nothing
            self._remove(META_ENDING)
        self._remove(self._encoder.ending)

    def is_done(self) -> bool:
        """Whether `collect` would return at once."""
        return self._encoder.is_done()

    def collect(self) -> tuple[str, str] | None:
        """Wait for the encoder and complete the meta file. Returns both files' names, or None if broken."""
        if not self._broken:
            try:
                self._meta["encoder_version"] = self._encoder.collect()
            except Exception as error:
                self._break(error)
        self._meta["frames"] = self._frames
        suspect = self._look.suspect(self._frames)
        held = count_mp4(self._path(self._encoder.ending))  # 0 for what is no mp4
        if held and held != self._frames:
            suspect = "frames"
        if suspect:
            self._meta["suspect"] = suspect
        if self._broken:
            self._meta.update(broken=True, reason=self._broken)
            self._remove(self._encoder.ending)
        self._write_meta()
        return None if self._broken else self.names()

    def names(self) -> tuple[str, str]:
        """The names of the video and of the meta file."""
        return self._path(self._encoder.ending).name, self._path(META_ENDING).name

    def _break(self, error: Exception) -> None:
        if not self._broken:
            strerror = error.strerror if isinstance(error, OSError) else None
            self._broken = strerror or str(error) or type(error).__name__
            self._notify(f"a video is broken ({self._broken}); the run goes on.")
            with contextlib.suppress(Exception):
                self._encoder.abandon()

    def _write_meta(self) -> None:
        try:
            write_json(self._path(META_ENDING), self._meta, durable=False)
        except OSError as error:
            self._break(error)

    def _remove(self, ending: str) -> None:
        with contextlib.suppress(OSError):
            self._path(ending).unlink()

    def _path(self, ending: str) -> Path:
        place = self._place()
        return place.with_name(place.name + ending)


def frames_per_second(asked: float | None, metadata: dict[str, Any]) -> float:
    """`asked`, else the environment's `render_fps`, else 30."""
    for value in (asked, metadata.get("render_fps")):
        if isinstance(value, (int, float, np.integer, np.floating)) and 0 < value < float("inf"):
            return float(value)
    return DEFAULT_FPS
