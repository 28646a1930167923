"""Episodes as the page's script gets them: a few columns of JSON, each as short as it can be said."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from monitorcli.format import batch
from monitorcli.format.ends import ENDS
from monitorcli.recording.model import Episodes
from monitorcli.summary.selection import Rows

# A browser sorts so many in an instant, and ten times as many make a page nobody can mail.
MOST = 100_000
_EXTREMES = 100


def script() -> str:
    """What the letters in the columns mean, for the page's script."""
    return f"const ENDS = {json.dumps({end.letter: end.short for end in ENDS.values()})};\n"


def chosen(episodes: Episodes, rows: Rows, filmed: Rows, most: int = MOST) -> Rows:
    """The rows that the page holds: all, or an even choice of `most` with the filmed, best and worst."""
    if len(rows) <= most:
        return rows
    returns = episodes.episode_return[rows]
    finite = np.flatnonzero(episodes.completed[rows] & np.isfinite(returns))
    ranked = rows[finite[np.argsort(returns[finite], kind="stable")]]
    always = np.unique(np.concatenate([ranked[:_EXTREMES], ranked[-_EXTREMES:], filmed]))
    always = always[:most]
    spread = np.linspace(0, len(rows) - 1, max(0, most - len(always))).astype(np.intp)
    return np.union1d(always, rows[spread])


def as_json(episodes: Episodes, rows: Rows) -> dict[str, Any]:
    """The columns of these rows; what no episode has is left out.

    A column is a list, {"all": v}, {"from": a, "by": d} for a, a + d, ..., {"steps": [...]} for
    differences to the value before, or a string with a letter for each row.
    """
    started = episodes.started_at[rows]
    dated = np.isfinite(started) & (np.abs(started) < 8e12)  # the calendar of JavaScript
    first = float(started[dated].min()) if dated.any() else 0.0
    seconds = np.where(dated, np.floor(started) - math.floor(first), np.nan)
    seeds = batch.seeds(episodes.seed[rows], episodes.seed_high[rows], episodes.seeded[rows])
    columns = {
        "episode": _whole(rows),
        "return": _numbers(episodes.episode_return[rows]),
        "length": _whole(episodes.length[rows]),
        "end": _letters([ENDS[end].letter for end in episodes.end[rows].tolist()]),
        "seed": _seeds(seeds) if any(seed is not None for seed in seeds) else None,
        "success": _whole(episodes.success[rows]) if (episodes.success[rows] >= 0).any() else None,
        "series": _whole(episodes.series[rows]) if np.ptp(episodes.series[rows]) else None,
        "slot": _whole(episodes.slot[rows]) if episodes.slot[rows].any() else None,
        "started": _steps(seconds) if dated.any() else None,
        "duration": _numbers(episodes.duration[rows], 3) if _any_finite(episodes.duration[rows]) else None,
    }
    return {
        "rows": len(rows),
        "since": math.floor(first),
        "columns": {name: column for name, column in columns.items() if column is not None},
    }


def _any_finite(values: npt.NDArray[np.float64]) -> bool:
    return bool(np.isfinite(values).any())


def _whole(values: npt.NDArray[Any]) -> Any:
    """Whole numbers; a column that goes up evenly is said in two of them."""
    by = int(values[1]) - int(values[0]) if len(values) > 1 else 0
    if len(values) > 1 and bool((np.diff(values.astype(np.int64)) == by).all()):
        return {"from": int(values[0]), "by": by}
    return values.tolist()


def _numbers(values: npt.NDArray[np.float64], digits: int = 6) -> list[Any]:
    """Floats to six digits, whole ones exactly; null for NaN, and a word for what JSON has no number for."""
    return [_number(value, digits) for value in values.tolist()]


def _number(value: float, digits: int) -> Any:
    if math.isfinite(value):
        if value == int(value) and abs(value) < 1e15:
            return int(value)
        return float(f"{value:.{digits}g}")
    return None if value != value else "Infinity" if value > 0 else "-Infinity"


def _letters(letters: list[str]) -> Any:
    return {"all": letters[0]} if len(set(letters)) == 1 else "".join(letters)


def _seeds(seeds: list[int | None]) -> Any:
    """Strings where JavaScript's numbers would round."""
    given = [seed for seed in seeds if seed is not None]
    if len(given) == len(seeds) and max(given) < 1 << 53:
        return _whole(np.array(given, dtype=np.int64))
    return [seed if seed is None or seed < 1 << 53 else str(seed) for seed in seeds]


def _steps(seconds: npt.NDArray[np.float64]) -> Any:
    """Seconds since the page's first episode: differences are shorter, but need every date."""
    if np.isfinite(seconds).all():
        return {"steps": np.diff(seconds, prepend=0).astype(np.int64).tolist()}
    return [None if value != value else int(value) for value in seconds.tolist()]
