"""Decode a film with an ffmpeg that the caller found, trusting neither its name nor its content."""

from __future__ import annotations

import subprocess
from typing import NamedTuple

from monitorcli.errors import BadFile, EncoderFailed
from monitorcli.recording.folder import Folder

# Seconds for one film. A film of an hour takes some twenty on one core.
_PATIENCE = 600.0


class Frames(NamedTuple):
    """What can be decoded: the number of frames, how many of them differ, and what ffmpeg complained of."""

    total: int
    distinct: int
    complaint: str


def decode_mp4(folder: Folder, name: str, ffmpeg: str) -> Frames:
    """Every frame of an mp4 that can be decoded; raises BadFile when it does not open.

    ffmpeg gets an open file and may open no other: what is called .mp4 may be a playlist of elsewhere.
    Raises EncoderFailed when ffmpeg does not run.
    """
    with folder.open(name) as file:
        try:
            done = subprocess.run(
                [ffmpeg, *_ARGUMENTS], stdin=file, capture_output=True, timeout=_PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            raise BadFile(f"{name}: cannot be decoded within {_PATIENCE:.0f} s") from None
        except OSError as error:
            raise EncoderFailed(f"{ffmpeg} cannot be run: {error.strerror}") from None
    digests = [line.rpartition(b",")[2] for line in done.stdout.splitlines() if not line.startswith(b"#")]
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return Frames(len(digests), len(set(digests)), said[-1] if said else "")


def decode_text(folder: Folder, name: str) -> Frames:
    """Every frame of an asciicast; raises BadFile when it is none."""
    events = folder.json(name).get("stdout")
    if not isinstance(events, list):
        raise BadFile(f"{name}: not an asciicast")
    for event in events:
        if not (isinstance(event, list) and len(event) == 2 and isinstance(event[1], str)):
            raise BadFile(f"{name}: not an asciicast")
    return Frames(len(events), len({event[1] for event in events}), "")


# fmt: off
_ARGUMENTS = (
    "-nostdin", "-loglevel", "error", "-protocol_whitelist", "fd", "-f", "mov", "-i", "fd:",
    "-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framemd5", "-",
)
# fmt: on
