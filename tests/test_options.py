"""Every two options of a command: both have their effect, or the command is refused and says which two."""

import functools
import itertools
import os
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from helpers import assert_golden
from writing import packed, write

from monitorcli.cli import check, inspect_options, main, record_command, record_evaluation, request
from monitorcli.cli.variables import variable
from monitorcli.format import log
from monitorcli.format.environment import Environment

# How each option of `inspect` is typed here, so that what it does can be seen whatever else is asked for.
INSPECT = {
    "--format": ("--format", "json"),
    "--output": ("--output", "answer.txt"),
    "--summary": ("--summary",),
    "--sort": ("--sort", "return"),
    "--x": ("--x", "steps"),
    "--env": ("--env", "Lift*"),
    "--mode": ("--mode", "evaluation"),
    "--series": ("--series", "Lift-v0 evaluation"),
    "--run": ("--run", "1"),
    "--slot": ("--slot", "1"),
    "--last": ("--last", "3"),
    "--window": ("--window", "2"),
    "--confidence": ("--confidence", "0.5"),
    "--baseline": ("--baseline", "main-eval"),
    "--force-baseline": ("--force-baseline", "--baseline", "other"),
    "--replay": ("--replay", "2"),
    "--seed": ("--seed", "7"),
    "--film": ("--film", "best"),
    "--anyway": ("--anyway",),
    "--sheet": ("--sheet", "sheet.png"),
    "--gif": ("--gif", "best.gif"),
    "--make": ("--make", "Other-v1"),
    "--env-arg": ("--env-arg", "length=3"),
    "--wrapper": ("--wrapper", "gymnasium.wrappers:ClipAction"),
    "--fail-under": ("--fail-under", "mean:1e9"),
    "--fail-regression": ("--fail-regression", "mean:0"),
    "--min-episodes": ("--min-episodes", "1000"),
    "--episode": ("--episode", "worst"),
    "--watch": ("--watch",),
    "--verify": ("--verify",),
    "--as": ("--as", "sb3"),
}
# The other formats but the usual one, for what a format has no room for.
FORMATS = {
    f"--format {name}": ("--format", name)
    for name in inspect_options.FORMATS
    if name not in ("table", "json", "parquet")  # which needs a package that may not be there
}
TYPED = {**INSPECT, **FORMATS}
# A second directory, for what is of several.
WORDS = {**TYPED, "DIR": ("main-eval",)}
# What can do nothing without another option.
NEEDS = {
    "--sort": ("DIR",),
    "--x": ("DIR",),
    "--fail-under": ("--series",),
    "--fail-regression": ("--baseline", "--series"),
    "--min-episodes": ("--series",),
    "--episode": ("--series",),
    "--film": ("--series",),
    "--anyway": ("--film", "--series"),
    "--gif": ("--episode", "--series"),
    **dict.fromkeys(("--seed", "--make", "--env-arg", "--wrapper"), ("--replay",)),
    "--format junit": ("--min-episodes", "--series"),
}
# What stands for another: each of the first leaves one series.
GIVES = {
    **dict.fromkeys(("--env", "--mode", "--run", "--slot"), "--series"),
    "--force-baseline": "--baseline",
    "--format": "json",
}


LIFT, OTHER = Environment("Lift-v0", "1.4.0"), Environment("Other-v0", "1.4.0")


