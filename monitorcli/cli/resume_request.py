"""Read from a directory how its last run was started, and take over only what runs no code."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from monitorcli.cli.request import Request
from monitorcli.errors import BadRequest, NoRecording
from monitorcli.evaluate.environment import parse_arguments
from monitorcli.evaluate.policies import NO_STATISTICS, RANDOM, reference_name
from monitorcli.format.modes import MODES
from monitorcli.recording import read
from monitorcli.recording.model import Run
from monitorcli.report.evaluation_command import words
from monitorcli.report.text import printable
from monitorcli.video import keep, schedule
from monitorcli.video.options import PRESETS, FilmOptions


class _Field(NamedTuple):
    """One value in a run's file: how it is validated, and its placeholder in a suggested command."""

    is_valid: Callable[[Any], bool]
    wanted: str
    placeholder: Any
    runs_code: Callable[[Any], bool] = lambda value: False


def _is_count(least: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and least <= value <= sys.maxsize


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _or_none(sound: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or sound(value)


def _are_arguments(values: Any) -> bool:
    try:
        return _are_names(values) and parse_arguments(values) is not None
    except BadRequest:
        return False


def _are_rules(text: Any) -> bool:
    try:
        return isinstance(text, str) and bool(keep.parse(text))
    except BadRequest:
        return False


def _are_names(values: Any) -> bool:
    return isinstance(values, list) and all(map(_is_name, values))


def _may_name_code(typed: list[str]) -> bool:
    """Whether an argument is more than numbers and words: a file, a module, or a list of whatever."""
    values = parse_arguments(typed).values()
    return any(
        not (value is None or isinstance(value, (bool, int, float)))
        and not (isinstance(value, str) and re.fullmatch(r"[\w -]*", value))
        for value in values
    )


_FIELDS = {
    "env": _Field(_is_name, "an environment's id", "ID", lambda env: ":" in env),
    "env_arg": _Field(_or_none(_are_arguments), "arguments, key=value each", "KEY=VALUE", _may_name_code),
    "wrapper": _Field(_or_none(_are_names), "names of wrappers", "W", bool),
    "max_episode_steps": _Field(_or_none(_is_count(1)), "a number of steps", "N"),
    "policy": _Field(_is_name, "the name of a policy", "P", lambda policy: policy != RANDOM),
    "deterministic": _Field(_or_none(lambda value: isinstance(value, bool)), "true or false", "true"),
    # Its file is a pickle.
    "vecnormalize": _Field(_or_none(_is_name), "a file, or none", "FILE", lambda file: file != NO_STATISTICS),
    "episodes": _Field(_is_count(1), "a number of episodes", "N"),
    "seed": _Field(_or_none(_is_count(0)), "a seed", "S"),
    "video": _Field(_or_none(_is_name), "a schedule", "SCHEDULE", schedule.is_reference),
    "fps": _Field(
        _or_none(lambda value: type(value) in (int, float) and 0 < value <= 1000),
        "between 0 and 1000",
        "FPS",
    ),
    "trace": _Field(_or_none(_is_name), "a schedule", "SCHEDULE", schedule.is_reference),
    "keep": _Field(_or_none(_are_rules), "rules for films", "RULES"),
    "max_frames": _Field(_or_none(_is_count(1)), "a number of frames", "N"),
    "frame_skip": _Field(_or_none(_is_count(1)), "a number of frames", "K"),
    "scale": _Field(
        _or_none(lambda value: type(value) in (int, float) and 0.05 <= value <= 4),
        "between 0.05 and 4",
        "FACTOR",
    ),
    "crf": _Field(_or_none(lambda value: type(value) is int and 0 <= value <= 51), "0 to 51", "Q"),
    "preset": _Field(_or_none(lambda value: value in PRESETS), "a preset of x264", "veryfast"),
    "reuse_env": _Field(lambda value: value is None or value is True, "true or null", True),
    "num_envs": _Field(
        _or_none(lambda value: _is_count(1)(value) and value not in (2, 3)), "1, or 4 or more", 8
    ),
    "mode": _Field(_or_none(lambda value: _is_name(value) and value in MODES), "a mode", "evaluation"),
}


def resumed(request: Request) -> Request:
    """`request`, completed from the directory's last run.

    The directory may come from a stranger, so no value is taken over that would make us run code. Raises
    NoRecording, or BadRequest with the command that the user can type instead.
    """
    run, completed = _last_run(request)
    how = run.how
    if request.command or (request.env is not None and how.get("kind") != "evaluation"):
        return request
    if how.get("kind") != "evaluation":
        raise BadRequest("resume needs the command to go on with.", _typed(_command(request, how)))
    given = {name: value for name, value in request._asdict().items() if value not in (None, ())}
    recorded = {name: _shown(name, how.get(name)) for name in _FIELDS}
    whole = Request(**{"command": (), **recorded, **given})
    if not request.accept_changes:
        as_recorded = _typed(whole._replace(**recorded))
        refuse_changes(whole, _asked_otherwise(request, how, completed), "asked for", as_recorded)
    kept = {name: how.get(name) for name in _FIELDS if name not in given}
    line = _typed(whole)
    for name, value in kept.items():
        if not _FIELDS[name].is_valid(value):
            said = "nothing" if value is None else printable(repr(value), limit=60)
            raise BadRequest(
                f"{request.directory / run.file} cannot be taken at its word: "
                f"its {name} is {said}, not {_FIELDS[name].wanted}.",
                f"Say it yourself:  {line}",
            )
    code = [name for name, value in kept.items() if value is not None and _FIELDS[name].runs_code(value)]
    if code:
        named = " and ".join(shlex.join(words(name, kept[name])) for name in code)
        raise BadRequest(
            f"resume runs no code because a directory names it: {named} stands in "
            f"{request.directory / run.file}.",
            f"If you trust it, type it:  {line}",
        )
    lists = {name: tuple(kept.get(name) or ()) for name in ("env_arg", "wrapper")}
    return Request(**{"command": (), **kept, **lists, **given})


def refuse_changes(
    request: Request, changes: Sequence[tuple[str, str, str]], now: str, as_recorded: str = ""
) -> None:
    """Raise BadRequest with the changes, if any: of each what it is, as recorded, and as it is `now`.

    `as_recorded` is what to type to go on without them, where that can be typed.
    """
    if not changes:
        return
    directory, asked = shlex.quote(str(request.directory)), request.as_typed()
    told = "; ".join(
        f"{what}: {printable(old)} is recorded, {printable(new)} {now}" for what, old, new in changes
    )
    lines = [f"Go on as recorded:    {as_recorded}"] if as_recorded else []
    lines.append(f"Record it elsewhere:  monitorcli start ANOTHER_DIR {asked}")
    lines.append(f"All the same:         monitorcli resume --accept-changes {directory} {asked}")
    raise BadRequest(
        f"{request.directory} holds another evaluation. {told}.", "\n".join(map(printable, lines))
    )


def _asked_otherwise(request: Request, how: dict[str, Any], completed: int) -> list[tuple[str, str, str]]:
    """What is asked for and was not so before; fewer episodes, if more than that were completed."""
    changes = []
    provenance = how.get("provenance")
    folder = provenance.get("directory") if isinstance(provenance, dict) else None
    for name in ("env", "policy", "seed", "episodes", "reuse_env", "num_envs"):
        old, new = how.get(name), getattr(request, name)
        if old is None or new is None or not _FIELDS[name].is_valid(old):
            continue
        if name == "policy":
            old = reference_name(old, folder if isinstance(folder, str) else "")
            new = reference_name(new)
        if name == "episodes":
            old = max(new, min(old, completed))
        if old != new:
            changes.append((f"--{name.replace('_', '-')}", str(old), str(new)))
    for name in ("env_arg", "wrapper", "max_episode_steps"):
        old, new = words(name, how.get(name)), words(name, getattr(request, name))
        if name in how and _FIELDS[name].is_valid(how[name]) and new and old != new:
            changes.append((new[0], " ".join(old[1::2]) or "none", " ".join(new[1::2])))
    return changes


def _last_run(request: Request) -> tuple[Run, int]:
    """The last run, and how many episodes were completed in all."""
    try:
        recording = read(request.directory, kind="monitorcli")
    except NoRecording:
        recording = None
    if recording is None or not recording.runs:
        words = request.as_typed() if request.command or request.env else "-- COMMAND"
        raise NoRecording(
            f"{request.directory} holds no recording to resume.",
            f"monitorcli start {shlex.quote(str(request.directory))} {words}",
        ) from None
    return recording.runs[-1], int(recording.episodes.completed.sum())


def _command(request: Request, how: dict[str, Any]) -> Request:
    """The recorded command, with its recorded options, replaced by those that were given now."""
    command = how.get("command")
    kept: dict[str, Any] = {
        "command": tuple(map(str, command)) if isinstance(command, list) and command else ("COMMAND",)
    }
    for name in (*FilmOptions._fields, "trace", "mode"):
        value = how.get(name)
        kept[name] = value if _FIELDS[name].is_valid(value) else None
    for name in ("only", "skip", "evaluation"):
        chosen = how.get(name)
        kept[name] = tuple(map(str, chosen)) if isinstance(chosen, list) else ()
    given = {name: value for name, value in request._asdict().items() if value not in (None, ())}
    return Request(**{**dict.fromkeys(Request._fields), **kept, **given})


def _shown(name: str, value: Any) -> Any:
    """The value for a suggested command, or a placeholder if the value cannot be used."""
    return value if _FIELDS[name].is_valid(value) else _FIELDS[name].placeholder


def _typed(request: Request) -> str:
    """A suggested command on one line. No value from a file can break out of it."""
    return printable(f"monitorcli resume {shlex.quote(str(request.directory))} {request.as_typed()}")
