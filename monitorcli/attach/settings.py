"""The settings of a recording, passed to the command's processes in environment variables."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Mapping, NamedTuple

from monitorcli.attach.status_log import STATUS_LOG
from monitorcli.video.options import FilmOptions

SETTINGS = "MONITORCLI_RECORD"
HOOK = "MONITORCLI_HOOK"
BOOTSTRAP = Path(__file__).parent / "bootstrap"


class Settings(NamedTuple):
    """Where and how to record. For `first_number` and `first_turn` see `writer.Target`.

    `only` and `skip` are environment ids, or patterns of such; () stands for all, and for none.
    `evaluation` has patterns of ids, or places (`file.py:line`), whose episodes are evaluation. In a
    `rehearsal` what came of each environment's first step is reported. `trace` is a schedule, as `video` is.
    """

    directory: str
    run: int
    first_number: int
    films: FilmOptions
    ffmpeg: str | None
    mode: str
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    rehearsal: bool = False
    first_turn: int = 0
    evaluation: tuple[str, ...] = ()
    trace: str = "none"


def environment(settings: Settings, status_log: Path, base: Mapping[str, str]) -> dict[str, str]:
    """`base`, with the variables that make every Python started with it record."""
    paths = [str(BOOTSTRAP), *filter(None, [base.get("PYTHONPATH")])]
    return {
        **base,
        "PYTHONPATH": os.pathsep.join(paths),
        SETTINGS: json.dumps(settings._asdict()),
        HOOK: str(BOOTSTRAP / "sitecustomize.py"),
        STATUS_LOG: str(status_log),
    }


def from_environment() -> Settings:
    """The settings that this process was started with."""
    settings = Settings(**json.loads(os.environ[SETTINGS]))
    return settings._replace(films=FilmOptions(*settings.films))
