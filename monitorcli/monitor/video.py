"""Film one episode: frames from `render()` to an encoder, and the meta file that says how it went.

mp4 through ffmpeg for `rgb_array`, asciicast v1 for `ansi`. A failure costs the film, never the run.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any, Callable, Iterator, Protocol

import numpy as np

from monitorcli.errors import EncoderFailed
from monitorcli.monitor.directory import write_json

DEFAULT_FPS = 30.0

# What an encoder needs of an input pipe to stay ahead of the environment (F_SETPIPE_SZ, fcntl(2)).
_PIPE_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031

_PIXELS = {1: "gray", 3: "rgb24", 4: "rgba"}


class Encoder(Protocol):
    """Accepts frames until closed. `close` does not wait; `collect` does, and both may be called twice."""

    ending: str
    content_type: str

    def add(self, frame: Any) -> None:
        """Take one frame; raises EncoderFailed or OSError."""

    def close(self) -> None:
        """No more frames will come."""

    def is_done(self) -> bool:
        """Whether `collect` would return at once."""

    def collect(self) -> dict[str, Any]:
        """Wait for the file to be whole; gives back Gym's `encoder_version`. Raises EncoderFailed."""


class Film:
    """One episode's video. `capture` once after the reset and once a step: L + 1 frames for L steps."""

    def __init__(
        self,
        path: Path,
        episode: int,
        render: Callable[[], Any],
        encoder: Encoder,
        notify: Callable[[str], None],
    ) -> None:
        """`path` is without ending; the meta file is written now, so that a killed film has its number."""
        self._render = render
        self._encoder = encoder
        self._notify = notify
        self._video = path.with_name(path.name + encoder.ending)
        self._meta_path = path.with_name(path.name + ".meta.json")
        self._meta: dict[str, Any] = {
            "episode_id": episode,
            "content_type": encoder.content_type,
            "frames": None,
        }
        self._frames = 0
        self._broken = ""
        self._write_meta()

    def capture(self) -> None:
        """Render one frame into the film; marks it broken when that fails."""
        if self._broken:
            return
        try:
            frame = self._render()
            if frame is None:
                raise EncoderFailed("render() returned None")
            self._encoder.add(frame)
            self._frames += 1
        except Exception as error:
            self._break(error)

    def finish(self) -> None:
        """The episode is over; the encoder may still be busy."""
        self._encoder.close()

    def is_done(self) -> bool:
        """Whether `collect` would return at once."""
        return self._encoder.is_done()

    def collect(self) -> tuple[str, str] | None:
        """Wait for the encoder, complete the meta file; the names of video and meta, None when broken."""
        try:
            self._meta["encoder_version"] = self._encoder.collect()
        except Exception as error:
            self._break(error)
        self._meta["frames"] = self._frames
        if self._broken:
            self._meta.update(broken=True, reason=self._broken)
            _remove(self._video)
        self._write_meta()
        return None if self._broken else (self._video.name, self._meta_path.name)

    def _break(self, error: Exception) -> None:
        if not self._broken:
            strerror = error.strerror if isinstance(error, OSError) else None
            self._broken = strerror or str(error) or type(error).__name__
            self._notify(f"a video is broken ({self._broken}); the run goes on.")
            self._encoder.close()

    def _write_meta(self) -> None:
        try:
            write_json(self._meta_path, self._meta, durable=False)
        except OSError as error:
            self._break(error)


