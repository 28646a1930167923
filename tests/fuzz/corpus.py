"""Sound directories to start from: Gym's of every release, and ours in the states they can be in."""

from __future__ import annotations

import sys
from pathlib import Path

from nodes import Tree, load

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))

import gymnasium  # noqa: E402
from environments import play  # noqa: E402
from writing import begin_run, packed, write  # noqa: E402

from monitorcli import Monitor  # noqa: E402
from monitorcli.evaluate.plan import Plan  # noqa: E402
from monitorcli.format import log  # noqa: E402
from monitorcli.format.environment import Environment  # noqa: E402
from monitorcli.monitor import writer  # noqa: E402

# Bytes of a directory that is worth damaging a thousand times a minute.
_MOST = 60_000


def corpus(folder: Path) -> list[Tree]:
    """The trees; makes ours in `folder`."""
    gyms = [load(path) for path in sorted((TESTS / "recordings").glob("gym-*")) if path.is_dir()]
    ours = [load(path) for path in _ours(folder)]
    mixed = {**gyms[0], **ours[0]}
    found = [tree for tree in (*gyms, mixed) if sum(map(len, tree.values())) < _MOST]  # type: ignore[arg-type]
    return [*found, *ours * max(1, len(found) // len(ours))]  # as often ours as Gym's


def _ours(folder: Path) -> list[Path]:
    """Complete, killed, resumed, in several batches, filmed, evaluated (in shards too), with odd numbers."""
    makers = (_complete, _killed, _batches, _filmed, _evaluated, _planned, _odd, _many)
    for maker in makers:
        maker(folder / maker.__name__)
    return [folder / maker.__name__ for maker in makers]


def _complete(directory: Path) -> None:
    run = begin_run(directory, command=["python", "train.py"])
    write(directory, *(packed(number, seed=number, seeded=1) for number in range(5)))
    run.end(exit_status=0, signal=None)


def _killed(directory: Path) -> None:
    begin_run(directory, command=["python", "train.py"])
    write(directory, packed(0), packed(1, end=log.CUT_RESET), close=False)
    (directory / "openaigym.tmp.0123456789abcdef").write_bytes(b'{"half')


def _batches(directory: Path) -> None:
    limit, writer.BATCH = writer.BATCH, 3
    try:
        for number in range(2):
            run = begin_run(directory)
            write(directory, *(packed(number) for number in range(8)), run=number)
        run.end(exit_status=1, signal=9)
    finally:
        writer.BATCH = limit


def _filmed(directory: Path) -> None:
    for mode in ("ansi", "rgb_array"):
        env = gymnasium.make("Countdown-v0", render_mode=mode)
        with Monitor(env, directory, lambda episode: episode < 9, resume=True, mode="evaluation") as monitor:
            play(monitor, 2, seed=5)
            monitor.reset()


def _evaluated(directory: Path) -> None:
    asked = {"env": "CartPole-v1", "policy": "random", "episodes": 9, "seed": 0, "video": "none"}
    run = begin_run(directory, kind="evaluation", fps=None, mode=None, **asked)
    write(directory, *(packed(number, seed=number, seeded=1, mode=b"e") for number in range(4)))
    run.end(exit_status=130)


def _planned(directory: Path) -> None:
    about = Environment("CartPole-v1", "1.4.0", policy="random")
    for number in (1, 2):
        asked = {"env": "CartPole-v1", "policy": "random", "episodes": 9, "seed": 0, "shard": f"{number}/3"}
        run = begin_run(directory, kind="evaluation", plan=Plan(about, 0, 9).document(), **asked)
        seeds = range(number - 1, 9, 3)
        records = (packed(seed, seed=seed, seeded=1, mode=b"e") for seed in seeds if seed != 4)
        write(directory, *records, run=run.number, environment=about)
        first = {"return": (1.0).hex(), "length": 10, "end": 1, "trace": "0a"}
        different = [{"seed": number, "first": first, "second": {"error": "KeyError: 1"}}]
        run.end(
            exit_status=2,
            repeats={"episodes": 2, "equal": 1, "different": different, "error": "no worker can begin"},
            first_observations={"episodes": 3, "different": 2},
            failed=1,
            errors=[{"seed": 4, "error": "KeyError: 2", "place": "Raised at a.py:3.", "traceback": "Trace"}],
        )


def _odd(directory: Path) -> None:
    begin_run(directory)
    values = (float("nan"), float("inf"), -float("inf"), 1e308, -1e308, 5e-324)
    write(directory, *(packed(number, value, mode=b"e", success=1) for number, value in enumerate(values)))


def _many(directory: Path) -> None:
    write(
        directory,
        *(packed(number, float(number)) for number in range(300)),
        environment=Environment("(unknown)", "1"),
    )
