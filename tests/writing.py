"""Directories written for tests by the real writer, without an environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from monitorcli.format import log
from monitorcli.format.environment import Environment
from monitorcli.format.open_file import FollowedDirectory
from monitorcli.monitor.directory import Existing
from monitorcli.monitor.run import RunFile
from monitorcli.monitor.writer import EpisodeWriter, Target

START = 1_795_269_720.0  # 21 Nov 2026, 14:02:00 UTC
ENVIRONMENT = Environment("CartPole-v1", "1.4.0")


def packed(number: int, value: float = 1.0, **changes: Any) -> bytes:
    """One record: a terminated training episode of ten steps that began `number` seconds after START."""
    row = {
        "number": number, "return": value, "length": 10, "started_at": START + number, "duration": 0.5,
        "seed": 0, "seed_high": 0, "slot": 0, "end": log.END_TERMINATED, "mode": b"t", "success": -1,
        "seeded": 0, **changes,
    }  # fmt: skip
    return log.pack(*(row[name] for name in log.RECORD.names))


def open_writer(
    directory: Path, run: int = 0, environment: Environment = ENVIRONMENT, **options: Any
) -> EpisodeWriter:
    """A writer that has not recorded anything yet; a remark of it is an error."""
    directory.mkdir(exist_ok=True)

    def complain(remark: str) -> None:
        raise AssertionError(remark)

    return EpisodeWriter(Target(FollowedDirectory(directory), run, **options), environment, complain)


def write(directory: Path, *records: bytes, close: bool = True, **options: Any) -> EpisodeWriter:
    """A writer's family of these records; without `close`, as a killed writer leaves it."""
    writer = open_writer(directory, **options)
    for record in records:
        writer.append(record)
    if close:
        writer.close()
    return writer


def begin_run(directory: Path, **how: Any) -> RunFile:
    """The file of the next run."""
    directory.mkdir(exist_ok=True)
    return RunFile(directory, Existing.KEEP, {"kind": "start", **how})
