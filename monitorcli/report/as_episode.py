"""One episode as a table for people: its record, its video, and the way to see it again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from monitorcli.errors import BadRequest
from monitorcli.format import batch, log, modes
from monitorcli.format.ends import ENDS
from monitorcli.recording.manifest import UNKNOWN
from monitorcli.recording.model import Episodes, Recording, Run
from monitorcli.report.choices import choices, typed
from monitorcli.report.evaluation import error_of
from monitorcli.report.evaluation_command import command
from monitorcli.report.evaluation_sentences import raised
from monitorcli.report.layout import Line, Role, Span, ascii_only, joined, labelled
from monitorcli.report.rows import SUSPECT
from monitorcli.report.text import lasting, moment, number, plural, printable, size
from monitorcli.summary.selection import Rows, Selection

_COLUMN = 12  # where what stands behind a label begins

# Of these rows the one that a word names; None when there is none.
Choice = Callable[[Episodes, Rows], int | None]
_ALL = Selection()


def lines(recording: Recording, which: str, among: Selection = _ALL, in_ascii: bool = False) -> list[Line]:
    """The episode that `which` names among the selected: its number, or best, worst, median, failed or last.

    Best, worst and median are by return, of the completed episodes whose return is finite; of equals the
    earliest, of two in the middle the lower. Failed is the worst of those that the environment said failed.
    Raises BadRequest when there is no such episode.
    """
    row = find(recording, which, among)
    found = [_title(recording, row), [], *_record(recording, row), *_films(recording, row)]
    found += _again(recording, row) + _traceback(recording, row)
    return ascii_only(found) if in_ascii else found


def find(recording: Recording, which: str, among: Selection = _ALL, option: str = "--episode") -> int:
    """The row of the episode that `which` names, as `lines` has it, to an `option`. Raises BadRequest."""
    rows = among.all_rows(recording)
    if not len(rows):
        raise BadRequest(f"{recording.directory} holds no {among.words.replace('episodes', 'episode', 1)}.")
    only = "" if among.everything else f" among {among.words}"
    numbers = f"Give a number from {rows[0]} to {rows[-1]}"
    if which in _CHOICES:
        _refuse_several_series(recording, (option, which), rows, among)
        found = _CHOICES[which](recording.episodes, rows)
        if found is None:
            failed = "failed" if which == "failed" else "completed"
            raise BadRequest(
                f"{recording.directory} has no {failed} episode with a finite return{only}.",
                f"{numbers}, or last.",
            )
        return found
    valid = f"{numbers}, or one of {', '.join(_CHOICES)}."
    if not (which.isascii() and which.isdigit()):
        raise BadRequest(f"{which!r} is no episode.", valid)
    # Compared by length first: Python refuses to convert a number of many thousand digits.
    if len(which.lstrip("0")) > len(str(rows[-1])) or int(which) not in rows:
        raise BadRequest(f"{recording.directory} has no episode {which[:20]}{only}.", valid)
    return int(which)


def _refuse_several_series(
    recording: Recording, typed_as: tuple[str, str], rows: Rows, among: Selection
) -> None:
    """Returns of several series are not on one scale; which episode is the last can be said of any."""
    numbers = np.unique(recording.episodes.series[rows]).tolist()
    which = typed_as[1]
    if len(numbers) > 1 and which != "last":
        asked = [*typed(among), *typed_as]
        raise BadRequest(
            f"{recording.directory} has {len(numbers)} series, and the {which} episode is of one.",
            choices(recording.directory, [recording.series[number] for number in numbers], asked),
        )


def _last(_: Episodes, rows: Rows) -> int:
    return int(rows[-1])


def _by_return(choose: Callable[[npt.NDArray[np.float64]], int]) -> Choice:
    def row(episodes: Episodes, rows: Rows) -> int | None:
        rows = rows[episodes.completed[rows] & np.isfinite(episodes.episode_return[rows])]
        return int(rows[choose(episodes.episode_return[rows])]) if len(rows) else None

    return row


def _failed(episodes: Episodes, rows: Rows) -> int | None:
    rows = rows[episodes.success[rows] == 0]
    return _worst(episodes, rows)


_worst = _by_return(lambda returns: int(returns.argmin()))
_CHOICES: dict[str, Choice] = {
    "best": _by_return(lambda returns: int(returns.argmax())),
    "worst": _worst,
    "median": _by_return(lambda returns: int(np.argsort(returns, kind="stable")[(len(returns) - 1) // 2])),
    "failed": _failed,
    "last": _last,
}


def _row(label: str, *values: str, role: Role = "value") -> list[Line]:
    return labelled(f" {label}", [joined([[Span(value, role)] for value in values])], _COLUMN)


def _title(recording: Recording, row: int) -> Line:
    name = recording.series[int(recording.episodes.series[row])].name
    known = "environment not known" if name == UNKNOWN else printable(name, limit=80)
    count = len(recording.episodes)
    place = f"episode {row:,} of {count:,} (0 to {count - 1:,})"
    return joined([[Span(f" {known}", "title")], [Span(place)]])


def _record(recording: Recording, row: int) -> list[Line]:
    episodes = recording.episodes
    run = _run(recording, row)
    value = float(episodes.episode_return[row])
    # To the last digit: somebody compares it with what a repetition gave.
    found = _row("return", number(value) if value.is_integer() else repr(value))
    found += _row("length", plural(int(episodes.length[row]), "step"))
    found += _row("ended", ENDS[int(episodes.end[row])].whole)
    if (success := int(episodes.success[row])) >= 0:
        found += _row("success", "yes" if success else "no")
    found += _times(float(episodes.started_at[row]), float(episodes.duration[row]))
    if mode := modes.WORDS.get(bytes(episodes.mode[row])):
        found += _row("mode", mode)
    found += _row("seed", _seed_text(recording, row))
    state = [] if run.state == "unknown" else [printable(run.state, limit=20)]
    recorder = printable(run.recorder, limit=40)
    return found + _row(
        "run", f"{run.number:,}", *state, recorder, f"environment {int(episodes.slot[row]):,}"
    )


def _times(started_at: float, duration: float) -> list[Line]:
    began = moment(started_at)
    found = [] if began is None else _row("began", f"{began:%Y-%m-%d %H:%M:%S} UTC")
    known = np.isfinite(duration) and duration >= 0
    return found + (_row("lasted", lasting(duration)) if known else [])


def _seed_text(recording: Recording, row: int) -> str:
    if recording.episodes.seeded[row] == log.SEED_NOT_KEPT:
        return "one was given that the record has no room for"
    seed = _seed(recording, row)
    if seed is not None:
        return str(seed)
    return "none was given to reset" if _run(recording, row).recorder == "monitorcli" else "not known"


def _seed(recording: Recording, row: int) -> int | None:
    episodes, one = recording.episodes, slice(row, row + 1)
    return batch.seeds(episodes.seed[one], episodes.seed_high[one], episodes.seeded[one])[0]


def _run(recording: Recording, row: int) -> Run:
    return recording.runs[recording.writers[int(recording.episodes.writer[row])].run]


def _films(recording: Recording, row: int) -> list[Line]:
    """The episode's video, or that there is none."""
    films = [video for video in recording.videos if video.episode == row]
    if not films:
        return _row("video", "none", role="")
    found: list[Line] = []
    for video in films:
        state = "broken" if video.broken else "" if video.finished else "unfinished"
        if video.suspect and not video.broken:
            state = f"suspect: {SUSPECT[video.suspect]}"
        path = Span(printable(recording.directory / video.name), "path")
        line = joined([[path], [Span(size(video.size))], *([[Span(state, "bad")]] if state else [])])
        found += labelled(" video", [line], _COLUMN)
    return found


