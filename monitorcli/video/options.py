"""What is asked for of films, as text and numbers that can be handed to another process."""

from __future__ import annotations

from typing import NamedTuple

DEFAULT_SCHEDULE = "cubic"
# An encoder beside the script should take little of its time; films are a twentieth larger than of `medium`.
DEFAULT_PRESET = "veryfast"
FOR_LESS = "For less: --frame-skip K, --max-frames N, --scale 0.5, another --video, or --video none"
PRESETS = (
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow",
)  # fmt: skip


class FilmOptions(NamedTuple):
    """Which films, and how they are made. None: not asked for; see docs/video.md for what holds then.

    `video` is a schedule and `keep` are rules, as typed. `max_frames` is a number of frames a film; of
    every `frame_skip` steps one is filmed; `scale` is the factor of both sides; `crf` and `preset` are
    those of x264.
    """

    video: str | None = None
    keep: str | None = None
    fps: float | None = None
    max_frames: int | None = None
    frame_skip: int | None = None
    scale: float | None = None
    crf: int | None = None
    preset: str | None = None

    def schedule(self) -> str:
        """The schedule that holds: without `video` the usual one, or, with `keep`, none."""
        return self.video or ("none" if self.keep else DEFAULT_SCHEDULE)

    @property
    def bounded(self) -> bool:
        """Whether films are the default, and nobody asked for them."""
        return self.video is None and self.keep is None

    @property
    def wanted(self) -> bool:
        """Whether anything may be filmed."""
        return bool(self.keep) or self.schedule() != "none"


USUAL, NO_FILMS = FilmOptions(), FilmOptions("none")
