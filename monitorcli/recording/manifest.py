"""One manifest, ours or Gym's: which files belong together, and what was recorded by whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from monitorcli.errors import BadFile
from monitorcli.format import batch
from monitorcli.format.names import MANIFEST_ENDING, MANIFEST_PREFIX, is_ours, without_batch
from monitorcli.recording.folder import Folder, text

UNKNOWN = "(unknown)"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest whose types were checked; whether the files it names are sound was not.

    `stem` is "<monitor>.<uid>" and tells one writer's files from another's; `ours` is None for Gym's.
    """

    name: str
    stem: str
    stats: Any
    videos: list[tuple[str, str]]
    env_info: dict[str, Any]
    ours: dict[str, Any] | None

    @property
    def env_id(self) -> str:
        """The environment's id, "(unknown)" when it had no spec."""
        return text(self.env_info.get("env_id"), UNKNOWN)

    @property
    def version(self) -> str:
        """The version of Gym or Gymnasium, "" when it is not known."""
        return text(self.env_info.get("gym_version"), "")

    @property
    def first(self) -> int:
        """Where in its writer's log the episodes of our manifest begin."""
        first = (self.ours or {}).get("first")
        return first if type(first) is int and 0 <= first < 1 << 63 else 0


def read_manifest(folder: Folder, name: str) -> Manifest:
    """Read and check one manifest; raises BadFile."""
    document = folder.json(name)
    env_info = document.get("env_info")
    videos = document.get("videos")
    if not isinstance(env_info, dict) or not isinstance(videos, list):
        raise BadFile(f"{name}: env_info or videos are missing")
    ours = document.get("monitorcli")
    if "monitorcli" in document:
        if not isinstance(ours, dict) or not isinstance(ours.get("version"), int):
            raise BadFile(f"{name}: its monitorcli part is not an object with a version")
        if ours["version"] > batch.VERSION:
            raise BadFile(f"{name}: version {ours['version']} is newer than this monitorcli")
    stem = name[len(MANIFEST_PREFIX) : -len(MANIFEST_ENDING)]
    if ours is not None:
        stem = without_batch(stem)
    return Manifest(name, stem, document.get("stats"), _pairs(folder, name, videos), env_info, ours)


def read_manifests(folder: Folder) -> list[Manifest]:
    """Every sound manifest of the directory; the others become problems."""
    found = []
    for name in folder.names(MANIFEST_PREFIX, MANIFEST_ENDING):
        try:
            found.append(read_manifest(folder, name))
        except BadFile as error:
            folder.problems.append(str(error))
    return found


def _pairs(folder: Folder, name: str, videos: list[Any]) -> list[tuple[str, str]]:
    """The pairs of video and meta file that are plain names."""
    pairs = []
    for pair in videos:
        if isinstance(pair, list) and len(pair) == 2 and is_ours(pair[0]) and is_ours(pair[1]):
            pairs.append((pair[0], pair[1]))
        else:
            folder.problems.append(f"{name}: refers to {pair!r:.100}, which is no video of this directory")
    return pairs
