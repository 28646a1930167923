"""Record an evaluation: read the request, show the progress, and report the outcome."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from monitorcli.cli.closing_line import say_recorded
from monitorcli.cli.messages import say
from monitorcli.cli.request import Request
from monitorcli.cli.resume_request import refuse_changes
from monitorcli.cli.run_lifecycle import (
    begin,
    end,
    say_how_to_go_on,
    say_what_is_not_filmed,
    usable_ffmpeg,
    with_current_directory,
)
from monitorcli.evaluate.environment import make_environment
from monitorcli.evaluate.policies import Policy, PolicyRequest, load_policy, reference_name
from monitorcli.evaluate.run import Evaluation, run_evaluation
from monitorcli.evaluate.seeds import changes, choose_seed, missing_seeds
from monitorcli.format.environment import Environment
from monitorcli.monitor.directory import Existing
from monitorcli.monitor.environment import describe
from monitorcli.monitor.history import read_history
from monitorcli.recording import read


def record(request: Request, existing: Existing) -> None:
    """Run and record the episodes that are still missing. Exits with 0, or 128+n after signal n."""
    ffmpeg, trouble = usable_ffmpeg(request)
    env = make_environment(request.environment(), film=ffmpeg is not None)
    policy = load_policy(policy_request(request), env)
    typed = request
    if request.seed is None:
        request = request._replace(seed=choose_seed())
    about = _about(request, env, policy)
    count, seeds = _seeds(request, about, existing)
    if not count:
        say(f"nothing is missing: {request.directory} holds all {request.episodes} episodes.")
        sys.exit(0)
    run = begin(typed, existing, request.how())
    if typed.seed is None:
        say(f"no --seed given; using {request.seed}.")
    before = read_history(request.directory)
    say_what_is_not_filmed(request, before.played, trouble)
    mode = request.mode or "evaluation"
    evaluation = Evaluation(env, about, policy, seeds, str(request.video), request.fps, ffmpeg, mode)
    status, stopped_by = 2, None
    try:
        stopped_by = run_evaluation(evaluation, run, before, say, _progress(count))
        status = 128 + stopped_by if stopped_by else 0
    finally:
        end(run, exit_status=status, interrupted=stopped_by == signal.SIGINT)
    request = with_current_directory(request, run)
    say_recorded(request.directory, run)
    if stopped_by:
        name = signal.Signals(stopped_by).name
        say_how_to_go_on(request, "interrupted" if stopped_by == signal.SIGINT else f"stopped by {name}")
    sys.exit(status)


def policy_request(request: Request) -> PolicyRequest:
    """The policy that is asked for."""
    deterministic = request.deterministic is not False
    return PolicyRequest(str(request.policy), deterministic, request.vecnormalize, request.trust_policy)


def _about(request: Request, env: Any, policy: Policy) -> Environment:
    """What the episodes have in common. Wrappers and --stochastic make them another series'."""
    about = describe(env)
    if request.wrapper:
        about = about._replace(arguments={**about.arguments, "wrappers": list(request.wrapper)})
    name = reference_name(str(request.policy)) + (" --stochastic" if request.deterministic is False else "")
    return about._replace(command=(), policy=name, policy_hash=policy.identity["sha256"])


def _seeds(request: Request, about: Environment, existing: Existing) -> tuple[int, Iterable[int]]:
    """How many episodes are to be run, and their seeds: all, or those without a complete episode yet.

    Raises BadRequest when `about` is not what is recorded, and nobody accepted that.
    """
    assert request.seed is not None and request.episodes is not None
    seeds = range(request.seed, request.seed + request.episodes)
    if existing is not Existing.KEEP:
        return len(seeds), seeds
    recording = read(request.directory, kind="monitorcli")
    if not request.accept_changes:
        refuse_changes(request, changes(recording, about))
    return missing_seeds(recording, about, seeds)


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[float], None]]:
    """A progress bar with the mean return so far, on a terminal; nothing elsewhere."""
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
