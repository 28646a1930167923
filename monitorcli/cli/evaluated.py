"""What an evaluation came to: what failed, the closing line, proof and digest, what is not covered."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Iterable

from monitorcli.cli.closing_line import say_recorded
from monitorcli.cli.judged_evaluation import Judged
from monitorcli.cli.messages import say
from monitorcli.cli.request import Request
from monitorcli.cli.run_lifecycle import say_how_to_go_on
from monitorcli.evaluate.outcome import Failed
from monitorcli.evaluate.run import Evaluated
from monitorcli.monitor.run import RunFile
from monitorcli.recording import read
from monitorcli.report import evaluation_sentences
from monitorcli.report.evaluation import Evaluation, evaluation_of
from monitorcli.report.evaluation_sentences import Said
from monitorcli.report.text import listing, plural

# Seeds that a sentence names.
_MOST_NAMED = 10


def say_evaluated(request: Request, run: RunFile, evaluated: Evaluated, judged: Judged) -> None:
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
    ours = next((one for one in recording.runs if one.file == run.path.name), None)
    found = evaluation_of(recording, ours) if ours else None
    lines = [*(_lines(found) if found else ()), *judged.lines()]
    if not say_recorded(request.directory, run, more=lines):
        say("nothing was recorded.")
    if found and evaluated.decided:
        _say_not_needed(request, found)
    elif found and (found.coverage.missing or failures):
        _say_coverage(request, found, failures)


def _lines(of: Evaluation) -> list[str]:
    """Proof, starts and digest, a line each."""
    parts = (evaluation_sentences.proof, evaluation_sentences.starts, evaluation_sentences.digest)
    return [_line(said) for part in parts for said in part(of)]


def _line(said: Said) -> str:
    # What has no label goes on with the warning above it.
    label = said.label.ljust(10) if len(said.label) > 1 else said.label.ljust(2)
    return "  ".join([label + said.text, *said.commands])


def _say_not_needed(request: Request, of: Evaluation) -> None:
    """Say how many episodes were not run because all was decided, and the command for them."""
    rest = request._replace(stop_when_decided=False, error=None, return_range=None)
    directory = shlex.quote(str(request.directory))
    say(
        f"{plural(of.coverage.missing, 'episode')} not needed.",
        f"To run the rest all the same:  monitorcli resume {directory} {rest.as_typed()}",
    )


def _say_coverage(request: Request, of: Evaluation, failures: Iterable[Failed]) -> None:
    """Say what of the plan is not covered, and the command for it."""
    covers = of.coverage
    said = f"{covers.covered:,} of {covers.episodes:,} episodes are covered"
    directory = shlex.quote(str(request.directory))
    seeds = [str(failed.seed) for failed in failures]
    if seeds:
        word = "seed" if len(seeds) == 1 else "seeds"
        failed = f"{plural(len(seeds), 'episode')} failed ({word} {listing(seeds, _MOST_NAMED)})"
        say(
            f"{failed}; {said}.",
            f"To run what is missing:  monitorcli resume {directory} {request.as_typed()}",
        )
        return
    following = f"monitorcli resume {directory} {request._replace(shard=None).as_typed()}"
    if covers.total > 1:
        shard = f"{covers.shards[0]}/{covers.total}"
        following = f"monitorcli start {directory} {request._replace(shard=shard).as_typed()}"
    say(f"{said}; not complete yet: {evaluation_sentences.missing(of)}.", f"For example:  {following}")