class Mp4:
    """H.264 in fragments of 0.2 s, each flushed, so that a film whose encoder is killed still plays.

    Frames are uint8 arrays of shape (height, width, 3), (height, width, 4) or (height, width); odd
    sizes are padded by one black line, because 4:2:0 colour has none. Closed properly it is an
    ordinary mp4 (ffmpeg's `hybrid_fragmented`).
    """

    ending = ".mp4"
    content_type = "video/mp4"

    def __init__(self, path: Path, fps: float, ffmpeg: str) -> None:
        self._path = path.with_name(path.name + self.ending)
        self._fps = fps
        self._ffmpeg = ffmpeg
        self._process: subprocess.Popen[bytes] | None = None
        self._shape: tuple[int, ...] = ()
        self._arguments: list[str] = []
        self._complaint: str | None = None

    def add(self, frame: Any) -> None:
        """See Encoder; the first frame settles the size."""
        pixels = np.ascontiguousarray(frame)
        if self._process is None:
            self._start(pixels)
        if pixels.shape != self._shape or pixels.dtype != np.uint8:
            raise EncoderFailed(f"frame {describe(pixels)} after {self._shape} uint8")
        assert self._process and self._process.stdin
        view = memoryview(pixels.data).cast("B")
        try:
            with _surviving_sigpipe():
                while view:
                    view = view[self._process.stdin.write(view) :]
        except OSError:
            raise EncoderFailed(self._wait() or "ffmpeg stopped early") from None

    def close(self) -> None:
        """See Encoder."""
        if self._process and self._process.stdin:
            try:
                self._process.stdin.close()
            except OSError:
                pass
            self._process.stdin = None

    def is_done(self) -> bool:
        """See Encoder."""
        return self._process is None or self._process.poll() is not None

    def collect(self) -> dict[str, Any]:
        """See Encoder."""
        complaint = self._wait()
        if complaint:
            raise EncoderFailed(complaint)
        return {
            "backend": "ffmpeg",
            "version": ffmpeg_version(self._ffmpeg),
            "cmdline": ["ffmpeg", *self._arguments, self._path.name],
        }

    def _start(self, pixels: Any) -> None:
        channels = 1 if pixels.ndim == 2 else pixels.shape[-1] if pixels.ndim == 3 else 0
        if channels not in _PIXELS or pixels.dtype != np.uint8 or 0 in pixels.shape:
            raise EncoderFailed(f"a frame must be (height, width, 3) uint8, not {describe(pixels)}")
        self._shape = pixels.shape
        self._arguments = _arguments(pixels.shape[1], pixels.shape[0], _PIXELS[channels], self._fps)
        # In a session of its own, so that Ctrl-C in the terminal reaches the script and not the film.
        self._process = subprocess.Popen(
            [self._ffmpeg, *self._arguments, str(self._path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        _widen(self._process.stdin)

    def _wait(self) -> str:
        """Wait for ffmpeg; what it complained of, "" when all went well."""
        if self._process is None:
            return "no frame was rendered"
        self.close()
        if self._complaint is None:
            said = self._process.communicate()[1].decode(errors="replace").strip().splitlines()
            status = self._process.returncode
            reason = said[-1] if said else f"exit status {status}"
            self._complaint = f"ffmpeg stopped: {reason}" if status else ""
        return self._complaint


class Asciicast:
    """Text frames as one asciicast v1 document, whole after every frame: the tail is written anew.

    Format: https://docs.asciinema.org/manual/asciicast/v1/, with Gym's clear-screen codes.
    """

    ending = ".json"
    content_type = "video/vnd.openai.ansivid"

    def __init__(self, path: Path, fps: float) -> None:
        self._delay = 1 / fps
        path = path.with_name(path.name + self.ending)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o666)
        self._end = os.write(self._file, b'{"version": 1, "stdout": [')
        self._frames = self._width = self._height = 0
        self._closed = False

    def add(self, frame: Any) -> None:
        """See Encoder; a frame is a str or StringIO."""
        text = frame.getvalue() if isinstance(frame, StringIO) else frame
        if not isinstance(text, str):
            raise EncoderFailed(f"a text frame must be a str, not {type(frame).__name__}")
        lines = text.splitlines()
        self._width = max(self._width, max(map(len, lines), default=0) + 2)
        self._height = max(self._height, len(lines) + 1)
        event = json.dumps([self._delay, "\x1b[2J\x1b[1;1H" + "\r\n".join(lines) + "\r\n"])
        data = (", " if self._frames else "") + event
        self._frames += 1
        os.pwrite(self._file, (data + self._tail()).encode(), self._end)
        self._end += len(data)

    def close(self) -> None:
        """See Encoder."""
        if not self._closed:
            self._closed = True
            os.close(self._file)

    def is_done(self) -> bool:
        """See Encoder."""
        return True

    def collect(self) -> dict[str, Any]:
        """See Encoder."""
        self.close()
        if not self._frames:
            raise EncoderFailed("no frame was rendered")
        return {"backend": "TextEncoder", "version": 1}

    def _tail(self) -> str:
        rest = {
            "width": self._width,
            "height": self._height,
            "duration": self._frames * self._delay,
            "command": "-",
            "title": "monitorcli episode",
            "env": {},
        }
        return "], " + json.dumps(rest)[1:]


def frames_per_second(asked: float | None, metadata: dict[str, Any]) -> float:
    """`asked`, else the environment's `render_fps`, else 30."""
    for value in (asked, metadata.get("render_fps")):
        if isinstance(value, (int, float, np.integer, np.floating)) and 0 < value < float("inf"):
            return float(value)
    return DEFAULT_FPS


def find_ffmpeg() -> str:
    """The ffmpeg that imageio-ffmpeg ships. Raises EncoderFailed when there is none."""
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise EncoderFailed(f"no ffmpeg: {error}", "pip install imageio-ffmpeg") from error


def check_ffmpeg(ffmpeg: str) -> None:
    """Raise EncoderFailed unless this ffmpeg can encode a frame the way Mp4 asks it to."""
    command = [ffmpeg, *_arguments(16, 16, "gray", DEFAULT_FPS), "-f", "mp4", os.devnull]
    try:
        done = subprocess.run(command, input=bytes(256), capture_output=True, check=False)
    except OSError as error:
        raise EncoderFailed(f"{ffmpeg} cannot be run: {error.strerror}") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise EncoderFailed(f"{ffmpeg} cannot encode: {said[-1] if said else done.returncode}")


@functools.lru_cache(maxsize=None)
def ffmpeg_version(ffmpeg: str) -> str:
    """The first line of `ffmpeg -version`."""
    said = subprocess.run(
        [ffmpeg, "-version"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False
    ).stdout
    return said.decode(errors="replace").partition("\n")[0]


def describe(pixels: Any) -> str:
    """Shape and dtype of an array, for a sentence."""
    return f"{pixels.shape} {pixels.dtype}"


def _arguments(width: int, height: int, pixels: str, fps: float) -> list[str]:
    # fmt: off
    return [
        "-nostdin", "-nostats", "-loglevel", "error", "-y",
        "-f", "rawvideo", "-s:v", f"{width}x{height}", "-pix_fmt", pixels, "-framerate", f"{fps:.10g}",
        "-i", "pipe:0",
        "-an", "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-fps_mode", "passthrough",
        "-c:v", "libx264", "-pix_fmt", "yuv420p", "-rc-lookahead", "10",
        "-movflags", "+hybrid_fragmented", "-frag_duration", "200000", "-flush_packets", "1",
    ]
    # fmt: on


@contextlib.contextmanager
def _surviving_sigpipe() -> Iterator[None]:
    """Within it, an encoder that died is an error, also in a script that lets SIGPIPE kill it."""
    if not hasattr(signal, "pthread_sigmask") or signal.getsignal(signal.SIGPIPE) is not signal.SIG_DFL:
        yield  # Python itself ignores it
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
    try:
        yield
    finally:
        if signal.SIGPIPE in signal.sigpending():
            signal.sigwait({signal.SIGPIPE})
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _widen(pipe: Any) -> None:
    try:
        import fcntl

        fcntl.fcntl(pipe.fileno(), _F_SETPIPE_SZ, _PIPE_BYTES)
    except (ImportError, OSError):
        pass  # not Linux, or over the user's limit: slower, no less right


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError:
        pass
