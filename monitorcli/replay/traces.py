"""The traces of a recording, by the rows of their episodes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

import numpy as np

from monitorcli.errors import BadFile
from monitorcli.format import trace
from monitorcli.format.names import trace_name
from monitorcli.format.trace import Trace
from monitorcli.recording.model import Recording


class Object(NamedTuple):
    """One environment object: the writer it was recorded by, an index, and its slot there."""

    writer: int
    slot: int


def rows_with_trace(recording: Recording, remark: Callable[[str], None]) -> tuple[list[int], dict[int, str]]:
    """The rows of episodes that can be made again, ascending; and of others with a trace why they cannot."""
    kept: list[int] = []
    not_kept: dict[int, str] = {}
    for writer in range(len(recording.writers)):
        for row, found in _of_writer(recording, writer, remark).items():
            if found.not_kept:
                not_kept[row] = found.not_kept
            else:
                kept.append(row)
    return sorted(kept), not_kept


def traces_of(recording: Recording, rows: Collection[int]) -> dict[int, Trace]:
    """The traces of these rows."""
    writers = sorted({int(recording.episodes.writer[row]) for row in rows})
    found: dict[int, Trace] = {}
    for writer in writers:
        found.update(_of_writer(recording, writer, lambda remark: None, set(rows)))
    return found


def before(recording: Recording, row: int) -> list[int]:
    """The rows of the same environment object's episodes, up to this one, in their order."""
    episodes = recording.episodes
    same = (episodes.writer == episodes.writer[row]) & (episodes.slot == episodes.slot[row])
    rows = np.flatnonzero(same & (recording.numbers <= recording.numbers[row]))
    order = np.argsort(recording.numbers[rows], kind="stable")
    return [int(one) for one in rows[order]]


def object_of(recording: Recording, row: int) -> Object:
    """The environment object of an episode."""
    return Object(int(recording.episodes.writer[row]), int(recording.episodes.slot[row]))


def _of_writer(
    recording: Recording, writer: int, remark: Callable[[str], None], wanted: Collection[int] | None = None
) -> dict[int, Trace]:
    """A writer's traces by row; those after a damaged one are lost, which `remark` is told."""
    path = recording.directory / trace_name(recording.writers[writer].name)
    if not path.exists():
        return {}
    rows = np.flatnonzero(recording.episodes.writer == writer)
    by_number = dict(zip(recording.numbers[rows].tolist(), rows.tolist(), strict=True))
    found: dict[int, Trace] = {}
    try:
        for one in trace.read(path):
            row = by_number.get(one.number)
            if row is not None and (wanted is None or row in wanted):
                found[row] = one if wanted is not None else one._replace(actions=(), checks=_NO_CHECKS)
    except BadFile as error:
        remark(f"{error}.")
    return found


_NO_CHECKS = np.empty(0, np.uint8)
