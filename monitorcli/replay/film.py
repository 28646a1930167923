"""Film an episode that was not filmed: make it again, and keep the film only if it is the same episode."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from monitorcli.errors import BadRequest, DirectoryUnusable, EncoderFailed
from monitorcli.format.json_files import write_json
from monitorcli.format.names import META_ENDING, TEMPORARY_PREFIX, video_name
from monitorcli.format.trace import Trace
from monitorcli.recording.model import Recording
from monitorcli.replay.episode import Difference, play
from monitorcli.replay.run import Replayer
from monitorcli.video.asciicast import Asciicast
from monitorcli.video.camera import FILMED, camera
from monitorcli.video.film import Encoder, frames_per_second
from monitorcli.video.lettering import labelled
from monitorcli.video.mp4 import Mp4

_LABEL = "not the recorded episode"
_IN_NAME = ".not-exact"


class Filmed(NamedTuple):
    """A film; `path` is None, and no file was left, when the episode could not be made again exactly."""

    path: Path | None
    frames: int
    difference: Difference | None
    way: str = ""


class _Take(NamedTuple):
    """A film under a name of its own, not yet in its place."""

    path: Path
    meta: dict[str, Any]
    difference: Difference | None


def film(
    recording: Recording,
    row: int,
    trace: Trace,
    replayer: Replayer,
    output: Path | None,
    anyway: bool,
    fps: float | None = None,
) -> Filmed:
    """Make the episode again and film it, into the recording, or into the file `output`.

    In a fresh environment; if it differs there, in one that has had all episodes of its own before it. If it
    differs there too, it is filmed only `anyway`: into `output`, and labelled in the file's name, its
    meta file and the first frame. Raises BadRequest when it cannot be filmed or the place is taken.
    """
    _refuse_taken(recording, row, output)
    folder = recording.directory if output is None else output.absolute().parent
    attempt = _Attempt(replayer, row, trace, folder, fps)
    take, way = attempt.fresh(), ""
    if take.difference is not None and trace.earlier:
        try:
            with replayer.after_the_earlier(row) as env:
                _discard(take)
                take = attempt.film(env, restore=False)
        except BadRequest as reason:
            way = str(reason)
    if take.difference is None:
        return _placed(recording, row, output, take)
    _discard(take)
    if not anyway:
        return Filmed(None, 0, take.difference, way)
    take = attempt.fresh(label=_LABEL)
    if take.difference is None:
        return _placed(recording, row, output, take)  # which it was not a moment ago
    if output is None:
        output = Path(f"episode-{row}{take.path.suffix}")
    return _placed(
        recording, row, output.with_name(f"{output.stem}{_IN_NAME}{output.suffix}"), take
    )._replace(way=way)


class _Attempt:
    """How an episode is filmed; each attempt is a film of its own."""

    def __init__(self, replayer: Replayer, row: int, trace: Trace, folder: Path, fps: float | None) -> None:
        self._replayer, self._row, self._trace, self._folder, self._fps = replayer, row, trace, folder, fps

    def fresh(self, label: str = "") -> _Take:
        """In a fresh environment; with a `label` to the end, whatever differs."""
        with self._replayer.fresh(self._row, self._trace) as env:
            return self.film(env, label=label)

    def film(self, env: Any, restore: bool = True, label: str = "") -> _Take:
        """In this environment. Raises BadRequest if it cannot be rendered or encoded."""
        place = self._folder / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}"
        mode, render = camera(env)
        if mode not in FILMED or mode == "human":
            raise BadRequest(
                f"{env.spec.id if env.spec else env} cannot be rendered to frames, so not filmed."
            )
        fps = frames_per_second(self._fps, env.metadata)
        encoder: Encoder = Asciicast(place, fps) if mode == "ansi" else Mp4(place, fps)
        frames = _Frames(render, encoder, label)
        path = place.with_name(place.name + encoder.ending)
        try:
            record = self._replayer.record(self._row)
            found = play(env, self._trace, record, restore, frames.add, to_the_end=bool(label))
            version = encoder.collect()
        except EncoderFailed as error:
            with contextlib.suppress(Exception):
                encoder.collect()
            path.unlink(missing_ok=True)
            raise BadRequest(f"episode {self._row} cannot be filmed: {error}.") from error
        except BaseException:
            with contextlib.suppress(Exception):
                encoder.collect()
            path.unlink(missing_ok=True)
            raise
        replayed: dict[str, Any] = {"exact": found is None}
        if found is not None:
            replayed.update(step=found.step, recorded=found.was, replayed=found.now)
        meta = {
            "episode_id": self._trace.number, "content_type": encoder.content_type,
            "frames": frames.count, "encoder_version": version, "replayed": replayed,
        }  # fmt: skip
        return _Take(path, meta, found)


class _Frames:
    """Renders into an encoder; the first frame gets the label, if there is one."""

    def __init__(self, render: Callable[[], Any], encoder: Encoder, label: str) -> None:
        self.count = 0
        self._render, self._encoder, self._label = render, encoder, label

    def add(self) -> None:
        """Render one frame. Raises EncoderFailed."""
        try:
            frame = self._render()
        except Exception as error:
            raise EncoderFailed(f"render() raised {type(error).__name__}: {error}") from error
        if frame is None:
            raise EncoderFailed("render() gave None")
        if self._label and not self.count:
            frame = _with_label(frame, self._label)
        self._encoder.add(frame)
        self.count += 1


def _with_label(frame: Any, label: str) -> Any:
    if isinstance(frame, StringIO):
        frame = frame.getvalue()
    return f"{label.upper()}\n{frame}" if isinstance(frame, str) else labelled(np.asarray(frame), label)


def _refuse_taken(recording: Recording, row: int, output: Path | None) -> None:
    taken = [video for video in recording.films if video.episode == row]
    if output is None and taken:
        raise BadRequest(
            f"episode {row} has a film: {recording.directory / taken[0].name}.",
            "To make another elsewhere, add --output FILE.",
        )


def _placed(recording: Recording, row: int, output: Path | None, take: _Take) -> Filmed:
    """Put the film into its place; nothing that exists in a recording is overwritten."""
    if output is not None and output.suffix != take.path.suffix:
        _discard(take)
        raise BadRequest(f"{output}: such a film is {take.path.suffix}.", "Give --output that ending.")
    try:
        if output is None:
            path = _into_recording(recording, row, take)
        else:
            path = output
            os.replace(take.path, path)
            if take.difference is not None:
                write_json(path.with_suffix(META_ENDING), take.meta, durable=False)
    except OSError as error:
        _discard(take)
        where = output or recording.directory
        raise DirectoryUnusable(f"{where} cannot be written: {error.strerror}.") from None
    return Filmed(path, take.meta["frames"], take.difference)


def _into_recording(recording: Recording, row: int, take: _Take) -> Path:
    """Put it under its name, then its meta file, which says that it was replayed. Raises OSError."""
    writer = recording.writers[int(recording.episodes.writer[row])]
    name = video_name(writer.name, int(recording.numbers[row]))
    path = recording.directory / (name + take.path.suffix)
    os.link(take.path, path)
    take.path.unlink()
    try:
        write_json(recording.directory / (name + META_ENDING), take.meta, durable=False)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return path


def _discard(take: _Take) -> None:
    take.path.unlink(missing_ok=True)
