"""`start --check`: test everything a recording needs before a long job, and print one line per check."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen
from typing import IO, NamedTuple, NoReturn

from monitorcli.attach import command
from monitorcli.attach.rehearsal import first_step, picture
from monitorcli.attach.settings import environment
from monitorcli.attach.status_log import StatusLog, new_status_log, read_status_log
from monitorcli.cli import style
from monitorcli.cli.messages import say
from monitorcli.cli.nothing_recorded import why_nothing
from monitorcli.cli.record_command import settings_of
from monitorcli.cli.request import Request, checked
from monitorcli.cli.run_lifecycle import usable_ffmpeg
from monitorcli.errors import BadRequest, MonitorError
from monitorcli.monitor import directory
from monitorcli.monitor.active_writers import refuse_living
from monitorcli.monitor.directory import Existing
from monitorcli.monitor.step_result import NOT_FROM_HERE, one_step
from monitorcli.report.layout import Line, Span, ascii_only
from monitorcli.report.text import printable, size
from monitorcli.video.ffmpeg import ffmpeg_version

PATIENCE = 120  # seconds until a command has made its first step
_POLL = 0.05
_MOST_PLACES = 3
_TAIL, _TAIL_BYTES = 8, 10_000  # of the command's output, shown when it failed
_WITHOUT = "To do without: --video none"
GOOD, BAD, NEITHER = "good", "bad", "dim"


class Check(NamedTuple):
    """The result of one check: whether it passed, and what to do if it did not."""

    name: str
    state: str
    text: str
    hint: str = ""


def check(request: Request, existing: Existing) -> NoReturn:
    """Run the checks, printing each as it finishes. Exits with 0 if all passed, else with 2."""
    request = checked(request)
    missing = []
    for result in _checks(request, existing):
        to = style.console()
        lines = _lines(result)
        style.show(ascii_only(lines) if style.ascii_only(to) else lines, to)
        if result.state == BAD:
            missing.append(result.name)
    if missing:
        say(f"not ready: {', '.join(missing)}.")
        sys.exit(2)
    stopped = " The command was stopped after its first step." if request.command else ""
    say(f"ready.{stopped} Nothing was written to {request.directory}.")
    sys.exit(0)


def _lines(result: Check) -> list[Line]:
    mark = {GOOD: Span("✓ ", "good"), BAD: Span("✗ ", "bad"), NEITHER: Span("- ", "dim")}[result.state]
    first = [Span(" "), mark, Span(result.name.ljust(13), "label"), Span(printable(result.text))]
    return [first, *([Span(" " * 16), Span(printable(line), "dim")] for line in result.hint.splitlines())]


def _checks(request: Request, existing: Existing) -> Iterator[Check]:
    yield _directory(request.directory, existing)
    ffmpeg, result = _encoder(request)
    yield result
    yield from _command(request, ffmpeg) if request.env is None else _evaluation(request, ffmpeg)


def _encoder(request: Request) -> tuple[str | None, Check]:
    ffmpeg, trouble = usable_ffmpeg(request)
    if trouble:
        return None, Check("encoder", BAD, str(trouble), f"{trouble.hint}\n{_WITHOUT}".strip())
    if ffmpeg is None:
        return None, Check("encoder", NEITHER, "not needed with --video none")
    version = re.search(r"[0-9]+(\.[0-9]+)*", ffmpeg_version(ffmpeg))
    return ffmpeg, Check("encoder", GOOD, f"ffmpeg {version[0] if version else ''} encodes mp4")


def _directory(wanted: Path, existing: Existing) -> Check:
    try:
        folder = directory.check(wanted)
        if existing is Existing.CLEAR:
            refuse_living(wanted)
        else:
            directory.refuse_used(wanted)
    except MonitorError as error:
        return Check("directory", BAD, str(error), error.hint)
    can = "can be written" if folder == wanted else "can be made"
    return Check("directory", GOOD, f"{wanted} {can}; {size(shutil.disk_usage(folder).free)} are free")


def _evaluation(request: Request, ffmpeg: str | None) -> Iterator[Check]:
    from monitorcli.cli.prepared_evaluation import check_engine, policy_request
    from monitorcli.evaluate.batch_worker import first_action
    from monitorcli.evaluate.environment import make_environment
    from monitorcli.evaluate.episode import seed_episode
    from monitorcli.evaluate.outcome import failure
    from monitorcli.evaluate.policies import load_policy

    stage, seed = "engine", request.seed or 0
    try:
        check_engine(request)
        stage = "environment"
        env = make_environment(request.environment(), film=ffmpeg is not None)
        yield Check(stage, GOOD, f"{request.env} was made")
        stage = "policy"
        policy = load_policy(policy_request(request), env)
        yield Check(stage, GOOD, f"{request.policy} was loaded")
        try:
            stage = "reset"
            seed_episode(env, seed)
            policy.begin(env, seed)
            observation, _ = env.reset(seed=seed)
            yield Check(stage, GOOD, f"with seed {seed}")
            stage = "step"
            result = env.step(first_action(policy, env, observation, request.num_envs or 1))
            one_step(result)
            yield Check(stage, GOOD, first_step(result))
        except Exception as error:  # of the policy or the environment
            failed = failure(seed, error)
            raise BadRequest(failed.sentence(), failed.place) from error
        yield _frame(request, *(picture(env) if ffmpeg else ("unfilmed", "")))
        env.close()
    except MonitorError as error:
        yield Check(stage, BAD, str(error), error.hint)


def _command(request: Request, ffmpeg: str | None) -> Iterator[Check]:
    """Run the command until its first step, recorded into a folder that is thrown away."""
    with (
        tempfile.TemporaryDirectory(prefix="monitorcli-") as folder,
        tempfile.TemporaryFile() as output,
        new_status_log() as status_log,
    ):
        settings = settings_of(request, ffmpeg)._replace(directory=folder, rehearsal=True)
        variables = environment(settings, status_log, os.environ)
        try:
            with command.running(request.command, variables, output) as running:
                yield from _stages(request, running, status_log, output)
        except command.CannotRun as error:
            yield Check("command", BAD, str(error), error.hint)


def _stages(request: Request, running: Popen[bytes], status_log: Path, output: IO[bytes]) -> Iterator[Check]:
    """Yield each stage when the command reaches it, and end with the first stage it fails to reach."""
    names = ("hook", "Gymnasium", "environment", "reset", "step", "frame")
    reached = 0
    until = time.monotonic() + PATIENCE
    while reached < len(names):
        over = running.poll() is not None or time.monotonic() > until
        told = read_status_log(status_log)
        stages = _stages_reached(request, told)
        yield from stages[reached:]
        reached = len(stages)
        if over and reached < len(names):
            yield Check(names[reached], BAD, *_why_not(request, told, running, output))
            return
        time.sleep(_POLL)


def _stages_reached(request: Request, told: StatusLog) -> list[Check]:
    """The stages that were told of."""
    first = [
        (told.python, "hook", f"reached {', '.join(dict.fromkeys(told.python))}"),
        (told.gymnasium, "Gymnasium", "was imported, and its make is recorded"),
        (told.place, "environment", "; ".join(told.place[:_MOST_PLACES])),
        (told.reset, "reset", f"of {''.join(told.reset[:1])}"),
    ]
    stages = [Check(name, GOOD, text) for reached, name, text in first if reached]
    if told.step:
        left = [remark for remark in told.remark if NOT_FROM_HERE in remark]
        stages.append(Check("step", BAD if left else GOOD, told.step[0], "\n".join(left)))
        kind = next(kind for kind in ("frame", "broken", "unfilmed") if getattr(told, kind))
        stages.append(_frame(request, kind, getattr(told, kind)[0]))
    return stages


def _frame(request: Request, kind: str, text: str) -> Check:
    state = {"frame": GOOD, "broken": BAD, "unfilmed": NEITHER}[kind]
    reason = "not wanted with --video none" if request.video == "none" else "there is no encoder"
    return Check("frame", state, text or reason, _WITHOUT if state == BAD else "")


def _why_not(request: Request, told: StatusLog, running: Popen[bytes], output: IO[bytes]) -> tuple[str, str]:
    """Why the command got no further, and the end of its output if that helps."""
    status = running.poll()
    if status == 0:
        reason, hint = why_nothing(told, request.command)
    else:
        output.seek(max(0, output.seek(0, os.SEEK_END) - _TAIL_BYTES))
        hint = "\n".join(output.read().decode(errors="replace").splitlines()[-_TAIL:])
        reason = f"the command did not come so far in {PATIENCE} s."
    if status:
        ended = f"exit status {status}" if status > 0 else f"signal {-status}"
        reason = f"the command ended before, with {ended}."
    return reason, "\n".join([*told.remark, hint])
