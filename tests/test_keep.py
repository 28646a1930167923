"""Films that are kept for what their episode came to."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import gymnasium
import pytest
from click.testing import CliRunner
from commands import monitorcli, script
from environments import play

from monitorcli import Monitor
from monitorcli.cli import main
from monitorcli.errors import BadRequest
from monitorcli.monitor.recovery import recover
from monitorcli.recording import read
from monitorcli.recording.verify import verify
from monitorcli.video.ffmpeg import find_ffmpeg
from monitorcli.video.keep import Outcome, chosen, parse


def filmed(directory):
    """The lengths of the episodes that have a film, in the order of the episodes."""
    recording = read(directory)
    return [int(recording.episodes.length[video.episode]) for video in recording.films]


def outcomes(*returns, **more):
    return [Outcome(order, value, True, **more) for order, value in enumerate(returns)]


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        ("best", [2]),
        ("best:2", [1, 2]),
        ("worst:2", [0, 3]),
        ("last", [4]),
        ("best:1,worst:1,last:2", [0, 2, 3, 4]),
        ("best:9", [0, 1, 2, 3, 4]),
        ("failed:3", []),
    ],
)
def test_what_a_rule_keeps_of_returns_1_5_9_minus_1_5_is_by_return_and_of_equals_the_first(rules, kept):
    given = outcomes(1.0, 5.0, 9.0, 1.0, 5.0)
    assert sorted(one.order for one in chosen(parse(rules), given)) == kept


def test_nan_is_neither_best_nor_worst_and_incomplete_episodes_are_not_kept():
    given = [*outcomes(float("nan"), 2.0), Outcome(2, 9.0, False)]
    assert {one.order for one in chosen(parse("best:3,worst:3"), given)} == {1}
    assert [one.order for one in chosen(parse("last"), given)] == [1]


def test_failed_are_the_latest_that_the_environment_itself_says_did_not_succeed():
    given = [Outcome(order, 1.0, True, success) for order, success in enumerate([0, 1, 0, -1, 0])]
    assert sorted(one.order for one in chosen(parse("failed:2"), given)) == [2, 4]


def test_training_and_evaluation_have_their_own_best():
    given = [
        Outcome(0, 1.0, True, mode=b"t"),
        Outcome(1, 2.0, True, mode=b"e"),
        Outcome(2, 3.0, True, mode=b"e"),
    ]
    assert sorted(one.order for one in chosen(parse("best"), given)) == [0, 2]


@pytest.mark.parametrize("text", ["", "best:0", "median", "best:3,best:4", "best;worst", "last:-1"])
def test_what_is_no_rule_is_refused(text):
    with pytest.raises(BadRequest, match="--keep"):
        parse(text)


LENGTHS = (4, 2, 9, 7, 1, 9, 3, 5)  # each step gives 1.0


def monitor(directory, rules, **more):
    env = gymnasium.make("Countdown-v0", lengths=LENGTHS, render_mode="rgb_array")
    return Monitor(env, directory, keep=rules, **more)


def test_only_the_films_of_the_best_the_worst_and_the_last_are_left_and_the_manifest_names_them(tmp_path):
    with monitor(tmp_path, "best:2,worst:1,last") as env:
        play(env, len(LENGTHS))
    assert filmed(tmp_path) == [9, 1, 9, 5]
    (manifest,) = tmp_path.glob("openaigym.manifest.*")
    named = {name for pair in json.loads(manifest.read_text())["videos"] for name in pair}
    assert named == {path.name for path in tmp_path.glob("openaigym.video.*")}
    assert not list(tmp_path.glob("*undecided*"))
    assert verify(tmp_path, find_ffmpeg()) == []
    meta = json.loads(next(tmp_path.glob("*video000002.meta.json")).read_text())
    assert (meta["keep"], meta["frames"]) == ("best:2,worst:1,last:1", 10)


def test_while_it_runs_there_are_never_more_films_than_the_rules_have_room_for(tmp_path, frames):
    most = 0
    with monitor(tmp_path, "best:2,last") as env:
        for _ in range(40):
            play(env)
            most = max(most, len(list(tmp_path.glob("*.mp4"))))
    assert most == 3


def test_what_the_schedule_chose_is_kept_and_leaves_the_others_less_room(tmp_path, frames):
    with monitor(tmp_path, "best:2", video_callable=lambda episode: episode in (1, 2)) as env:
        play(env, len(LENGTHS))
    assert filmed(tmp_path) == [2, 9, 9]  # the schedule's, one of which is among the best two


def test_an_episode_that_is_running_is_filmed_under_a_name_that_no_reader_takes_for_a_film(tmp_path, frames):
    env = monitor(tmp_path, "last")
    env.reset()
    env.step(0)
    (film,) = tmp_path.glob("*.mp4")
    assert film.name.startswith("openaigym.undecided.")
    assert read(tmp_path).videos == ()
    assert not list(tmp_path.glob("*.meta.json"))
    env.close()
    assert not list(tmp_path.glob("*.mp4"))


KILLED = """
import os, signal
import environments
import gymnasium
from monitorcli import Monitor
made = gymnasium.make("Countdown-v0", lengths=(5, 9, 2, 7), render_mode="rgb_array")
env = Monitor(made, "runs", keep="best:2")
for episode in range(4):
    env.reset()
    for step in range((5, 9, 2, 7)[episode]):
        env.step(0)
