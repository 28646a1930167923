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
_HOW_TO_RUN = ("shard", "workers", "repeat", "reuse_env")
_OPTIONS = (
    "env", *_EVALUATION[:3], "policy", *_EVALUATION[3:], "episodes", "seed", *FilmOptions._fields, "mode",
    "only", "skip", "evaluation", *_HOW_TO_RUN,
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
    repeat: int | None = None
    reuse_env: bool | None = None
    keep: str | None = None
    max_frames: int | None = None
    frame_skip: int | None = None
    scale: float | None = None
    crf: int | None = None
    preset: str | None = None

    def how(self) -> dict[str, Any]:
        """What the run's file stores, so that the run can be repeated."""
        filming = {**self.films()._asdict(), "mode": self.mode}
        if self.env is None:
            chosen = {"only": list(self.only), "skip": list(self.skip)}
            chosen["evaluation"] = list(self.evaluation)
            return {"kind": "command", "command": list(self.command), **filming, **chosen}
        evaluation = {"env": self.env, "policy": self.policy, "episodes": self.episodes, "seed": self.seed}
        details = {name: getattr(self, name) for name in _EVALUATION if name != "trust_policy"}
        details.update(shard=self.shard, reuse_env=self.reuse_env)
        return {"kind": "evaluation", **evaluation, **details, **filming}

    def films(self) -> FilmOptions:
        """What is asked for of films."""
        return FilmOptions(*(getattr(self, name) for name in FilmOptions._fields))

    def environment(self) -> EnvironmentRequest:
        """The environment that an evaluation is of. Raises BadRequest."""
        arguments = parse_arguments(self.env_arg)
        return EnvironmentRequest(str(self.env), arguments, self.wrapper, self.max_episode_steps)

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
    for name in ("only", "skip", "evaluation"):
        if request.env is not None and getattr(request, name):
            raise BadRequest(f"--{name} goes with a command; --env names the environment itself.")
    for name in ("policy", "episodes"):
        if request.env is not None and getattr(request, name) is None:
            raise BadRequest(f"--env needs --{name} too.", "For example: --policy random --episodes 10")
    if request.shard is not None and request.seed is None:
        raise BadRequest("--shard needs --seed: it must be the same for all shards.", "For example: --seed 0")
    parse_arguments(request.env_arg)
    if request.video is not None:
        schedule.check(request.video)
    if request.keep is not None:
        keep.parse(request.keep)
    return request
