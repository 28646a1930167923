"""The arguments of `start` and `resume` as one value, and the check that they go together."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any, NamedTuple

from monitorcli.errors import BadRequest
from monitorcli.evaluate.environment import EnvironmentRequest, parse_arguments
from monitorcli.report.evaluation_command import words
from monitorcli.video import keep, schedule
from monitorcli.video.options import FilmOptions

# Options that say more of an evaluation.
_EVALUATION = (
    "env_arg", "wrapper", "max_episode_steps", "deterministic", "vecnormalize", "trust_policy",
)  # fmt: skip
_HOW_TO_RUN = ("shard", "workers", "engine", "num_envs", "repeat", "reuse_env")
_JUDGING = ("baseline", "fail_under", "fail_regression", "min_episodes")
_STOPPING = ("stop_when_decided", "error", "return_range")
_OPTIONS = (
    "env", *_EVALUATION[:3], "policy", *_EVALUATION[3:], "episodes", "seed", *FilmOptions._fields, "trace",
    "mode", "only", "skip", "evaluation", *_HOW_TO_RUN, *_JUDGING, *_STOPPING,
)  # fmt: skip


class Request(NamedTuple):
    """What the user asked to record. None means that the option was not given."""

    directory: Path
    command: tuple[str, ...]
    env: str | None
    policy: str | None
    episodes: int | None
    seed: int | None
    video: str | None
    fps: float | None
    mode: str | None
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    evaluation: tuple[str, ...] = ()
    env_arg: tuple[str, ...] = ()
    wrapper: tuple[str, ...] = ()
    max_episode_steps: int | None = None
    deterministic: bool | None = None
    vecnormalize: str | None = None
    trust_policy: bool = False
    accept_changes: bool = False
    shard: str | None = None
    workers: str | None = None
    engine: str | None = None
    repeat: int | None = None
    reuse_env: bool | None = None
    baseline: Path | None = None
    fail_under: tuple[str, ...] = ()
    fail_regression: tuple[str, ...] = ()
    min_episodes: int | None = None
    stop_when_decided: bool = False
    error: float | None = None
    return_range: str | None = None
    num_envs: int | None = None
    trace: str | None = None
    keep: str | None = None
    max_frames: int | None = None
    frame_skip: int | None = None
    scale: float | None = None
    crf: int | None = None
    preset: str | None = None

    def how(self) -> dict[str, Any]:
        """What the run's file stores, so that the run can be repeated."""
        filming = {**self.films()._asdict(), "trace": self.trace, "mode": self.mode}
        if self.env is None:
            chosen = {"only": list(self.only), "skip": list(self.skip)}
            chosen["evaluation"] = list(self.evaluation)
            return {"kind": "command", "command": list(self.command), **filming, **chosen}
        evaluation = {"env": self.env, "policy": self.policy, "episodes": self.episodes, "seed": self.seed}
        details = {name: getattr(self, name) for name in _EVALUATION if name != "trust_policy"}
        details.update(shard=self.shard, reuse_env=self.reuse_env, num_envs=self.num_envs)
        return {"kind": "evaluation", **evaluation, **details, **filming}

    def films(self) -> FilmOptions:
        """What is asked for of films."""
        return FilmOptions(*(getattr(self, name) for name in FilmOptions._fields))

    def environment(self) -> EnvironmentRequest:
        """The environment that an evaluation is of. Raises BadRequest."""
        arguments = parse_arguments(self.env_arg)
        return EnvironmentRequest(str(self.env), arguments, self.wrapper, self.max_episode_steps)

    def traces(self) -> str:
        """Of which episodes traces are kept, as a schedule: of a command's only if that was asked for."""
        return self.trace or ("none" if self.env is None else "all")

    def as_typed(self) -> str:
        """The command line without the directory, quoted for a shell."""
        options = [word for name in _OPTIONS for word in words(name, getattr(self, name))]
        return shlex.join([*options, *(("--", *self.command) if self.command else ())])


def checked(request: Request) -> Request:
    """`request`. Raises BadRequest if options conflict."""
    if request.command and request.env is not None:
        raise BadRequest("give either a command or --env, not both.")
    if not request.command and request.env is None:
        directory = shlex.quote(str(request.directory))
        raise BadRequest(
            "nothing to record: give a command after --, or --env.",
            f"monitorcli start {directory} -- python train.py\n"
            f"monitorcli start {directory} --env CartPole-v1 --policy random --episodes 10",
        )
    for name in ("policy", "episodes", "seed", *_EVALUATION, *_HOW_TO_RUN):
        if request.command and (typed := words(name, getattr(request, name))):
            raise BadRequest(f"{typed[0]} goes with --env; a command brings its own.")
    if request.command and (judging := _judging(request)):
        raise BadRequest(
            f"only evaluations (--env) are judged while they run, and a command was given with {judging}.",
            "`monitorcli inspect` judges what a command recorded.",
        )
    for name in ("only", "skip", "evaluation"):
        if request.env is not None and getattr(request, name):
            raise BadRequest(f"--{name} goes with a command; --env names the environment itself.")
    for name in ("policy", "episodes"):
        if request.env is not None and getattr(request, name) is None:
            raise BadRequest(f"--env needs --{name} too.", "For example: --policy random --episodes 10")
    if request.shard is not None and request.seed is None:
        raise BadRequest("--shard needs --seed: it must be the same for all shards.", "For example: --seed 0")
    _check_judging(request)
    if request.num_envs in (2, 3):
        raise BadRequest(
            f"--num-envs {request.num_envs}: in a batch of 2 or 3, actions may depend on the place in it.",
            "Give 4 or more, or leave it out: one environment at a time.",
        )
    parse_arguments(request.env_arg)
    if request.video is not None:
        schedule.check(request.video)
    if request.keep is not None:
        keep.parse(request.keep)
        _check_keeping(request)
    if request.trace is not None:
        schedule.check(request.trace, "--trace")
    return request


def _check_keeping(request: Request) -> None:
    """Raise BadRequest where episodes are sent back one by one: their films cannot be unmade."""
    elsewhere = "--stop-when-decided" if request.stop_when_decided else "--engine ray"
    if request.stop_when_decided or request.engine == "ray":
        raise BadRequest(
            f"--keep and {elsewhere} do not go together: there a film is kept before others are known.",
            "Choose films by number: --video first:3",
        )


def _judging(request: Request) -> str:
    """`--fail-under, --min-episodes`: the options that judge; "" without one."""
    typed = (words(name, getattr(request, name)) for name in (*_JUDGING, *_STOPPING))
    return ", ".join(dict.fromkeys(option[0] for option in typed if option))


def _check_judging(request: Request) -> None:
    """Raise BadRequest if the options that judge an evaluation do not go together."""
    judging = _judging(request)
    if request.shard is not None and judging:
        raise BadRequest(
            f"--shard does not go together with {judging}: each job knows of no other.",
            "When all shards are done, `monitorcli inspect DIR` judges them.",
        )
    if request.baseline is not None and not request.fail_regression:
        raise BadRequest("--baseline needs --fail-regression.", "For example: --fail-regression mean:5%")
    if not request.stop_when_decided:
        for name in ("error", "return_range"):
            if getattr(request, name) is not None:
                raise BadRequest(f"{words(name, 0)[0]} needs --stop-when-decided.")
        return
    if not (request.fail_under or request.fail_regression):
        raise BadRequest(
            "--stop-when-decided needs a gate: what is to be decided?",
            "For example: --fail-under success:80%",
        )
