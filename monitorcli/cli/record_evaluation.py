"""Record an evaluation: read the request, claim the run, have it run, and report the outcome."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

from monitorcli.cli import deciding, judged_evaluation
from monitorcli.cli.evaluated import say_evaluated
from monitorcli.cli.judged_evaluation import Gates, Judged
from monitorcli.cli.keep_films import keep_films, say_what_was_not_kept
from monitorcli.cli.messages import say
from monitorcli.cli.prepared_evaluation import Changes, Prepared, check_engine, checked, prepare
from monitorcli.cli.progress import progress
from monitorcli.cli.request import Request
from monitorcli.cli.resume_request import refuse_changes
from monitorcli.cli.run_lifecycle import (
    begin,
    end,
    say_what_is_not_filmed,
    usable_ffmpeg,
    with_current_directory,
)
from monitorcli.cli.to_do import ToDo, end_decided, end_with_nothing_to_do, to_do
from monitorcli.errors import MonitorError
from monitorcli.evaluate import shards
from monitorcli.evaluate.claim import last_plan, refuse_taken
from monitorcli.evaluate.plan import changes as plan_changes
from monitorcli.evaluate.run import LOCAL, RAY, Evaluated, Evaluation, run_evaluation
from monitorcli.evaluate.seeds import choose_seed
from monitorcli.evaluate.shards import Shard
from monitorcli.evaluate.threads import cores
from monitorcli.evaluate.worker import Loaded, Task
from monitorcli.monitor.directory import Existing
from monitorcli.monitor.recovery import recover
from monitorcli.monitor.run import RunFile
from monitorcli.recording import read

# Seconds between two signs of life, for those that cannot see our process.
_HEARTBEAT = 20.0


def record(request: Request, existing: Existing) -> None:
    """Run and record the episodes that are still missing, then judge the gates.

    Exits with 0, 1 if the proof found a difference or could not be run, 2 if an episode failed, or 128+n
    after signal n. Raises GateNotMet.
    """
    check_engine(request)
    gates = judged_evaluation.wanted(request)
    shard = Shard() if request.shard is None else shards.parse(request.shard, os.environ)
    ffmpeg, trouble = usable_ffmpeg(request)
    typed = request
    if request.seed is None:
        request = request._replace(seed=choose_seed())
    prepared = prepare(request, shard, film=ffmpeg is not None)
    existing, prepared, accepted = checked(request, prepared, existing)
    run, missing = _claimed(typed, request, prepared, existing, accepted, gates)
    if typed.seed is None:
        say(f"no --seed given; using {request.seed}.")
    say_what_is_not_filmed(request, min(missing.seeds) - prepared.plan.seed, trouble)
    task = Task(
        prepared.environment, prepared.policy, prepared.plan, str(run.directory.path()), run.number,
        request.films(), ffmpeg, request.mode or "evaluation", sent_back=missing.deciding is not None,
        trace=request.traces(),
    )  # fmt: skip
    evaluated, status = _ran(request, run, task, prepared.loaded, missing)
    request = with_current_directory(request, run)
    judged = (
        Judged() if status > 1 else judged_evaluation.judge_run(request.directory, gates, missing.deciding)
    )
    say_evaluated(request, run, evaluated, judged)
    judged.refuse_unmet()
    sys.exit(status)


def _ran(request: Request, run: RunFile, task: Task, loaded: Loaded, missing: ToDo) -> tuple[Evaluated, int]:
    """Run what is missing, and end the run's file; what came of it, and the exit status."""
    workers = _workers(request)
    workers = workers and min(workers, len(missing.seeds))
    decide = missing.deciding.take if missing.deciding else None
    engine = request.engine or LOCAL
    evaluation = Evaluation(task, missing.seeds, workers, request.repeat, engine, decide)
    evaluated, status = None, 2
    keep_films(run.directory.path(), run, request.keep)
    try:
        with _beating(run):
            shown = progress(len(missing.seeds), at_most=decide is not None)
            evaluated = run_evaluation(evaluation, loaded, say, shown)
        status = _status(evaluated)
    except MonitorError:
        if not _wrote(run):
            run.forget()
        raise
    finally:
        with contextlib.suppress(OSError, MonitorError):
            recover(run.directory.path())  # what workers that were killed left
            keep_films(run.directory.path(), run, request.keep)
            say_what_was_not_kept(run.directory.path(), run, request.keep)
        document: dict[str, Any] = evaluated.document() if evaluated else {"interrupted": False}
        if missing.deciding:
            document["decision"] = missing.deciding.document()
        end(run, exit_status=status, **document)
    return evaluated, status


def _claimed(
    typed: Request, request: Request, prepared: Prepared, existing: Existing, accepted: Changes, gates: Gates
) -> tuple[RunFile, ToDo]:
    """The run's file, and what is to be run. Exits with 0 if nothing is, or raises GateNotMet."""
    how: dict[str, Any] = {**request.how(), "plan": prepared.plan.document(), "shard": str(prepared.shard)}
    if accepted:
        how["accepted"] = [{"what": what, "was": old, "is": new} for what, old, new in accepted]
    if request.stop_when_decided:
        how.update(deciding.how(request, gates.gates))
    run = begin(typed, existing, how)
    try:
        refuse_taken(request.directory, run.path.name, prepared.shard)
        if request.shard is not None and not request.accept_changes:  # two may have begun at once
            known = last_plan(request.directory, before=run.path.name)
            refuse_changes(request, plan_changes(known, prepared.plan), "is there now")
        missing = to_do(request, prepared.plan, prepared.shard, existing, gates)
    except MonitorError:
        run.forget()
        raise
    if not missing.seeds:
        end_with_nothing_to_do(run, request, prepared.plan, prepared.shard, gates)
    if missing.deciding and missing.deciding.decided:
        end_decided(run, request, missing.deciding)
    return run, missing


def _workers(request: Request) -> int | None:
    """How many workers; `auto` is one for each core that we may use, of Ray's the cluster knows them."""
    if request.workers != "auto":
        return int(request.workers or 1)
    return None if request.engine == RAY else cores()


def _status(evaluated: Evaluated) -> int:
    if evaluated.stopped_by:
        return 128 + evaluated.stopped_by
    return 2 if evaluated.failures else int(not evaluated.proved)


def _wrote(run: RunFile) -> bool:
    """Whether an episode of this run is on disk."""
    recording = read(run.directory.path(), kind="monitorcli")
    return any(one.file == run.path.name and one.episodes for one in recording.runs)


@contextlib.contextmanager
def _beating(run: RunFile) -> Iterator[None]:
    """Context manager within which the run shows every now and then that it lives."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(_HEARTBEAT):
            run.heartbeat()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
