"""Record an evaluation: monitorcli runs the policy itself, an episode a seed."""

from __future__ import annotations

import contextlib
import random
import signal
import sys
from collections.abc import Iterator
from typing import Any

from monitorcli.attach.graft import graft
from monitorcli.cli import closing
from monitorcli.cli.record import (
    Request,
    begin,
    end,
    follow,
    say_how_to_go_on,
    say_what_is_not_filmed,
    usable_ffmpeg,
)
from monitorcli.cli.say import say
from monitorcli.evaluate.episodes import evaluate, make_environment
from monitorcli.evaluate.policy import Policy, load_policy
from monitorcli.format import log
from monitorcli.monitor.directory import Existing
from monitorcli.monitor.episode_recorder import MODES, EpisodeRecorder
from monitorcli.monitor.history import read_history
from monitorcli.monitor.run import RunFile
from monitorcli.monitor.step_recorder import record_steps
from monitorcli.monitor.wrapper import describe
from monitorcli.monitor.writer import EpisodeWriter, Target
from monitorcli.video import schedule
from monitorcli.video.filming import Filming


def record(asked: Request, existing: Existing) -> None:
    """Run the episodes that are not there yet, recorded; leave with status 0, or 5 when there was none."""
    ffmpeg, trouble = usable_ffmpeg(asked)
    env = make_environment(str(asked.env), film=ffmpeg is not None)
    policy = load_policy(str(asked.policy), env)
    typed = asked
    if asked.seed is None:
        asked = asked._replace(seed=random.SystemRandom().randrange(1 << 31))
    count, seeds = _missing(asked, existing)
    if not count:
        say(f"nothing is missing: {asked.directory} holds all {asked.episodes} episodes.")
        sys.exit(0)
    run = begin(typed, existing, asked.how())
    if typed.seed is None:
        say(f"no --seed given; using {asked.seed}.")
    before = read_history(asked.directory)
    say_what_is_not_filmed(asked, before.played, trouble)
    target = Target(run.directory, run.number, before.started, first_turn=before.played)
    status, stopped = 2, 0
    try:
        with (
            _stoppable(policy) as stoppable,
            _recorded(env, asked, run, target, ffmpeg),
            _progress(count) as advance,
        ):
            for episode_return in evaluate(env, stoppable, seeds):
                advance(episode_return)
        status = 0
    except (_Stopped, KeyboardInterrupt) as error:
        stopped = error.number if isinstance(error, _Stopped) else signal.SIGINT
        status = 128 + stopped
    finally:
        end(run, exit_status=status, interrupted=stopped == signal.SIGINT)
    asked = follow(asked, run)
    closing.say_recorded(asked.directory, run)
    if stopped:
        by = "interrupted" if stopped == signal.SIGINT else f"stopped by {signal.Signals(stopped).name}"
        say_how_to_go_on(asked, by)
    sys.exit(status)


class _Stopped(BaseException):
    """A signal asked for the end: the recording is closed properly, then we leave as a shell would say."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextlib.contextmanager
def _stoppable(policy: Policy) -> Iterator[Policy]:
    """`policy`, which raises _Stopped after Ctrl-C, a SIGTERM or a closed terminal.

    Not the handler raises: it may run anywhere, in a finalizer too, where an exception is lost. A
    second signal does what it does to any program.
    """
    asked: list[int] = []
    before: dict[int, Any] = {}

    def ask(number: int, _: Any) -> None:
        asked.append(number)
        signal.signal(number, before[number])

    def stoppable(observation: Any) -> Any:
        if asked:
            raise _Stopped(asked[0])
        return policy(observation)

    for caught in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(caught) is not signal.SIG_IGN:  # as nohup has it
            before[caught] = signal.signal(caught, ask)
    try:
        yield stoppable
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _missing(asked: Request, existing: Existing) -> tuple[int, Iterator[int]]:
    """How many episodes are to be run, and their seeds: all, or those without a complete episode yet."""
    assert asked.seed is not None and asked.episodes is not None
    seeds = range(asked.seed, asked.seed + asked.episodes)
    if existing is not Existing.KEEP:
        return len(seeds), iter(seeds)
    from monitorcli.format.batch import seeds as seeds_of
    from monitorcli.recording import read

    episodes = read(asked.directory, kind="monitorcli").episodes
    known = seeds_of(episodes.seed, episodes.seed_high, episodes.seeded)
    done = {
        seed for seed, over in zip(known, episodes.completed.tolist(), strict=True) if over and seed in seeds
    }
    return len(seeds) - len(done), (seed for seed in seeds if seed not in done)


@contextlib.contextmanager
def _recorded(env: Any, asked: Request, run: RunFile, target: Target, ffmpeg: str | None) -> Iterator[None]:
    """Within it, `env` is recorded into the target."""
    filming = Filming(schedule.parse(asked.video or "none") if ffmpeg else schedule.never, asked.fps, ffmpeg)
    try:
        writer = EpisodeWriter(target, describe(env, say), say)
    except OSError as error:
        raise run.give_up(error) from None
    slot = EpisodeRecorder(env, 0, lambda: writer, filming, say)
    slot.mode = MODES[asked.mode or "evaluation"]
    taps = record_steps(env, slot, strict=False)
    graft(env, taps)
    try:
        yield
    finally:
        taps.stop(log.CUT_CLOSED)
        slot.close()
        env.close()


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Any]:
    """A bar on a terminal, with the mean return so far; nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda episode_return: None
        return
    mean = TextColumn("{task.fields[mean]}")
    left = (TimeRemainingColumn(), TextColumn("left"))
    columns = (TextColumn("episodes"), BarColumn(), MofNCompleteColumn(), mean, *left)
    returns: list[float] = []
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total, mean="")

        def advance(episode_return: float) -> None:
            returns.append(episode_return)
            bar.update(task, advance=1, mean=f"mean return {sum(returns) / len(returns):.1f}")

        yield advance
