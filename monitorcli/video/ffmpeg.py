"""Find ffmpeg, check it, and build its command line."""

from __future__ import annotations

import functools
import os
import subprocess

from monitorcli.errors import EncoderFailed
from monitorcli.video.options import DEFAULT_PRESET, USUAL, FilmOptions


def find_ffmpeg() -> str:
    """The ffmpeg that imageio-ffmpeg ships. Raises EncoderFailed when there is none."""
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise EncoderFailed(f"no ffmpeg: {error}", "pip install imageio-ffmpeg") from error


def check_ffmpeg(ffmpeg: str) -> None:
    """Raise EncoderFailed unless this ffmpeg can encode a frame with the options that Mp4 uses."""
    command = [ffmpeg, *arguments(16, 16, "gray", 30.0), "-f", "mp4", os.devnull]
    try:
        done = subprocess.run(command, input=bytes(256), capture_output=True, check=False)
    except OSError as error:
        raise EncoderFailed(f"{ffmpeg} cannot be run: {error.strerror}") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise EncoderFailed(f"{ffmpeg} cannot encode: {said[-1] if said else done.returncode}")


@functools.lru_cache(maxsize=None)
def ffmpeg_version(ffmpeg: str) -> str:
    """The first line of `ffmpeg -version`. Raises EncoderFailed when it cannot be run."""
    try:
        said = subprocess.run(
            [ffmpeg, "-version"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False
        ).stdout
    except OSError as error:
        raise EncoderFailed(f"{ffmpeg} cannot be run: {error.strerror}") from error
    return said.decode(errors="replace").partition("\n")[0]


def arguments(width: int, height: int, pixels: str, fps: float, options: FilmOptions = USUAL) -> list[str]:
    """The arguments between `ffmpeg` and the file's name, for raw frames of this size and pixel format."""
    even = "pad=ceil(iw/2)*2:ceil(ih/2)*2"
    if options.scale is not None:
        even = f"scale=max(2\\,round(iw*{options.scale:.6g}/2)*2):max(2\\,round(ih*{options.scale:.6g}/2)*2)"
    quality = [] if options.crf is None else ["-crf", str(options.crf)]
    # fmt: off
    return [
        "-nostdin", "-nostats", "-loglevel", "error", "-y",
        "-f", "rawvideo", "-s:v", f"{width}x{height}", "-pix_fmt", pixels, "-framerate", f"{fps:.10g}",
        "-i", "pipe:0",
        "-an", "-vf", even, "-fps_mode", "passthrough",
        "-c:v", "libx264", "-pix_fmt", "yuv420p", "-rc-lookahead", "10",
        "-preset", options.preset or DEFAULT_PRESET, *quality,
        "-movflags", "+hybrid_fragmented", "-frag_duration", "200000", "-flush_packets", "1",
    ]
    # fmt: on
