"""Episodes as a table has them: the columns of `inspect --format csv`, which other formats share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from monitorcli.errors import escaped
from monitorcli.format import batch, log, modes
from monitorcli.format.ends import ENDS, NOT_KNOWN
from monitorcli.recording.manifest import UNKNOWN
from monitorcli.recording.parts import Episodes, Series, Video, Writer

# In their order. `video` is the film's file.
NAMES = (
    "episode", "slot", "mode", "return", "length", "started_at", "duration", "end", "seed", "success",
    "env_id", "series", "run", "video",
)  # fmt: skip

_FIELDS = {"return": "episode_return"}  # that Episodes calls otherwise
# A name from a file stands in every row.
_LONGEST = 200

_MODES = {code: number for number, code in enumerate(modes.WORDS, 1)}
# The years that ISO 8601 and Python's datetime can say, in seconds since the epoch.
_FIRST, _LAST = -62_135_596_800.0, 253_402_300_799.0
_ENDS = {code: end.kind for code, end in ENDS.items() if end.kind != NOT_KNOWN}


class Text(NamedTuple):
    """A column of few distinct texts: row i has `words[codes[i]]`. "" is always the first: nothing known."""

    codes: npt.NDArray[np.intp]
    words: npt.NDArray[np.object_]

    def values(self) -> npt.NDArray[np.object_]:
        """The text of each row."""
        return self.words.take(self.codes)


def shown(text: str) -> str:
    """A name from a file, safe to print and of bounded length."""
    return escaped(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


class Seeds(NamedTuple):
    """The columns of Episodes that hold the seeds."""

    seed: npt.NDArray[np.uint64]
    seed_high: npt.NDArray[np.uint64]
    seeded: npt.NDArray[np.uint8]

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Whether there is one."""
        return np.asarray(self.seeded == log.SEED_GIVEN)

    @property
    def wide(self) -> bool:
        """Whether one has more than 64 bits."""
        return bool((self.seed_high[self.known] != 0).any())

    def values(self) -> list[int | None]:
        """Python's integers; None where there is none."""
        return batch.seeds(self.seed, self.seed_high, self.seeded)


class Columns:
    """The columns of any rows of a recording; every text passes `shown`, then `spelt`, once."""

    def __init__(
        self,
        episodes: Episodes,
        series: Sequence[Series],
        writers: Sequence[Writer],
        films: Iterable[Video],
        spelt: Callable[[str], str] = str,
    ) -> None:
        self._episodes = episodes
        self._modes = _words(modes.WORDS.values(), spelt)
        self._end_of_code, self._ends = _numbered(_ENDS.get(code, "") for code in range(256))
        env_ids = ("" if one.env_id == UNKNOWN else one.env_id for one in series)
        self._env_of_series, self._env_ids = _numbered(env_ids, spelt)
        self._series = _words((one.name for one in series), spelt)
        self._run_of_writer = np.array([writer.run for writer in writers], np.int64)
        filmed = {film.episode: film.name for film in films if film.episode is not None}
        self._filmed = np.array(sorted(filmed), np.intp)
        self._films = _words((filmed[episode] for episode in sorted(filmed)), spelt)

    def __len__(self) -> int:
        return len(self._episodes)

    def of(self, rows: npt.NDArray[np.intp], names: Sequence[str] = NAMES) -> dict[str, Any]:
        """The named columns of these rows, which ascend: a Text, the Seeds, else an array.

        `duration` is NaN, and `success` -1, where it is not known.
        """
        return {name: self._column(name, rows) for name in names}

    def _column(self, name: str, rows: npt.NDArray[np.intp]) -> Any:
        of = self._episodes
        if name == "episode":
            return rows
        if name == "mode":
            return Text(_mode_codes(of.mode[rows]), self._modes)
        if name == "started_at":
            return _times(of.started_at[rows])
        if name == "end":
            return Text(self._end_of_code[of.end[rows]], self._ends)
        if name == "seed":
            return Seeds(of.seed[rows], of.seed_high[rows], of.seeded[rows])
        if name == "env_id":
            return Text(self._env_of_series[of.series[rows]], self._env_ids)
        if name == "series":
            return Text(of.series[rows].astype(np.intp) + 1, self._series)
        if name == "run":
            return self._run_of_writer[of.writer[rows]]
        if name == "video":
            return Text(self._film_codes(rows), self._films)
        return getattr(of, _FIELDS.get(name, name))[rows]

    def _film_codes(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        codes = np.zeros(len(rows), np.intp)
        places = np.searchsorted(rows, self._filmed)  # rows ascend
        inside = places < len(rows)
        inside[inside] = rows[places[inside]] == self._filmed[inside]
        codes[places[inside]] = np.flatnonzero(inside) + 1
        return codes


def _times(seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.datetime64]:
    """UTC, to the microsecond; NaT when not known or outside the calendar."""
    known = (seconds >= _FIRST) & (seconds <= _LAST)
    times = np.rint(np.where(known, seconds, 0.0) * 1e6).astype("datetime64[us]")
    times[~known] = np.datetime64("NaT")
    return times


def _mode_codes(mode: npt.NDArray[np.bytes_]) -> npt.NDArray[np.intp]:
    codes = np.zeros(len(mode), np.intp)
    for code, number in _MODES.items():
        codes[mode == code] = number
    return codes


def _words(texts: Iterable[str], spelt: Callable[[str], str]) -> npt.NDArray[np.object_]:
    return np.array(["", *(spelt(shown(text)) for text in texts)], object)


def _numbered(
    texts: Iterable[str], spelt: Callable[[str], str] = str
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.object_]]:
    """Which word each text is, and the words: each once, "" first."""
    texts = list(texts)
    words = dict.fromkeys(["", *texts])
    number = {word: place for place, word in enumerate(words)}
    return np.array([number[text] for text in texts], np.intp), _words(list(words)[1:], spelt)
