"""What an evaluation is to run: environment, policy and plan, made ready before a directory is touched."""

from __future__ import annotations

import contextlib
import os
from typing import Any, NamedTuple

from monitorcli.cli.request import Request
from monitorcli.cli.resume_request import refuse_changes
from monitorcli.errors import NoRecording
from monitorcli.evaluate.claim import last_plan, may_join
from monitorcli.evaluate.environment import EnvironmentRequest
from monitorcli.evaluate.extras import need
from monitorcli.evaluate.plan import DRAWN, OF_SERIES, Plan
from monitorcli.evaluate.plan import changes as plan_changes
from monitorcli.evaluate.policies import Policy, PolicyRequest, reference_name
from monitorcli.evaluate.run import RAY
from monitorcli.evaluate.seeds import changes, named_as_recorded
from monitorcli.evaluate.shards import Shard
from monitorcli.evaluate.threads import threads
from monitorcli.evaluate.worker import Loaded, load
from monitorcli.format.environment import Environment
from monitorcli.monitor.directory import Existing
from monitorcli.monitor.environment import describe
from monitorcli.recording import read

Changes = list[tuple[str, str, str]]


class Prepared(NamedTuple):
    """What is to be run, before a directory is touched."""

    plan: Plan
    shard: Shard
    environment: EnvironmentRequest
    policy: PolicyRequest
    loaded: Loaded


def check_engine(request: Request) -> None:
    """Raise BadRequest if Ray is asked for and not installed."""
    if request.engine == RAY:
        need("ray", "ray", "--engine ray")


def policy_request(request: Request) -> PolicyRequest:
    """The policy that is asked for."""
    deterministic = request.deterministic is not False
    return PolicyRequest(
        str(request.policy), deterministic, request.vecnormalize, request.trust_policy, request.num_envs or 1
    )


def _about(request: Request, env: Any, policy: Policy) -> Environment:
    """What the episodes have in common. Wrappers and --stochastic make them another series'."""
    about = describe(env)
    if request.wrapper:
        about = about._replace(arguments={**about.arguments, "wrappers": list(request.wrapper)})
    name = reference_name(str(request.policy)) + (DRAWN if request.deterministic is False else "")
    return about._replace(command=(), policy=name, policy_hash=policy.identity["sha256"])


def prepare(request: Request, shard: Shard, film: bool) -> Prepared:
    """Make the environment, load the policy, write the plan. Raises BadRequest."""
    environment, policy = request.environment(), policy_request(request)
    loaded = load(environment, policy, film)
    about = _about(request, loaded.env, loaded.policy)
    assert request.seed is not None and request.episodes is not None
    chosen = threads(os.environ)
    plan = Plan(about, request.seed, request.episodes, bool(request.reuse_env), chosen, request.num_envs or 1)
    return Prepared(plan, shard, environment, policy, loaded)


def checked(request: Request, prepared: Prepared, existing: Existing) -> tuple[Existing, Prepared, Changes]:
    """Whether the directory is gone on with, with what, and in what that differs from what is recorded there.

    A shard is begun beside others of the same plan, and of no other. Raises BadRequest for changes that
    nobody accepted.
    """
    if existing is Existing.REFUSE and request.shard is not None and may_join(request.directory):
        existing = Existing.KEEP
    if existing is not Existing.KEEP:
        return existing, prepared, []
    found = plan_changes(last_plan(request.directory), prepared.plan)
    with contextlib.suppress(NoRecording):
        recording = read(request.directory, kind="monitorcli")
        of_series = changes(recording, prepared.plan.about)
        if of_series:  # which says more than the plan's hash or arguments
            found = [*of_series, *(change for change in found if change[0] not in OF_SERIES)]
        about = named_as_recorded(recording, prepared.plan.about)
        prepared = prepared._replace(plan=prepared.plan._replace(about=about))
    if not request.accept_changes:
        refuse_changes(request, found, "is there now")
    return existing, prepared, found
