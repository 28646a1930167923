"""Which episodes of an evaluation are still to be run, in which order; and what is said when none is."""

from __future__ import annotations

import sys
from typing import NamedTuple, NoReturn

from monitorcli.cli import deciding, judged_evaluation
from monitorcli.cli.deciding import Deciding
from monitorcli.cli.judged_evaluation import Gates, Judged
from monitorcli.cli.messages import say
from monitorcli.cli.request import Request
from monitorcli.cli.run_lifecycle import end
from monitorcli.evaluate.order import drawn
from monitorcli.evaluate.plan import Plan
from monitorcli.evaluate.seeds import completed
from monitorcli.evaluate.shards import Shard
from monitorcli.monitor.directory import Existing
from monitorcli.monitor.run import RunFile
from monitorcli.recording import read
from monitorcli.report.decided import parsed


class ToDo(NamedTuple):
    """The seeds to run, in order, and what may stop it early."""

    seeds: list[int]
    deciding: Deciding | None


def to_do(request: Request, plan: Plan, shard: Shard, existing: Existing, gates: Gates) -> ToDo:
    """What of the plan is not recorded yet. Raises BadRequest if its gates cannot be decided early.

    Rules that may stop it are given the recorded episodes first: they were looked at already.
    """
    recording = read(request.directory, kind="monitorcli") if existing is Existing.KEEP else None
    done = {} if recording is None else completed(recording, plan)
    if not request.stop_when_decided:
        return ToDo([seed for seed in shard.seeds(plan.seeds) if seed not in done], None)
    order = drawn(plan.seeds, plan.seed, first=done)
    rules = deciding.begin(request, gates.gates, gates.baseline, plan, order)
    for seed in order[: len(done)]:
        assert recording is not None
        row = recording.episodes
        values = {name: float(getattr(row, name)[done[seed]]) for name in ("episode_return", "success")}
        rules.add(seed, values)
    return ToDo(order[len(done) :], rules)


def end_with_nothing_to_do(
    run: RunFile, request: Request, plan: Plan, shard: Shard, gates: Gates
) -> NoReturn:
    """Say that no episode is missing, judge the gates, and exit with 0. Raises GateNotMet."""
    run.forget()
    part = "" if shard == Shard() else f" of shard {shard}"
    total = len(shard.seeds(plan.seeds))
    said = f"nothing is missing: {request.directory} holds all {total} episodes{part}."
    _end(said, judged_evaluation.judged(request.directory, gates))


def end_decided(run: RunFile, request: Request, rules: Deciding) -> NoReturn:
    """Say that what is recorded decides the gates, keep that in the run's file, and exit with 0.

    Raises GateNotMet.
    """
    document = rules.document()
    decision = parsed(document)
    assert decision is not None
    known = read(request.directory, kind="monitorcli").runs[:-1]
    if known and known[-1].how.get("decision") == document:
        run.forget()
    else:
        end(run, exit_status=0, interrupted=False, decision=document)
    said = f"nothing is left to run: {request.directory} was {decision.title}."
    _end(said, judged_evaluation.judged_early(decision)._replace(stopping=""))


def _end(said: str, judged: Judged) -> NoReturn:
    say(said, "\n".join(judged.lines()))
    judged.refuse_unmet()
    sys.exit(0)
