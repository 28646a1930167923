"""Pictures out of films, by an ffmpeg that the caller found: some of their frames, a sheet of them, a GIF."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from monitorcli.errors import EncoderFailed

# Seconds for one film, and points of one of its pictures.
_PATIENCE = 120.0
_MOST_PIXELS = 1 << 24
_GIF_FPS = 25

# ffmpeg gets an open file and may open no other: what is called .mp4 may be a playlist of elsewhere.
# fmt: off
_INPUT = (
    "-nostdin", "-loglevel", "error", "-max_pixels", str(_MOST_PIXELS),
    "-protocol_whitelist", "fd,pipe", "-f", "mov", "-i", "fd:",
)
# fmt: on

Picture = npt.NDArray[np.uint8]


def frames(ffmpeg: str, film: BinaryIO, numbers: Sequence[int], width: int, height: int) -> list[Picture]:
    """The frames of an mp4 of these numbers, ascending, each fitted into (height, width, 3).

    Raises EncoderFailed when they cannot be decoded.
    """
    chosen = "+".join(f"eq(n\\,{number})" for number in numbers)
    fitted = f"scale={width}:{height}:force_original_aspect_ratio=decrease,pad={width}:{height}:-1:-1:white"
    asked = ("-vf", f"select={chosen},{fitted}", "-fps_mode", "passthrough")
    data = _run(ffmpeg, [*_INPUT, *asked, "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"], stdin=film)
    size = width * height * 3
    pictures = np.frombuffer(data[: len(data) // size * size], np.uint8).reshape(-1, height, width, 3)
    return list(pictures)


def png(ffmpeg: str, picture: Picture) -> bytes:
    """A picture of shape (height, width, 3) as a PNG file. Raises EncoderFailed."""
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s:v", f"{picture.shape[1]}x{picture.shape[0]}")
    command = ["-loglevel", "error", *raw, "-i", "pipe:0", "-c:v", "png", "-f", "image2pipe", "pipe:1"]
    return _run(ffmpeg, command, data=np.ascontiguousarray(picture).tobytes())


def gif(ffmpeg: str, film: BinaryIO) -> bytes:
    """An mp4 as a GIF file that repeats for ever. Raises EncoderFailed."""
    palette = f"fps={_GIF_FPS},split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=none"
    return _run(
        ffmpeg, [*_INPUT, "-filter_complex", palette, "-loop", "0", "-f", "gif", "pipe:1"], stdin=film
    )


def _run(ffmpeg: str, command: list[str], stdin: BinaryIO | None = None, data: bytes | None = None) -> bytes:
    try:
        done = subprocess.run(
            [ffmpeg, *command], stdin=stdin, input=data, capture_output=True, check=False, timeout=_PATIENCE
        )
    except OSError as error:
        raise EncoderFailed(f"{ffmpeg} cannot be run: {error.strerror}") from error
    except subprocess.TimeoutExpired:
        raise EncoderFailed(f"ffmpeg was given up after {_PATIENCE:.0f} s") from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise EncoderFailed(f"ffmpeg stopped: {said[-1] if said else f'exit status {done.returncode}'}")
    return done.stdout