def _again(recording: Recording, row: int) -> list[Line]:
    """What to type to have the same episode again, where its seed is known."""
    seed = _seed(recording, row)
    if seed is None:
        return []
    writer = recording.writers[int(recording.episodes.writer[row])]
    typed = _command(_run(recording, row), row, seed)
    if typed is None:
        env = "env" if writer.env_id == UNKNOWN else f"gymnasium.make({writer.env_id!r})"
        typed = f"{env}.reset(seed={seed})   (in Python)"
    return [[], *labelled(" repeat", [[Span(printable(typed), "path")]], _COLUMN)]


def _command(run: Run, row: int, seed: int) -> str | None:
    """The evaluation of this one episode, filmed; None when a script chose the seed."""
    if run.how.get("kind") != "evaluation":
        return None
    one = {"episodes": 1, "seed": seed, "video": "all", "shard": None}
    return command("start", f"episode-{row}", run.how, **one) or None


def _traceback(recording: Recording, row: int) -> list[Line]:
    """What the episode of an evaluation raised, whole, so that it can be found in the code."""
    error = error_of(_run(recording, row), _seed(recording, row))
    if error is None:
        return []
    text = (error.traceback or raised(error)).splitlines()
    return [[], *labelled(" error", [[Span(printable(line), "bad")] for line in text], _COLUMN)]
