"""Decode a film with an ffmpeg that the caller found, trusting neither its name nor its content."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Iterator
from typing import IO, Any, BinaryIO, NamedTuple

from monitorcli.errors import EncoderFailed
from monitorcli.recording.asciicast import text_frames
from monitorcli.recording.folder import Folder

# Seconds for one film. A film of an hour takes some twenty on one core.
PATIENCE = 60.0
# Of one picture; each takes 25 MB in a decoder that holds a dozen. 4K video has half of them.
MOST_PIXELS = 1 << 24


class Frames(NamedTuple):
    """What can be decoded: the number of frames, whether all are one picture, and ffmpeg's last complaint.

    `left_out` says why the frames that follow were not decoded, "" when there was no reason not to.
    """

    total: int
    alike: bool
    complaint: str = ""
    left_out: str = ""


def decode_mp4(folder: Folder, name: str, ffmpeg: str) -> Frames:
    """The frames of an mp4 that can be decoded within PATIENCE; raises BadFile when it does not open.

    ffmpeg gets an open file and may open no other: what is called .mp4 may be a playlist of elsewhere.
    It is gone when this returns or raises. Raises EncoderFailed when ffmpeg does not run.
    """
    total = 0
    digests: set[bytes] = set()
    late = threading.Event()
    said: deque[bytes] = deque(maxlen=20)
    with _decoding(folder, name, ffmpeg, said, late) as lines:
        for line in lines:
            if not line.startswith(b"#"):
                total += 1
                if len(digests) < 2:
                    digests.add(line.rpartition(b",")[2])
    complaints = [line.decode(errors="replace").strip() for line in said]
    left_out = ""
    if late.is_set():
        left_out = f"decoding was given up after {PATIENCE:.0f} s"
    elif any("max pixel count" in line for line in complaints):
        left_out = f"pictures of more than {MOST_PIXELS:,} pixels are not decoded"
    return Frames(total, len(digests) == 1, complaints[-1] if complaints else "", left_out)


def decode_text(folder: Folder, name: str) -> Frames:
    """Every frame of an asciicast; raises BadFile when it is none."""
    total = 0
    shown: set[str] = set()
    for text in text_frames(folder, name):
        total += 1
        if len(shown) < 2:
            shown.add(text)
    return Frames(total, len(shown) == 1)


@contextlib.contextmanager
def _decoding(
    folder: Folder, name: str, ffmpeg: str, said: deque[bytes], late: threading.Event
) -> Iterator[IO[bytes]]:
    """What an ffmpeg writes, a line for each frame; `said` gets its complaints until the block is left.

    After PATIENCE it is `late`, and killed.
    """
    with contextlib.ExitStack() as ending:
        with _signals_held(), folder.open(name) as file:
            process = ending.enter_context(_started(ffmpeg, file))
            assert process.stdout and process.stderr
            listening = threading.Thread(target=said.extend, args=(process.stderr,))
            listening.start()
            ending.callback(listening.join)
            ending.callback(process.kill)
            clock = threading.Timer(PATIENCE, _stop, (process, late))
            clock.start()
            ending.callback(clock.cancel)
        yield process.stdout


def _started(ffmpeg: str, file: BinaryIO) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [ffmpeg, *_ARGUMENTS], stdin=file, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except OSError as error:
        raise EncoderFailed(f"{ffmpeg} cannot be run: {error.strerror}") from None


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Within it no signal raises, so that what is begun is known to whoever must end it.

    Not by a mask: NumPy's threads would take the signal, and Python would have it all the same.
    """
    handlers: dict[int, Any] = {}
    came: list[int] = []
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
            if callable(signal.getsignal(number)) and number not in handlers:
                handlers[number] = signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in came:
            signal.raise_signal(number)


def _stop(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    process.kill()


# Two threads, because each holds pictures of its own. The limit of its processor time is for the case that
# we are killed and cannot end it.
# fmt: off
_ARGUMENTS = (
    "-nostdin", "-loglevel", "error", "-timelimit", str(round(4 * PATIENCE)),
    "-threads", "2", "-max_pixels", str(MOST_PIXELS),
    "-protocol_whitelist", "fd", "-f", "mov", "-i", "fd:",
    "-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framemd5", "-",
)
# fmt: on
