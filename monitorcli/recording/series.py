"""Which episodes may be averaged: the series of a recording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitorcli.format import modes
from monitorcli.format.environment import Call, Environment
from monitorcli.recording.family import Family
from monitorcli.recording.manifest import UNKNOWN
from monitorcli.recording.parts import Episodes, Run, Series

# What files of packages and of Python begin with, see `monitor.call_site`.
_NOT_THE_SCRIPTS = ("site-packages/", "python/")
_MODES = {code: word for word, code in modes.READ.items()}
_NAMES = {modes.TRAINING: "", modes.EVALUATION: " evaluation"}  # behind the environment's id
_LETTERS = list(_MODES)


class _Found(NamedTuple):
    """A series being put together: its parts are pairs of writer and mode, as one number each."""

    order: tuple[int, float, int]
    environment: Environment
    mode: str
    parts: list[int]


def find_series(
    families: Sequence[Family], runs: Sequence[Run], episodes: Episodes
) -> tuple[tuple[Series, ...], npt.NDArray[np.uint32]]:
    """The series in the order in which they began, and which one each episode belongs to.

    `families` and `runs` have what each writer was, and its run.
    """
    parts = _parts(episodes)
    first = _first_rows(parts, len(families) * len(_MODES))
    environments = _environments(families, runs)
    found: dict[tuple[str, str], _Found] = {}
    for part in np.flatnonzero(first < len(episodes)).tolist():
        writer, code = divmod(part, len(_MODES))
        family, run = families[writer], runs[writer]
        environment, mode = environments[writer], _MODES[_LETTERS[code]]
        began = np.inf if family.started_at is None else family.started_at
        order = (run.number, began, int(first[part]))
        known = found.setdefault((environment.series(), mode), _Found(order, environment, mode, []))
        known.parts.append(part)
        if order < known.order:
            found[environment.series(), mode] = known._replace(order=order)
    ordered = sorted(found.values(), key=lambda one: one.order)
    if not ordered:
        ordered = [_Found((0, 0.0, 0), (environments or [Environment(UNKNOWN)])[0], _MODES[b""], [])]
    numbers = np.zeros(len(first), np.uint32)
    for number, one in enumerate(ordered):
        numbers[one.parts] = number
    if len(ordered) == 1:
        of_episodes = np.broadcast_to(np.uint32(0), (len(episodes),))
    else:
        of_episodes = numbers[parts]
    return _named(ordered), of_episodes


def _parts(episodes: Episodes) -> npt.NDArray[np.intp]:
    """Of each episode the writer and the mode, as one number."""
    mode = np.zeros(len(episodes), np.intp)
    if len(episodes) and not episodes.mode.strides[0]:
        mode += int(_LETTERS.index(bytes(episodes.mode[0])))
    else:
        for code, letter in enumerate(_LETTERS):
            mode[episodes.mode == letter] = code
    return episodes.writer.astype(np.intp) * len(_MODES) + mode


def _first_rows(parts: npt.NDArray[np.intp], count: int) -> npt.NDArray[np.intp]:
    """The first row of each part, shape (count,); the number of rows for a part that has none."""
    first = np.full(count, len(parts), np.intp)
    first[parts[::-1]] = np.arange(len(parts))[::-1]  # the last that is put stays
    return first


def _environments(families: Sequence[Family], runs: Sequence[Run]) -> list[Environment]:
    """What each writer recorded.

    monitorcli 0.1 wrote an evaluation's policy into the run's file alone, and of its environment the id. If
    it was resumed since, and with one environment of this id and policy only, that is taken for the same.
    """
    found = list(map(_environment, families, runs))
    said = [family.environment is not None and family.environment.policy is not None for family in families]
    known = {one.series(): one for one, whole in zip(found, said, strict=True) if whole}
    for number, one in enumerate(found):
        if one.policy is not None and not said[number]:
            same = [of for of in known.values() if (of.env_id, of.policy) == (one.env_id, one.policy)]
            found[number] = same[0] if len(same) == 1 else one
    return found


def _environment(family: Family, run: Run) -> Environment:
    found = family.environment or Environment(family.env_id, family.version)
    policy = run.how.get("policy")
    if found.policy is None and run.how.get("kind") == "evaluation" and isinstance(policy, str):
        return found._replace(policy=policy)
    return found


def _named(found: Sequence[_Found]) -> tuple[Series, ...]:
    known = {one.environment.env_id for one in found if modes.READ[one.mode]}
    places = {one.environment.made_at for one in found}
    shared = Counter(call for calls in places for call in set(calls))
    used: Counter[str] = Counter()
    series = []
    for one in found:
        env_id = one.environment.env_id
        base = env_id + _NAMES.get(modes.READ[one.mode], " unknown mode" if env_id in known else "")
        used[base] += 1
        name = f"{base} #{used[base]}" if used[base] > 1 else base
        writers = tuple(dict.fromkeys(part // len(_MODES) for part in one.parts))
        series.append(
            Series(name, one.mode, _place(one.environment.made_at, shared), one.environment, writers)
        )
    return tuple(series)


def _place(made_at: Sequence[Call], shared: Counter[Call]) -> str:
    """The innermost call of the script's own that no other place has; else its innermost call."""
    for calls in ([call for call in made_at if shared[call] == 1], made_at):
        own = [call for call in calls if not call[0].startswith(_NOT_THE_SCRIPTS)]
        if calls:
            file, line, _ = (own or calls)[0]
            return f"{file}:{line}"
    return ""
