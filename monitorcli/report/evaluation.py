"""What is known of an evaluation from its plan and its runs: proof, coverage, errors, starts, digest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from monitorcli.format.environment import Environment
from monitorcli.recording.evaluation import Difference, EpisodeError, PlannedRun, RecordedPlan
from monitorcli.recording.model import Recording, Run
from monitorcli.report.decided import Decision, decided
from monitorcli.report.evaluation_command import command
from monitorcli.summary.coverage import Coverage, coverage, covered
from monitorcli.summary.digest import Line, lines, of_lines

# Shards and seeds that are named, of those that are missing.
_MOST_NAMED = 10


@dataclass(frozen=True)
class Proof:
    """So many `episodes` were run again, so many were `equal`; `unproved` is why a run could not begin to."""

    episodes: int
    equal: int
    different: tuple[Difference, ...]
    unproved: str


class Starts(NamedTuple):
    """Of so many episodes, how many `different` first observations there were; at most, of several `runs`."""

    episodes: int
    different: int
    runs: int


@dataclass(frozen=True)
class Evaluation:
    """An evaluation over all of its runs, in one directory or several.

    `digest` is "" where no episode was completed, or where directories disagree: of `disputed` seeds they
    have different episodes. `errors` are those of the seeds that nobody completed since; `failed` counts also
    those that were not kept. `commands` run what is missing, and `last` is the run that began last.
    `decision`: that one was stopped because its gates were decided.
    """

    plan: RecordedPlan
    last: Run
    coverage: Coverage
    digest: str
    disputed: int
    proof: Proof
    errors: tuple[EpisodeError, ...]
    failed: int
    starts: Starts | None
    running: bool
    commands: tuple[str, ...]
    decision: Decision | None

    @property
    def deterministic(self) -> bool:
        """Whether the policy was asked for its best action, not to draw one."""
        return not (self.plan.environment.policy or "").endswith(" --stochastic")

    def alone(self, seed: int) -> str:
        """What to type to run one episode alone, twice."""
        one = {"seed": seed, "episodes": 1, "repeat": 1, "shard": None}
        return command("start", "ANOTHER_DIR", self.last.how, **one)


def evaluation(recording: Recording, series: int) -> Evaluation | None:
    """The evaluation that a series of a recording is of; None without a plan on disk."""
    return evaluation_in([(recording, series)])


def evaluation_in(places: Sequence[tuple[Recording, int]]) -> Evaluation | None:
    """One evaluation whose episodes are in several places; None unless all have the same plan on disk."""
    runs = [_runs(recording, series) for recording, series in places]
    plans = [of[-1][1].plan for of in runs if of]
    if len(plans) < len(places) or len({identity(plan) for plan in plans}) > 1:
        return None
    plan = plans[-1]
    found: set[Line] = set()
    done: set[int] = set()
    for recording, _ in places:
        rows = _completed(recording, plan)
        done |= rows.keys()
        found |= lines(recording.episodes, np.array(sorted(rows.values()), np.intp))
    all_runs = [run for of in runs for run in of]
    folder = places[0][0].directory if len(places) == 1 else None
    covers, errors = _coverage(plan, done, all_runs), _errors(all_runs, plan, done)
    not_kept = sum(planned.failed - len(planned.errors) for _, planned in all_runs)
    return Evaluation(
        plan=plan,
        last=all_runs[-1][0],
        coverage=covers,
        digest=of_lines(found) if found and len(found) == len(done) else "",
        disputed=len(found) - len(done),
        proof=_proof(all_runs),
        errors=errors,
        failed=min(covers.missing, len(errors) + not_kept),
        starts=_starts(all_runs),
        running=any(run.state == "running" for run, _ in all_runs),
        commands=_commands(folder, covers, all_runs),
        decision=decided(all_runs[-1][0]) if covers.missing else None,
    )


def evaluation_of(recording: Recording, run: Run) -> Evaluation | None:
    """The evaluation that this run is of; None without a plan on disk."""
    wanted = _about(run.planned.plan.environment) if run.planned else ""
    for number, series in enumerate(recording.series):
        if _about(series.environment) == wanted:
            return evaluation(recording, number)
    return None


def error_of(run: Run, seed: int | None) -> EpisodeError | None:
    """What this run's episode with this seed raised."""
    errors = run.planned.errors if run.planned else ()
    return next((error for error in errors if error.seed == seed), None)


_Runs = list[tuple[Run, PlannedRun]]


def _runs(recording: Recording, series: int) -> _Runs:
    """The runs whose plan is of this series' environment and policy."""
    wanted = _about(recording.series[series].environment)
    planned = ((run, run.planned) for run in recording.runs)
    return [(run, of) for run, of in planned if of is not None and _about(of.plan.environment) == wanted]


def _about(environment: Environment) -> str:
    about = (environment.env_id, environment.policy, environment.policy_hash)
    return json.dumps([*about, {**environment.arguments}], sort_keys=True)


def identity(plan: RecordedPlan) -> tuple[object, ...]:
    """What two plans of one evaluation have alike."""
    return _about(plan.environment), plan.seed, plan.episodes, plan.reuse_env, plan.num_envs


def _completed(recording: Recording, plan: RecordedPlan) -> dict[int, int]:
    wanted = _about(plan.environment)
    same = [number for number, one in enumerate(recording.series) if _about(one.environment) == wanted]
    return covered(recording.episodes, np.flatnonzero(np.isin(recording.episodes.series, same)), plan.seeds)


def _coverage(plan: RecordedPlan, done: set[int], runs: _Runs) -> Coverage:
    """By shards, where all runs were shards of the same number."""
    totals = {planned.shard[1] for _, planned in runs}
    return coverage(plan.seeds, done, totals.pop() if len(totals) == 1 else 1, _MOST_NAMED)


def _proof(runs: _Runs) -> Proof:
    """All that was ever run again."""
    of = [planned.repeats for _, planned in runs]
    different = tuple(difference for repeats in of for difference in repeats.different)
    return Proof(
        episodes=sum(repeats.episodes for repeats in of),
        equal=sum(repeats.equal for repeats in of),
        different=different,
        unproved=next((repeats.error for repeats in reversed(of) if repeats.error), ""),
    )


def _errors(runs: _Runs, plan: RecordedPlan, done: set[int]) -> tuple[EpisodeError, ...]:
    """The last error of each seed that has no completed episode."""
    found = {error.seed: error for _, planned in runs for error in planned.errors}
    return tuple(found[seed] for seed in sorted(found) if seed in plan.seeds and seed not in done)


def _starts(runs: _Runs) -> Starts | None:
    known = [planned.starts for _, planned in runs if planned.starts[0]]
    return Starts(sum(one[0] for one in known), sum(one[1] for one in known), len(known)) if known else None


def _commands(directory: Path | None, covers: Coverage, runs: _Runs) -> tuple[str, ...]:
    """What to type for the missing episodes, but those that somebody is at; `directory` None: a new one."""
    running = {planned.shard[0] for run, planned in runs if run.state == "running"}
    run, planned = runs[-1]
    where = directory or "ANOTHER_DIR"
    asked = {"seed": planned.plan.seed, "episodes": planned.plan.episodes}
    if not covers.missing:
        return ()
    if covers.total > 1:
        shards = [f"{number}/{covers.total}" for number in covers.shards if number not in running]
        found = [command("start", where, run.how, **asked, shard=shard) for shard in shards]
    else:
        found = (
            [] if running or directory is None else [command("resume", where, run.how, **asked, shard=None)]
        )
    return tuple(filter(None, found))