@pytest.fixture(autouse=True, scope="module")
def _recordings(tmp_path_factory):
    """Directories with a recording of ours, of two series, and one of Stable-Baselines3."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("options"))
    for name, shift in (("eval", 0.0), ("main-eval", 5.0)):
        values = [7.0 * row % 11 + shift for row in range(10)]
        write(Path(name), *(packed(2 * row, value) for row, value in enumerate(values)))
        lifts = [packed(2 * row + 1, v + 1, mode=b"e", slot=row // 4 % 2) for row, v in enumerate(values)]
        write(Path(name), *lifts, packed(20, end=log.CUT_RESET, mode=b"e", slot=1), run=1, environment=LIFT)
        (Path(name) / "0.monitor.csv").write_text(
            '#{"t_start": 1795269720.0, "env_id": "Lift-v0"}\nr,l,t\n'
            + "".join(f"{row + shift},{row + 3},{row}\n" for row in range(6))
        )
    write(Path("other"), *(packed(row, float(row), mode=b"e") for row in range(4)), environment=OTHER)
    (Path("other") / "0.monitor.csv").write_text(
        '#{"t_start": 1795269720.0, "env_id": "Other-v0"}\nr,l,t\n1,2,3\n4,5,6\n'
    )
    yield
    os.chdir(before)


def inspect(*options, **environment):
    """What comes of it: status, stdout, stderr, the file and the summary; without the time of day."""
    for name in ("answer.txt", "step"):
        Path(name).unlink(missing_ok=True)
    done = CliRunner(env={"GITHUB_STEP_SUMMARY": "step", **environment}).invoke(
        main, ["inspect", "eval", *options]
    )
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    files = [Path(name).read_bytes() if Path(name).exists() else None for name in ("answer.txt", "step")]
    shown = re.sub(rb"\d\d:\d\d:\d\d UTC", b"", done.stdout_bytes)
    if "npz" in options:
        shown = re.sub(rb"PK\x03\x04.{26}|PK\x01\x02.{42}", b"", shown, flags=re.DOTALL)  # dates of its parts
    return done.exit_code, shown, done.stderr, *files


def refused(outcome, *names):
    """Whether the request was refused with one sentence that names both."""
    status, shown, remark = outcome[:3]
    sentence, _, hint = remark.partition("\n")
    words = sentence.split()
    named = all(
        any(word in words for word in (*name.split(), GIVES.get(name), *NEEDS.get(name, ())))
        for name in names
    )
    return (status, shown, named, bool(hint)) == (2, b"", True, True)


def options_of(command):
    return [param.opts[0] for param in main.commands[command].params if isinstance(param, click.Option)]


def test_each_option_of_inspect_has_its_place():
    taken = set().union(*inspect_options.TAKES.values())
    purposes = set(inspect_options.TAKES) - {inspect_options.REPORT}
    assert set(INSPECT) == set(options_of("inspect")) == taken | purposes
    assert not taken & purposes


def judged(one, other):
    """`+` when both have their effect, `-` when they are refused together, else what is wrong.

    `.` when both leave no episode.
    """
    if (
        one == other
        or one.split()[0] == other.split()[0]
        or {one, other} == {"--baseline", "--force-baseline"}
    ):
        return " "
    given = {one, other, *(GIVES.get(name) for name in (one, other))}
    wanted = dict.fromkeys(need for name in (one, other) for need in NEEDS.get(name, ()))
    if given & {"--film", "--anyway"} and given & {"--make", "--env-arg", "--wrapper"}:
        wanted.pop("--replay")  # they go with either
    needed = tuple(need for need in wanted if need not in given)
    together = run(one, other, *needed)
    if refused(together, one, other) or refused(run(one, other), one, other):
        return "-"
    if together[0] == 2 and re.search(r" (has|holds) no (episodes?|series) ", together[2]):
        return "."
    if together[0] not in (0, 1):
        return f"{one} {other}: {together[2]}"
    for left_out, left in ((one, other), (other, one)):
        if run(left, *needed) == together:
            return f"{left_out} does nothing beside {left}"
    return "+"


@functools.cache
def run(*names):
    return inspect(*(word for name in names for word in WORDS[name]))


def test_any_two_options_of_inspect_work_or_are_refused():
    """tests/golden/options-inspect.txt: + works, - is refused, . leaves nothing."""
    table = {one: [judged(one, other) for other in TYPED] for one in TYPED}
    wrong = [said for row in table.values() for said in row if len(said) > 1]
    assert not wrong, "\n".join(wrong)
    head = [" " * 20 + " ".join(column).rstrip() for column in itertools.zip_longest(*TYPED, fillvalue=" ")]
    rows = [f"{name:20}{' '.join(table[name]).rstrip()}" for name in TYPED]
    assert_golden("options-inspect.txt", "".join(f"{line}\n" for line in rows + head))


@pytest.mark.parametrize("purpose", [(), *(INSPECT[name] for name in ("--episode", "--watch", "--verify"))])
@pytest.mark.parametrize("option", [name for name in INSPECT if name not in ("--force-baseline", "--gif")])
def test_a_variable_that_is_of_no_use_is_left_alone(option, purpose):
    """A job sets its variables for all of its commands: none of them makes one of these impossible."""
    value = INSPECT[option][-1] if len(INSPECT[option]) > 1 else "1"
    before, after = inspect(*purpose), inspect(*purpose, **{variable_of(option): value})
    takes = inspect_options.TAKES[purpose[0] if purpose else inspect_options.REPORT]
    unused = bool(purpose) or option not in inspect_options.TAKES
    assert (after == before) == (unused and option not in takes)


def variable_of(option):
    (param,) = [param for param in main.commands["inspect"].params if param.opts[0] == option]
    return variable(param, "inspect")


def test_of_what_was_typed_nothing_is_lost_to_a_variable():
    status, shown, remark = inspect("--fail-under", "mean:1e9", MONITORCLI_INSPECT_VERIFY="1")[:3]
    assert (status, shown) == (2, b"")
    assert remark.startswith("monitorcli: --verify and --fail-under do not go together.\n")
    assert inspect("--verify", MONITORCLI_INSPECT_WATCH="1") == inspect("--verify")
    status, _, remark = inspect(MONITORCLI_INSPECT_VERIFY="1", MONITORCLI_INSPECT_WATCH="1")[:3]
    assert (status, remark.splitlines()[0]) == (2, "monitorcli: --watch and --verify do not go together.")
    status, _, remark = inspect("--window", "2", MONITORCLI_INSPECT_FORMAT="csv")[:3]
    assert (status, remark.splitlines()[0]) == (2, "monitorcli: csv has no room for what --window adds.")


def test_what_a_format_has_no_room_for_may_be_for_a_gate_or_the_summary():
    one = ("--series", "Lift-v0 evaluation")
    gate = ("--format", "csv", *one, "--fail-under", "ci_low(mean):5.0")
    assert [inspect(*gate, "--confidence", share)[0] for share in ("0.5", "0.99")] == [0, 1]
    assert inspect("--format", "csv", "--window", "2", "--summary")[0] == 0
    fall = ("--format", "npz", *one, "--baseline", "main-eval", "--fail-regression")
    assert [inspect(*fall, limit)[0] for limit in ("mean:0", "mean:1000")] == [1, 0]


START = {
    "--env": ("--env", "CartPole-v1"),
    "--env-arg": ("--env-arg", "sutton_barto_reward=true"),
    "--wrapper": ("--wrapper", "gymnasium.wrappers:ClipAction"),
    "--max-episode-steps": ("--max-episode-steps", "9"),
    "--policy": ("--policy", "random"),
    "--deterministic": ("--deterministic",),
    "--vecnormalize": ("--vecnormalize", "none"),
    "--trust-policy": ("--trust-policy",),
    "--episodes": ("--episodes", "3"),
    "--seed": ("--seed", "7"),
    "--workers": ("--workers", "2"),
    "--engine": ("--engine", "local"),
    "--num-envs": ("--num-envs", "4"),
    "--shard": ("--shard", "1/2"),
    "--repeat": ("--repeat", "3"),
    "--reuse-env": ("--reuse-env",),
    "--video": ("--video", "first:1"),
    "--fps": ("--fps", "5"),
    "--trace": ("--trace", "first:2"),
    "--mode": ("--mode", "evaluation"),
    "--keep": ("--keep", "best:3,last"),
    "--max-frames": ("--max-frames", "9"),
    "--frame-skip": ("--frame-skip", "2"),
    "--scale": ("--scale", "0.5"),
    "--crf": ("--crf", "30"),
    "--preset": ("--preset", "medium"),
    "--only": ("--only", "CartPole-v1"),
    "--skip": ("--skip", "Ant-v5"),
    "--evaluation": ("--evaluation", "CartPole-v1"),
    "--baseline": ("--baseline", "main-eval", "--fail-regression", "mean:1"),
    "--fail-under": ("--fail-under", "mean:2"),
    "--fail-regression": ("--fail-regression", "mean:3", "--baseline", "main-eval"),
    "--min-episodes": ("--min-episodes", "2"),
    "--stop-when-decided": ("--stop-when-decided", "--fail-under", "success:4%"),
    "--error": ("--error", "0.1", "--stop-when-decided", "--fail-under", "success:5%"),
    "--return-range": ("--return-range", "0:9", "--stop-when-decided", "--fail-under", "mean:6"),
    "--force": ("--force",),
    "--check": ("--check",),
}
# An evaluation needs all of these, a shard the seed too; what else is recorded is a command.
EVALUATION = ("--env", "--policy", "--episodes", "--seed")


@pytest.fixture
def started(monkeypatch):
    """What `start` with some options comes to: its status, what it says, and what would be recorded how."""
    calls = []

    def instead(module):
        def note(asked, existing):
            calls.append((module.__name__, request.checked(asked), existing))
            raise SystemExit(0)

        return note

    for module, name in ((record_command, "record"), (record_evaluation, "record"), (check, "check")):
        monkeypatch.setattr(module, name, instead(module))

    def run(names, ending):
        calls.clear()
        typed = [word for name in names for word in START[name]]
        done = CliRunner().invoke(main, ["start", "nowhere", *typed, *ending])
        return done.exit_code, done.stderr, tuple(calls)

    return run


def test_any_two_options_of_start_work_or_are_refused(started):
    """Tried with a command and as an evaluation; tests/golden/options-start.txt: + works, - is refused."""
    assert set(START) == set(options_of("start"))
    rows = []
    for one in START:
        marks = []
        for other in START:
            forms = [(EVALUATION, ()), ((), ("--", "true"))]
            tried = [pair_of_start(started, one, other, *form) for form in forms] if one != other else [" "]
            assert set(tried) <= {"+", "-", " "}, tried
            marks.append(max(tried, key="-+ ".index))
        rows.append(f"{one:20}{' '.join(marks).rstrip()}\n")
    assert_golden("options-start.txt", "".join(rows))


def pair_of_start(started, one, other, needed, ending):
    def typed(*names):
        return started([name for name in START if name in (*names, *needed)], ending)

    status, remark, calls = typed(one, other)
    if status == 2:
        return "-" if calls == () and (one in remark or other in remark) and remark.count("\n") else remark
    alone = [typed(left) for left, left_out in ((one, other), (other, one)) if left_out not in needed]
    return "+" if (status, remark, calls) not in alone else f"{one} {other}: one does nothing"


def test_resume_has_the_options_of_start_and_checks_them_the_same():
    assert set(options_of("start")) - set(options_of("resume")) == {"--force", "--check"}
    assert set(options_of("resume")) - set(options_of("start")) == {"--accept-changes"}


@pytest.mark.parametrize("other", ["--yes", "--stale"])
def test_with_dry_run_clear_only_lists_whatever_else_is_given(tmp_path, other):
    assert options_of("clear") == ["--dry-run", "--yes", "--stale"]
    write(tmp_path / "run", packed(0))
    before = sorted(tmp_path.rglob("*"))
    done = CliRunner().invoke(main, ["clear", str(tmp_path / "run"), "--dry-run", other])
    assert (done.exit_code, sorted(tmp_path.rglob("*"))) == (0, before)
    assert len(done.stdout.splitlines()) == len(before) - 1


def test_what_is_watched_can_be_chosen():
    shown = inspect("--watch", "--mode", "evaluation", "--last", "3")[1].decode()
    assert shown == " · 21 episodes · Lift-v0 evaluation: mean return 5.667 (last 3)\n"


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("command", sorted(main.commands))
def test_each_command_explains_itself(command, option):
    done = CliRunner().invoke(main, [command, option])
    assert done.exit_code == 0, done.exception
    assert f"Usage: main {command} " in done.stdout
    assert "-h, --help" in done.stdout


def test_force_baseline_alone_is_refused_where_it_was_typed():
    refusal = "monitorcli: --force-baseline needs --baseline: the recording to compare with.\n"
    done = inspect("--force-baseline")
    assert (done[0], done[1], done[2].startswith(refusal)) == (2, b"", True)
    assert inspect(MONITORCLI_INSPECT_FORCE_BASELINE="1") == inspect()
