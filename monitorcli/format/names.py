"""The names of the files of a monitor directory: Gym's own, so that what reads Gym's directories reads ours.

docs/format.md lists them. `<stem>` is "<monitor>.<uid>", one writer's; a later batch adds ".batch000001".
"""

from __future__ import annotations

import re
from typing import Any

from monitorcli.errors import BadRequest

PREFIX = "openaigym."
RUN_PREFIX, RUN_ENDING = PREFIX + "run.", ".json"
LOG_PREFIX, LOG_ENDING = PREFIX + "episode_log.", ".npy"
BATCH_PREFIX, BATCH_ENDING = PREFIX + "episode_batch.", ".stats.json"
MANIFEST_PREFIX, MANIFEST_ENDING = PREFIX + "manifest.", ".manifest.json"
TRACE_PREFIX, TRACE_ENDING = PREFIX + "trace.", ".bin"
VIDEO_PREFIX, META_ENDING = PREFIX + "video.", ".meta.json"
MP4_ENDING, CAST_ENDING = ".mp4", ".cast"
# Films, by ending. The last is a text film of Gym's, and of monitorcli before 0.2.
CONTENT_TYPES = {
    MP4_ENDING: "video/mp4",
    CAST_ENDING: "application/x-asciicast",
    ".json": "video/vnd.openai.ansivid",
}
# A film of which it is not decided yet whether it is kept.
UNDECIDED_PREFIX = PREFIX + "undecided."
# Half-written files; never begins like a manifest, because Gym's reader takes every file that does.
TEMPORARY_PREFIX = PREFIX + "tmp."

_RUN = re.compile(re.escape(RUN_PREFIX) + r"[0-9]{6,}\.json")
_VIDEO = re.compile(
    re.escape(VIDEO_PREFIX) + r"(.+)\.video([0-9]{6,18})(\.mp4|\.cast|\.json|\.meta\.json)", re.DOTALL
)
_LATER = re.compile(r"\.batch[0-9]{6,}$")


def is_ours(name: Any) -> bool:
    """Whether this is the plain name of a file of ours, and no path to somewhere else."""
    return isinstance(name, str) and name.startswith(PREFIX) and not re.search(r"[/\\\0]", name)


def run_name(number: int) -> str:
    """The name of a run's file."""
    return f"{RUN_PREFIX}{number:06}{RUN_ENDING}"


def is_run(name: str) -> bool:
    """Whether this is the name of a run's file."""
    return _RUN.fullmatch(name) is not None


def log_name(stem: str) -> str:
    """The name of a writer's episode log."""
    return f"{LOG_PREFIX}{stem}{LOG_ENDING}"


def trace_name(stem: str) -> str:
    """The name of the file of a writer's traces."""
    return f"{TRACE_PREFIX}{stem}{TRACE_ENDING}"


def batch_names(stem: str, number: int) -> tuple[str, str]:
    """The names of a writer's batch and of the manifest that goes with it."""
    infix = f"{stem}.batch{number:06}" if number else stem
    return f"{BATCH_PREFIX}{infix}{BATCH_ENDING}", f"{MANIFEST_PREFIX}{infix}{MANIFEST_ENDING}"


def batch_of(stem: str, manifest: str) -> int | None:
    """The number of the batch whose manifest has this name, None when it is none of this writer's."""
    infix = rf"{re.escape(stem)}(?:\.batch([0-9]{{6,9}}))?"
    found = re.fullmatch(re.escape(MANIFEST_PREFIX) + infix + re.escape(MANIFEST_ENDING), manifest)
    return None if found is None else int(found[1] or 0)


def without_batch(stem: str) -> str:
    """A stem as it stands in a batch's or manifest's name, without the batch's number."""
    return _LATER.sub("", stem)


def video_name(stem: str, episode: int) -> str:
    """The name of an episode's film, without its ending."""
    return f"{VIDEO_PREFIX}{stem}.video{episode:06}"


def undecided_name(stem: str, episode: int) -> str:
    """The name of an episode's film until it is decided whether it is kept, without its ending."""
    return f"{UNDECIDED_PREFIX}{stem}.video{episode:06}"


def is_undecided(name: str, stem: str) -> bool:
    """Whether this is a film of this writer of which it is not decided whether it is kept."""
    return name.startswith(f"{UNDECIDED_PREFIX}{stem}.video")


def video_parts(name: str) -> tuple[str, str, str] | None:
    """The stem, the episode's digits and the ending in a film's name or that of its meta file."""
    found = _VIDEO.fullmatch(name)
    return None if found is None else (found[1], found[2], found[3])


def check_uid(uid: str) -> None:
    """Raise BadRequest unless `uid` can be a part of a file name that nothing else of ours has."""
    if not uid or "/" in uid or "\\" in uid or "\0" in uid or len(uid.encode()) > 100:
        raise BadRequest(
            f"uid {uid!r} cannot be a part of a file name.", "Leave out separators; dots are fine."
        )
    if re.search(r"\.batch[0-9]{6}$", uid):
        raise BadRequest(f"uid {uid!r} ends like the name of an episode batch.", "Choose another.")
