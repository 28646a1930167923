"""Which episodes are filmed: a function from episode number to bool, or the name of one."""

from __future__ import annotations

import os
import re
from typing import Any, Callable

from monitorcli.errors import BadRequest
from monitorcli.reference import load_reference

Schedule = Callable[[int], bool]

FORMS = "cubic, none, all, every:N, first:N, a list like 0,8,27, or file.py:name"


def capped_cubic(episode: int) -> bool:
    """Film perfect cubes below 1000, then every 1000th: Gym's default."""
    if episode < 1000:
        return int(round(episode ** (1 / 3)) ** 3) == episode
    return episode % 1000 == 0


def never(episode: int) -> bool:
    """Film no episode."""
    return episode < 0


def parse(text: str, option: str = "--video") -> Schedule:
    """The schedule that `--video TEXT` names. Raises BadRequest if there is no such schedule."""
    named: dict[str, Schedule] = {"cubic": capped_cubic, "none": never, "all": lambda episode: True}
    if text in named:
        return named[text]
    counted = re.fullmatch(r"(every|first):([1-9][0-9]{0,17})", text)
    if counted:
        count = int(counted[2])
        if counted[1] == "every":
            return lambda episode: episode % count == 0
        return lambda episode: episode < count
    if re.fullmatch(r"[0-9]{1,18}(,[0-9]{1,18})*", text):
        chosen = frozenset(map(int, text.split(",")))
        return lambda episode: episode in chosen
    if is_reference(text):
        return _checked(load_reference(text, f"the schedule of {option}"), text)
    raise BadRequest(f"{option} {text!r} is not a schedule.", f"Use {FORMS}.")


def last(text: str) -> int | None:
    """The last episode that `--video TEXT` films: -1 if none, None if its name does not tell."""
    if text == "none":
        return -1
    if text.startswith("first:"):
        return int(text[6:]) - 1
    return max(map(int, text.split(","))) if re.fullmatch("[0-9,]+", text) else None


def check(text: str, option: str = "--video") -> None:
    """Raise BadRequest unless `text` names a schedule. Code in a file is not run to find out."""
    if not is_reference(text):
        parse(text, option)
    elif text.rpartition(":")[0].endswith(".py") and not os.path.isfile(text.rpartition(":")[0]):
        raise BadRequest(f"{option} {text!r}: no such file.", f"Use {FORMS}.")


def absolute(text: str) -> str:
    """`text` with the path of a file made absolute, for a process that may change its working directory."""
    place, _, name = text.rpartition(":")
    return f"{os.path.abspath(place)}:{name}" if place.endswith(".py") else text


def from_argument(value: Any) -> Schedule:
    """Gym's `video_callable`: None is Gym's schedule, False films nothing, a function is used as it is.

    Raises BadRequest for anything else, True included.
    """
    if value is None:
        return capped_cubic
    if value is False:
        return never
    return _checked(value, "video_callable")


def is_reference(text: str) -> bool:
    """Whether `text` names a schedule in a file or module, whose code `parse` would run."""
    return ":" in text and not text.startswith(("every:", "first:"))


def _checked(value: Any, name: str) -> Schedule:
    if callable(value):
        return value  # type: ignore[no-any-return]
    raise BadRequest(
        f"{name} must be a function of the episode number, None or False, "
        f"not {value!r} ({type(value).__name__}).",
        "For every episode: lambda episode: True.",
    )
