"""What an evaluation came to: what failed, the closing line, proof and digest, what is not covered."""

from __future__ import annotations

import shlex
import signal

import numpy as np

from monitorcli.cli.closing_line import say_recorded
from monitorcli.cli.judged_evaluation import Judged
from monitorcli.cli.messages import say
from monitorcli.cli.request import Request
from monitorcli.cli.run_lifecycle import say_how_to_go_on
from monitorcli.evaluate.outcome import Failed, Outcome
from monitorcli.evaluate.plan import Plan
from monitorcli.evaluate.proof import Repeat
from monitorcli.evaluate.run import Evaluated
from monitorcli.evaluate.seeds import completed
from monitorcli.evaluate.shards import Shard
from monitorcli.monitor.run import RunFile
from monitorcli.recording import read
from monitorcli.report.text import number, plural
from monitorcli.summary.coverage import Coverage, coverage
from monitorcli.summary.digest import SHOWN, digest

# Seeds, or shards, that a sentence names.
_MOST_NAMED = 10


def say_evaluated(
    request: Request, run: RunFile, plan: Plan, shard: Shard, evaluated: Evaluated, judged: Judged
) -> None:
    """Say what was recorded, what it is worth, and the verdicts; of one that was stopped, how to go on."""
    failures = evaluated.failures
    if failures:
        say(failures[0].sentence(), failures[0].place)
    if evaluated.stopped_by:
        say_recorded(request.directory, run)
        name = signal.Signals(evaluated.stopped_by).name
        by_hand = evaluated.stopped_by == signal.SIGINT
        say_how_to_go_on(request, "interrupted" if by_hand else f"stopped by {name}")
        return
    recording = read(request.directory, kind="monitorcli")
    done = completed(recording, plan)
    found = coverage(plan.seeds, done.keys(), shard.total)
    lines = [*_proof(request, evaluated.repeats), *_starts(*evaluated.starts)]
    if done:
        rows = np.array(sorted(done.values()), np.intp)
        reproducible = all(repeat.equal() for repeat in evaluated.repeats)
        lines.append(_digest(digest(recording.episodes, rows), found, reproducible))
    lines += judged.lines()
    if not say_recorded(request.directory, run, more=lines):
        say("nothing was recorded.")
    if evaluated.decided:
        rest = request._replace(stop_when_decided=False, error=None, return_range=None)
        directory = shlex.quote(str(request.directory))
        say(
            f"{plural(found.episodes - found.covered, 'episode')} were not needed.",
            f"To run them all the same:  monitorcli resume {directory} {rest.as_typed()}",
        )
        return
    _say_coverage(request, found, shard, failures)


def _proof(request: Request, repeats: list[Repeat]) -> list[str]:
    """Whether the repeated episodes were equal; of those that were not, the first."""
    different = [repeat for repeat in repeats if not repeat.equal()]
    if not different:
        equal = f"{len(repeats)} of {plural(len(repeats), 'episode')} run again elsewhere, equal bit for bit"
        return [f"proof     {equal}"] if repeats else []
    first = different[0]
    seed = first.first.seed
    alone = request._replace(episodes=1, seed=seed, repeat=1, shard=None, workers=None)
    more = f" ({len(different)} of {len(repeats)} repeated episodes differ)" if len(repeats) > 1 else ""
    one, other = _told(first.first), _told(first.second)
    if one == other:
        other = "the same with other actions or observations"
    return [
        f"! not reproducible: seed {seed} gave {one}, then {other}.{more}",
        "  The policy or the environment keeps something from one episode to the next, or draws random "
        "numbers that no seed decides.",
        f"  One episode alone, twice:  monitorcli start ANOTHER_DIR {alone.as_typed()}",
    ]


def _told(outcome: Outcome) -> str:
    if isinstance(outcome, Failed):
        return f"an error ({outcome.error})"
    return f"return {number(outcome.episode_return)} in {plural(outcome.length, 'step')}"


def _starts(episodes: int, different: int) -> list[str]:
    """How many first observations were different, where some were the same."""
    if different >= episodes:
        return []
    return [f"starts    {plural(different, 'first observation')} in {plural(episodes, 'episode')}"]


def _digest(found: str, covered: Coverage, reproducible: bool) -> str:
    said = "the same for any number of workers, on this machine and versions"
    if covered.covered < covered.episodes:
        said = f"of {covered.covered:,} of {covered.episodes:,} episodes"
    elif not reproducible:
        said = "of this run; another gives another"
    return f"digest    {found[:SHOWN]}   ({said})"


def _say_coverage(request: Request, found: Coverage, shard: Shard, failures: list[Failed]) -> None:
    """Say what of the plan is not covered, and the command for it."""
    if found.covered == found.episodes and not failures:
        return
    said = f"{found.covered:,} of {found.episodes:,} episodes are covered"
    directory = shlex.quote(str(request.directory))
    if failures:
        seeds = ", ".join(str(failed.seed) for failed in failures[:_MOST_NAMED])
        more = f" and {len(failures) - _MOST_NAMED:,} more" if len(failures) > _MOST_NAMED else ""
        word = "seed" if len(failures) == 1 else "seeds"
        say(
            f"{plural(len(failures), 'episode')} failed ({word} {seeds}{more}); {said}.",
            f"To run what is missing:  monitorcli resume {directory} {request.as_typed()}",
        )
        return
    shards = ", ".join(f"{one}/{found.total}" for one in found.shards[:_MOST_NAMED])
    more = f" and {len(found.shards) - _MOST_NAMED:,} more" if len(found.shards) > _MOST_NAMED else ""
    following = request._replace(shard=f"{found.shards[0]}/{found.total}")
    say(
        f"{said}; not complete yet: {'shards' if len(found.shards) > 1 else 'shard'} {shards}{more}.",
        f"For example:  monitorcli start {directory} {following.as_typed()}",
    )