env.reset()
env.step(0)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_after_a_kill_recovery_leaves_the_films_that_were_kept_until_then_and_no_other(tmp_path):
    (tmp_path / "script.py").write_text(KILLED)
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(__file__)}
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, env=environment, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert len(list((tmp_path / "runs").glob("openaigym.undecided.*"))) == 1
    recover(tmp_path / "runs")
    assert filmed(tmp_path / "runs") == [9, 7]
    assert not list((tmp_path / "runs").glob("openaigym.undecided.*"))


PROCESSES = """
import multiprocessing, sys
sys.path.insert(0, {tests!r})
import environments
import gymnasium

def train(episodes):
    env = gymnasium.make("Countdown-v0", lengths=(3, 8, 5, 2, 9, 6), render_mode="rgb_array")
    for episode in range(episodes):
        env.reset()
        while not env.step(0)[2]:
            pass
    env.close()

if __name__ == "__main__":
    for episodes in (3, 6):
        process = multiprocessing.get_context("spawn").Process(target=train, args=(episodes,))
        process.start()
        process.join()
"""


def test_processes_of_one_series_leave_the_films_that_one_process_would_have_left(tmp_path):
    name = script(tmp_path, PROCESSES.format(tests=os.path.dirname(__file__)))
    done = monitorcli("start", "runs", "--keep", "best:2,worst", "--", sys.executable, name, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(filmed(tmp_path / "runs")) == [2, 8, 9]
    assert monitorcli("inspect", "runs", "--verify", cwd=tmp_path).returncode == 0


def test_the_runs_of_a_recording_leave_the_films_that_one_run_would_have_left_also_after_a_kill(tmp_path):
    name = script(
        tmp_path, PROCESSES.format(tests=os.path.dirname(__file__)) + "    os.kill(os.getppid(), 9)"
    )
    (tmp_path / name).write_text("import os\n" + (tmp_path / name).read_text())
    keep = ("runs", "--keep", "best:2,worst", "--", sys.executable, name)
    assert monitorcli("start", *keep, cwd=tmp_path).returncode == -signal.SIGKILL
    assert len(filmed(tmp_path / "runs")) == 6  # three of each process
    empty = sorted((tmp_path / "runs").glob("*.mp4"))[0]
    empty.write_bytes(b"")
    for again in range(3):
        assert monitorcli("resume", *keep, cwd=tmp_path).returncode == -signal.SIGKILL
        assert len(filmed(tmp_path / "runs")) == 3 + 6  # those of the runs before, and of this one
        assert not empty.exists()


def test_films_that_other_rules_kept_are_left_alone(tmp_path):
    name = script(tmp_path, PROCESSES.format(tests=os.path.dirname(__file__)))
    monitorcli("start", "runs", "--keep", "best:2,worst", "--", sys.executable, name, cwd=tmp_path)
    monitorcli("resume", "runs", "--keep", "best", "--", sys.executable, name, cwd=tmp_path)
    assert sorted(filmed(tmp_path / "runs")) == [2, 8, 9]  # the first 9 is the best of both runs


def test_a_film_that_cannot_be_removed_is_said_and_costs_nothing(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("monitorcli.cli.keep_films.remove_films", refuse)
    words = ("--env", "CartPole-v1", "--policy", "random", "--episodes", "3", "--seed", "0", "--keep", "best")
    done = CliRunner().invoke(main, ["start", str(tmp_path / "eval"), *words])
    assert (done.exit_code, done.exception) == (0, None)
    assert "films that --keep does not keep could not be removed: Permission denied.\n" in done.stderr
    assert read(tmp_path / "eval").runs[0].state == "complete"


def test_an_evaluation_keeps_films_by_outcome_too(tmp_path):
    done = monitorcli(
        *("start", "eval", "--env", "CartPole-v1", "--policy", "random", "--episodes", "9", "--seed", "0"),
        *("--keep", "best:2,last,failed:3"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert (
        "monitorcli: --keep failed kept nothing: no episode said whether it succeeded.\n"
        "  It is read from is_success or success in the info of the last step.\n"
    ) in done.stderr
    recording = read(tmp_path / "eval")
    best = sorted(range(9), key=lambda row: -recording.episodes.episode_return[row])[:2]
    assert sorted(video.episode for video in recording.films) == sorted({*best, 8})


def test_what_keep_cannot_be_is_refused_before_anything_is_touched(tmp_path):
    done = monitorcli("start", "runs", "--keep", "median:3", "--", "true", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        "monitorcli: --keep 'median:3': 'median:3' is no rule.\n"
        "  Use best:N, worst:N, failed:N, last:N, or several, with commas. For example: best:3,last\n",
    )
    assert not Path(tmp_path / "runs").exists()
