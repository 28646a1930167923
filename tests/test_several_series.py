"""What `inspect` judges and compares where a recording has several series."""

import shlex
import sys

import pytest
from commands import monitorcli, script
from test_series import HELPER, SWEEP


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """A folder with a recording of several series, whose name a shell would take apart, and two of one."""
    folder = tmp_path_factory.mktemp("recordings")
    (folder / "p.py").write_text("def act(observation):\n    return 0\n")
    for name, text in (("my runs/#1", HELPER), ("one", SWEEP)):
        words = ("--video", "none", "--", sys.executable, script(folder, text), "3")
        assert monitorcli("start", name, *words, cwd=folder).returncode == 0
    evaluation = ("--env", "CartPole-v1", "--policy", "p.py:act", "--episodes", "3", "--seed", "0")
    assert monitorcli("start", "eval", *evaluation, "--video", "none", cwd=folder).returncode == 0
    return folder


def inspect(recordings, *words):
    return monitorcli("inspect", *words, cwd=recordings, MONITORCLI_INSPECT_FORMAT="markdown")


def test_a_gate_judges_one_series_and_the_lines_to_paste_say_which(recordings):
    words = ("my runs/#1", "--fail-under", "recent:5", "--min-episodes", "2", "--last", "100")
    done = inspect(recordings, *words)
    told, *lines = done.stderr.splitlines()
    assert (done.returncode, told) == (2, "monitorcli: my runs/#1 has 5 series, and a gate judges one.")
    assert lines[1] == (
        "  monitorcli inspect 'my runs/#1' --series 'CartPole-v1 #2' --last 100 --min-episodes 2 "
        "--fail-under recent:5"
    )
    statuses = [inspect(recordings, *shlex.split(line)[2:]) for line in lines]
    assert [done.returncode for done in statuses] == [0, 0, 0, 1, 1]
    assert statuses[3].stderr.splitlines() == [
        "monitorcli: gate not met: CartPole-v1 #4: 1 episodes completed, at least 2 wanted."
    ]


@pytest.mark.parametrize("option", [("--env", "Mount*"), ("--series", "CartPole-v1 #2")])
def test_a_selection_of_one_series_is_judged(recordings, option):
    assert inspect(recordings, "my runs/#1", *option, "--fail-under", "recent:-200").returncode == 0


def test_a_baseline_of_another_environment_is_refused_with_the_ways_on(recordings):
    done = inspect(recordings, "my runs/#1", "--baseline", "one", "--series", "MountainCar-v0")
    assert (done.returncode, done.stderr.splitlines()) == (
        2,
        [
            "monitorcli: MountainCar-v0 is in my runs/#1, and CartPole-v1 in its baseline one: their returns "
            "are not on one scale.",
            "  To compare them all the same: --force-baseline",
        ],
    )
    words = ("my runs/#1", "--baseline", "one", "--series", "MountainCar-v0", "--force-baseline")
    assert "### \\#1 against one" in inspect(recordings, *words).stdout


def test_of_several_series_those_are_offered_that_the_baseline_has_too(recordings):
    done = inspect(recordings, "my runs/#1", "--baseline", "one", "--fail-regression", "mean:5%")
    line = "monitorcli inspect 'my runs/#1' --series CartPole-v1 --baseline one --fail-regression mean:5%"
    assert (done.returncode, line in done.stderr) == (2, True)
    done = inspect(recordings, "my runs/#1", "--baseline", "one")
    line = done.stderr.splitlines()[1]
    assert line == "  monitorcli inspect 'my runs/#1' --series CartPole-v1 --baseline one"
    assert inspect(recordings, *shlex.split(line)[2:]).returncode == 0


def test_a_series_is_compared_with_that_of_its_name(recordings):
    done = inspect(recordings, "one", "--baseline", "my runs/#1")
    assert "| mean return | 10 (n=3) | 10 (n=3) | 0 " in done.stdout
    done = inspect(recordings, "eval", "--baseline", "my runs/#1")
    assert (done.returncode, done.stderr.splitlines()) == (
        2,
        [
            "monitorcli: eval has the series CartPole-v1 evaluation, and its baseline my runs/#1 has none of "
            "that name, but CartPole-v1, CartPole-v1 #2, CartPole-v1 #3, CartPole-v1 #4, MountainCar-v0."
        ],
    )


def test_what_no_series_has_is_refused_with_those_there_are(recordings):
    done = inspect(recordings, "eval", "--series", "CartPole-v1", "--fail-under", "mean:5")
    told, line = done.stderr.splitlines()
    assert (done.returncode, told) == (2, "monitorcli: eval has no episodes of series CartPole-v1.")
    assert line == "  monitorcli inspect eval --series 'CartPole-v1 evaluation' --fail-under mean:5"
    assert inspect(recordings, *shlex.split(line)[2:]).returncode == 0
