"""Encode frames as an mp4, with an ffmpeg that reads them from a pipe.

A frame is written as far as the pipe has room, and the rest with the next frame, so that the script waits
for the encoder only when much is left. Then it waits until nothing is, and so with each frame until one finds
room at once: what is left has to be copied, which is wasted on an encoder that is slower than the frames.
Not by a thread: the script may close any descriptor, and open a file of the same number, between a thread's
look at it and its write.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from monitorcli.errors import EncoderFailed
from monitorcli.format.names import CONTENT_TYPES, MP4_ENDING
from monitorcli.format.open_file import OpenFile
from monitorcli.video.ffmpeg import arguments, ffmpeg_version, find_ffmpeg
from monitorcli.video.options import USUAL, FilmOptions

# What an encoder needs of an input pipe to stay ahead of the environment (F_SETPIPE_SZ, fcntl(2)).
_PIPE_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031
# What is left in memory while the encoder is busy or not yet started. Few frames, for a step waits until all
# are written when there are more, and those that are left are lost when the process is killed.
_MOST_WAITING = 4
_MOST_WAITING_BYTES = 6 << 20

_PIXELS = {1: "gray", 3: "rgb24", 4: "rgba"}


class Mp4:
    """H.264 in fragments of 0.2 s. Each is flushed, so that the film plays even if the encoder is killed.

    Frames are uint8 arrays of shape (height, width, 3), (height, width, 4) or (height, width). Odd sizes
    are padded with one black line, because 4:2:0 colour needs even ones. If closed properly, the file is
    an ordinary mp4 (ffmpeg's `hybrid_fragmented`).
    """

    ending = MP4_ENDING
    content_type = CONTENT_TYPES[MP4_ENDING]

    def __init__(
        self, path: Path, fps: float, ffmpeg: str | None = None, options: FilmOptions = USUAL
    ) -> None:
        """`ffmpeg` is imageio-ffmpeg's if none is named; raises EncoderFailed when there is none."""
        self._path = path.with_name(path.name + self.ending)
        self._fps = fps
        self._options = options
        self._ffmpeg = ffmpeg or find_ffmpeg()
        self._process: subprocess.Popen[bytes] | None = None
        self._frames: OpenFile
        self._said: OpenFile
        self._waiting: deque[memoryview] = deque()  # frames that the pipe had no room for
        self._spare: list[bytearray] = []  # memory of frames that were written, to be used again
        self._most_waiting = 0
        self._behind = False  # whether the encoder is slower than the frames come
        self._shape: tuple[int, ...] = ()
        self._arguments: list[str] = []
        self._complaint: str | None = None

    def add(self, frame: Any) -> None:
        """See Encoder. The first frame sets the size."""
        pixels = np.ascontiguousarray(frame)
        if self._process is None:
            self._begin(pixels)
        if pixels.shape != self._shape or pixels.dtype != np.uint8:
            raise EncoderFailed(f"frame {describe(pixels)} after {self._shape} uint8")
        self._waiting.append(memoryview(pixels.data).cast("B"))
        self._send(wait=False)
        if not self._waiting:
            self._behind = False
        elif self._behind or len(self._waiting) > self._most_waiting:
            self._behind = True
            self._send(wait=True)
        else:  # a copy, because the environment may draw into its own
            rest = self._waiting[-1]
            copy = memoryview(self._spare.pop() if self._spare else bytearray(pixels.nbytes))[: len(rest)]
            copy[:] = rest
            self._waiting[-1] = copy

    def close(self) -> None:
        """See Encoder."""
        if self._process:
            self._send(wait=True)
            self._frames.close()

    def abandon(self) -> None:
        """See Encoder."""
        self._waiting.clear()
        if self._process and self._complaint is None:
            self._process.kill()
            self._wait()

    def is_done(self) -> bool:
        """See Encoder."""
        return self._process is None or self._process.poll() is not None

    def collect(self) -> dict[str, Any]:
        """See Encoder."""
        self.close()
        complaint = self._wait()
        if complaint:
            raise EncoderFailed(complaint)
        return {
            "backend": "ffmpeg",
            "version": ffmpeg_version(self._ffmpeg),
            "cmdline": ["ffmpeg", *self._arguments, self._path.name],
        }

    def _begin(self, pixels: Any) -> None:
        channels = 1 if pixels.ndim == 2 else pixels.shape[-1] if pixels.ndim == 3 else 0
        if channels not in _PIXELS or pixels.dtype != np.uint8 or 0 in pixels.shape:
            raise EncoderFailed(f"a frame must be (height, width, 3) uint8, not {describe(pixels)}")
        self._shape = pixels.shape
        self._most_waiting = min(_MOST_WAITING, _MOST_WAITING_BYTES // pixels.nbytes)
        self._arguments = arguments(
            pixels.shape[1], pixels.shape[0], _PIXELS[channels], self._fps, self._options
        )
        self._process, self._frames, self._said = _start([self._ffmpeg, *self._arguments], self._path)

    def _send(self, wait: bool) -> None:
        """Write what there is room for, or all; raises EncoderFailed."""
        try:
            with _surviving_sigpipe():
                while self._waiting and self._write_first(wait):
                    written = self._waiting.popleft().obj
                    if isinstance(written, bytearray):
                        self._spare.append(written)
        except OSError:
            raise EncoderFailed(self._wait() or "ffmpeg stopped early") from None

    def _write_first(self, wait: bool) -> bool:
        """Write the first that is left; whether all of it was written."""
        if not self._frames.is_ours():
            raise EncoderFailed("the script closed the descriptor of the encoder's input")
        pipe = self._frames.number
        os.set_blocking(pipe, wait)
        with contextlib.suppress(BlockingIOError):
            while self._waiting[0]:
                self._waiting[0] = self._waiting[0][os.write(pipe, self._waiting[0]) :]
        return not self._waiting[0]

    def _wait(self) -> str:
        """Wait for ffmpeg. Returns its error message, "" if it succeeded."""
        if self._process is None:
            return "no frame was rendered"
        self._frames.close()
        if self._complaint is None:
            said = _rest_of(self._said).decode(errors="replace").strip().splitlines()
            status = self._process.wait()
            reason = said[-1] if said else f"exit status {status}"
            self._complaint = f"ffmpeg stopped: {reason}" if status else ""
        return self._complaint


def _start(command: list[str], path: Path) -> tuple[subprocess.Popen[bytes], OpenFile, OpenFile]:
    """Start the encoder. Returns it and our ends of two pipes: its input and its messages.

    The file is opened here, so that it may be renamed before the encoder has come to open it.
    Popen's own pipes are not used: Popen would read, write and close whatever file has their number by
    then.
    """
    ends: list[int] = []
    try:
        ends += os.pipe()
        ends += os.pipe()
        ends.append(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0), 0o666))
        process = subprocess.Popen(
            [*command, "-f", "mp4", f"/dev/fd/{ends[4]}"],
            stdin=ends[0],
            stdout=subprocess.DEVNULL,
            stderr=ends[3],
            pass_fds=(ends[4],),
            start_new_session=True,  # so that Ctrl-C in the terminal reaches the script and not the film
        )
    except BaseException:
        for end in ends:
            os.close(end)
        raise
    for end in (ends[0], ends[3], ends[4]):
        os.close(end)
    _widen(ends[1])
    return process, OpenFile(ends[1]), OpenFile(ends[2])


def _rest_of(pipe: OpenFile) -> bytes:
    parts = []
    while pipe.is_ours() and (part := os.read(pipe.number, 1 << 16)):
        parts.append(part)
    pipe.close()
    return b"".join(parts)


def describe(pixels: Any) -> str:
    """The shape and dtype of an array, for use in a sentence."""
    return f"{pixels.shape} {pixels.dtype}"


@contextlib.contextmanager
def _surviving_sigpipe() -> Iterator[None]:
    """Context manager: a dead encoder causes an error, even in a script that SIGPIPE would kill."""
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


def _widen(pipe: int) -> None:
    with contextlib.suppress(ImportError, OSError):  # not Linux, or over the limit: slower, no less right
        import fcntl

        fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIPE_BYTES)
