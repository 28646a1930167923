"""An evaluation as JSON values."""

from __future__ import annotations

from typing import Any

from monitorcli.recording.evaluation import Attempt
from monitorcli.report import file_values
from monitorcli.report.evaluation import Evaluation
from monitorcli.summary.coverage import Coverage

# The keys of a series, all null unless it is an evaluation with a plan.
KEYS = ("plan", "coverage", "digest", "repeats", "failed", "errors", "first_observations")


def as_json(of: Evaluation | None) -> dict[str, Any]:
    """What there is to say under each of KEYS."""
    if of is None:
        return dict.fromkeys(KEYS)
    return {
        "plan": _plan(of),
        "coverage": _coverage(of.coverage, of.commands),
        "digest": of.digest or None,
        "repeats": _repeats(of),
        "failed": of.failed,
        "errors": [error._asdict() for error in of.errors],
        "first_observations": of.starts and of.starts._asdict(),
    }


def _plan(of: Evaluation) -> dict[str, Any]:
    plan, environment = of.plan, of.plan.environment
    return {
        "env": environment.env_id,
        "arguments": file_values.value(environment.arguments),
        "policy": environment.policy,
        "policy_hash": environment.policy_hash,
        "deterministic": of.deterministic,
        "seed": plan.seed,
        "episodes": plan.episodes,
        "reuse_env": plan.reuse_env,
        "num_envs": plan.num_envs,
        "threads": plan.threads,
        "versions": environment.versions,
    }


def _coverage(of: Coverage, commands: tuple[str, ...]) -> dict[str, Any]:
    sharded = of.total > 1
    return {
        "planned": of.episodes,
        "covered": of.covered,
        "missing_seeds": of.seeds,
        "missing_shards": [f"{number}/{of.total}" for number in of.shards] if sharded else [],
        "commands": commands,
    }


def _repeats(of: Evaluation) -> dict[str, Any]:
    proof = of.proof
    different = [
        {"seed": one.seed, "first": _attempt(one.first), "second": _attempt(one.second)}
        for one in proof.different
    ]
    said = {"episodes": proof.episodes, "equal": proof.equal, "different": different}
    return {**said, "unproved": proof.unproved or None}


def _attempt(one: Attempt) -> dict[str, Any]:
    return {
        "return": one.episode_return,
        "length": one.length,
        "end": one.end or None,
        "trace": one.trace or None,
        "error": one.error or None,
    }
