"""What `inspect` does with traces and films: replay episodes, film one of them, a contact sheet, a GIF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from monitorcli.cli.counted import counted, ended_in_order
from monitorcli.cli.inspect_request import refuse_several, selection
from monitorcli.cli.messages import say
from monitorcli.errors import BadRequest, NotReplayed
from monitorcli.recording import Recording, discover_all, read

_ALL = "all"
_MOST_LISTED = 20


def replay(directories: Sequence[Path], params: dict[str, Any]) -> None:
    """Make episodes again and compare them. Raises NotReplayed if one is not the recorded one."""
    from monitorcli.replay.run import Replayer
    from monitorcli.replay.traces import rows_with_trace

    recording = _one(directories, params, "--replay", params["replay"])
    among = {int(row) for row in selection(params).all_rows(recording)}
    kept, not_kept = rows_with_trace(recording, say)
    rows = [row for row in kept if row in among]
    lost = [why for row, why in not_kept.items() if row in among]
    if not rows:
        raise _untraced(recording, lost[0] if lost else "")
    if lost:
        say(f"{len(lost):,} episodes cannot be made again, the first because of this: {lost[0]}.")
    chosen = _drawn(rows, params["replay"], params["seed"])
    replayer = Replayer(recording, _typed(params))
    with ended_in_order():
        found = list(counted(replayer.replay(chosen), len(chosen), "episodes replayed,"))
    wrong = sorted((one for one in found if one.difference is not None), key=lambda one: one.row)
    click.echo(f"{len(found) - len(wrong):,} of {len(found):,} episodes replayed exactly{_of(rows, among)}.")
    if wrong:
        lines = [one.sentence() for one in wrong[:_MOST_LISTED]]
        lines += [f"and {len(wrong) - _MOST_LISTED:,} more"] if len(wrong) > _MOST_LISTED else []
        versions = replayer.versions(wrong[0].row)
        lines += [f"Versions here: {versions}."] if versions else []
        several = "episode is" if len(wrong) == 1 else "episodes are"
        raise NotReplayed(f"{len(wrong):,} {several} not as recorded:", "\n".join(lines))


def film(directories: Sequence[Path], params: dict[str, Any]) -> None:
    """Film an episode that was not filmed. Raises NotReplayed if it cannot be made again exactly."""
    from monitorcli.cli.inspect_output import check_output
    from monitorcli.replay.film import film as make_film
    from monitorcli.replay.run import Replayer
    from monitorcli.replay.traces import traces_of
    from monitorcli.report import as_episode

    recording = _one(directories, params, "--film", params["film"])
    if params["output"] is not None:
        check_output(params["output"])
    row = as_episode.find(recording, params["film"], selection(params), "--film")
    trace = traces_of(recording, [row]).get(row)
    if trace is None or trace.not_kept:
        raise _untraced(recording, trace.not_kept if trace else "", f": episode {row} was not")
    replayer = Replayer(recording, _typed(params), film=True)
    with ended_in_order():
        made = make_film(recording, row, trace, replayer, params["output"], params["anyway"])
    if made.path is not None:
        click.echo(f"{made.path}: episode {row}, {made.frames:,} frames.")
    if made.difference is not None:
        versions = replayer.versions(row)
        way = f" ({made.way})" if made.way else ""
        hint = [f"{made.difference.sentence()}{way}."]
        hint += [f"Versions here: {versions}."] if versions else []
        hint += [] if made.path else ["To film it all the same, and labelled so:  --anyway"]
        raise NotReplayed(f"episode {row}, made again, is not the recorded one:", "\n".join(hint))


def sheet(directories: Sequence[Path], params: dict[str, Any]) -> None:
    """Write a contact sheet of the films."""
    from monitorcli.replay.sheet import sheet as make_sheet
    from monitorcli.video.ffmpeg import find_ffmpeg
    from monitorcli.video.stills import png

    recording, ffmpeg = _one(directories, params, "--sheet", str(params["sheet"])), find_ffmpeg()
    rows = [int(row) for row in selection(params).all_rows(recording)]
    with ended_in_order():
        picture, said = make_sheet(recording, rows, ffmpeg)
        _write(params["sheet"], ".png", png(ffmpeg, picture))
    for remark in said:
        say(remark)


def write_gif(recording: Recording, row: int, file: Path) -> None:
    """Write the film of one episode as a GIF."""
    from monitorcli.recording.folder import Folder
    from monitorcli.video.ffmpeg import find_ffmpeg
    from monitorcli.video.stills import gif

    films = [one for one in recording.films if one.episode == row and one.name.endswith(".mp4")]
    if not films:
        raise BadRequest(
            f"{recording.directory} holds no episode {row} with an mp4.", f"Try --film {row} first."
        )
    with ended_in_order(), Folder(recording.directory).open(films[0].name) as source:
        _write(file, ".gif", gif(find_ffmpeg(), source))


def _one(directories: Sequence[Path], params: dict[str, Any], *asked: str) -> Recording:
    places = discover_all(directories, params["kind"])
    refuse_several(places, f"{asked[0]} is of one recording", params, *asked)
    return read(places[0], params["kind"])


def _typed(params: dict[str, Any]) -> Any:
    from monitorcli.replay.environment import Typed

    return Typed(params["make"], params["env_arg"], params["wrapper"])


def _drawn(rows: Sequence[int], asked: str, seed: int) -> list[int]:
    """The rows to replay: all, or so many, drawn by the seed."""
    if asked == _ALL or int(asked) >= len(rows):
        return list(rows)
    drawn = np.random.default_rng(seed).choice(len(rows), int(asked), replace=False)
    return sorted(rows[place] for place in drawn.tolist())


def _of(rows: Sequence[int], among: set[int]) -> str:
    return f"; {len(rows):,} of {len(among):,} have a trace" if len(rows) < len(among) else ""


def _untraced(recording: Recording, why: str, which: str = "") -> BadRequest:
    told = f"{which or ': none was'} traced{f' ({why})' if why else ''}."
    return BadRequest(
        f"{recording.directory} holds no episode that can be made again{told}",
        "Traces are kept while recording:  monitorcli start --trace all",
    )


def _write(file: Path, ending: str, data: bytes) -> None:
    from monitorcli.cli.inspect_output import check_output, write

    if file.suffix.lower() != ending:
        raise BadRequest(f"{file} should end with {ending}.")
    check_output(file)
    write(file, [data])
