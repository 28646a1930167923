"""Which episodes are averaged: those of one environment, made at one place of a script."""

import json
import os
import sys

import numpy as np
import pytest
from commands import monitorcli, record, script

from monitorcli.format.environment import Environment
from monitorcli.monitor.environment import describe, is_named
from monitorcli.recording import read

PLAY = """
def play(env, episodes):
    for seed in range(episodes):
        env.reset(seed=seed)
        while not any(env.step(0)[2:4]):
            pass
    env.close()
def play_all(envs, steps):
    envs.reset(seed=0)
    for _ in range(steps):
        envs.step(envs.action_space.sample() * 0)
    envs.close()
"""

HELPER = (
    """
import gymnasium
def helper(**arguments):
    return gymnasium.make("CartPole-v1", **arguments)
"""
    + PLAY
    + """
play(helper(), 3)
play(helper(), 2)
for _ in range(4):
    play(helper(), 1)
play(helper(max_episode_steps=5), 1)
play(gymnasium.make("MountainCar-v0"), 1)
"""
)

VECTORS = (
    """
import gymnasium
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv
def one():
    return gymnasium.make("CartPole-v1")
def other():
    return gymnasium.make("CartPole-v1")
"""
    + PLAY
    + """
if __name__ == "__main__":
    context = CONTEXT
    train = AsyncVectorEnv([one, other, one], context=context)
    check = AsyncVectorEnv([one], context=context)
    beside = SyncVectorEnv([
        lambda: one(),
        lambda: other(),
    ])
    play_all(train, 15)
    play_all(check, 15)
    play_all(beside, 15)
"""
)

SWEEP = (
    """
import sys, gymnasium
"""
    + PLAY
    + """
play(gymnasium.make("CartPole-v1"), int(sys.argv[1]))
"""
)


def series_of(directory):
    """Of each series: its name, the script that it was made in, and how many episodes it has."""
    recording = read(directory)
    return [
        (series.name, series.place.rpartition(":")[0], int((recording.episodes.series == number).sum()))
        for number, series in enumerate(recording.series)
    ]


def test_environments_of_one_place_and_with_the_same_arguments_are_one_series(tmp_path):
    assert record(script(tmp_path, HELPER), tmp_path).returncode == 0
    assert series_of(tmp_path / "runs") == [
        ("CartPole-v1", "script.py", 3),
        ("CartPole-v1 #2", "script.py", 2),
        ("CartPole-v1 #3", "script.py", 4),
        ("CartPole-v1 #4", "script.py", 1),
        ("MountainCar-v0", "script.py", 1),
    ]


def test_a_place_is_the_line_that_tells_a_series_from_the_others(tmp_path):
    record(script(tmp_path, HELPER), tmp_path)
    lines = HELPER.splitlines()
    found = [int(series.place.rpartition(":")[2]) for series in read(tmp_path / "runs").series]
    assert [lines[line - 1].strip() for line in found] == [
        "play(helper(), 3)",
        "play(helper(), 2)",
        "play(helper(), 1)",
        "play(helper(max_episode_steps=5), 1)",
        'play(gymnasium.make("MountainCar-v0"), 1)',
    ]


@pytest.mark.parametrize("context", ["fork", "spawn", "forkserver"])
def test_a_vector_environment_is_one_series_in_whatever_processes_it_runs(tmp_path, context):
    name = script(tmp_path, VECTORS.replace("CONTEXT", repr(context)))
    assert record(name, tmp_path).returncode == 0
    series = read(tmp_path / "runs").series
    assert [(one.name, len(one.writers)) for one in series] == [
        ("CartPole-v1", 3),
        ("CartPole-v1 #2", 1),
        ("CartPole-v1 #3", 1),
    ]


def test_processes_that_were_started_with_other_arguments_are_other_series(tmp_path):
    script(tmp_path, SWEEP)
    (tmp_path / "sweep.sh").write_text("for n in 2 3 2; do python script.py $n; done")
    command = ["start", "runs", "--video", "none", "--", "sh", "sweep.sh"]
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    assert monitorcli(*command, cwd=tmp_path, PATH=path).returncode == 0
    assert series_of(tmp_path / "runs") == [
        ("CartPole-v1", "script.py", 4),
        ("CartPole-v1 #2", "script.py", 3),
    ]


@pytest.mark.parametrize("pattern", ["CartPole-v1", "Cart*", "script.py:LINE"])
def test_what_evaluation_names_is_a_series_of_its_own(tmp_path, pattern):
    line = HELPER.splitlines().index("play(helper(), 2)") + 1
    words = ["start", "runs", "--video", "none", "--evaluation", pattern.replace("LINE", str(line))]
    monitorcli(*words, "--", sys.executable, script(tmp_path, HELPER), cwd=tmp_path)
    modes = [series.mode for series in read(tmp_path / "runs").series]
    by_place = ["training", "evaluation", "training", "training", "training"]
    assert modes == (by_place if "LINE" in pattern else ["evaluation"] * 4 + ["training"])


@pytest.mark.parametrize(
    ("pattern", "quoted"), [("Acrobot-v1", "Acrobot-v1"), ("script.py:1", "script.py:1"), ("a b*", "'a b*'")]
)
def test_what_evaluation_names_in_vain_is_said_with_what_there_was(tmp_path, pattern, quoted):
    text = (
        'import gymnasium\ndef helper():\n    return gymnasium.make("CartPole-v1")\n'
        + PLAY
        + "play(helper(), 1)"
    )
    line = len(text.splitlines())
    words = ["start", "runs", "--video", "none", "--evaluation", pattern, "--evaluation", "Cart*"]
    done = monitorcli(*words, "--", sys.executable, script(tmp_path, text), cwd=tmp_path)
    assert (done.returncode, done.stderr.splitlines()) == (
        0,
        [
            f"monitorcli: --evaluation {quoted} matched no environment. There were:",
            f"  CartPole-v1 was made at script.py:3, called from script.py:{line}",
            "monitorcli: CartPole-v1, 1 episode, mean return 11 -> runs",
        ],
    )


def test_a_run_says_where_it_comes_from(tmp_path):
    record(script(tmp_path, HELPER), tmp_path)
    said = json.loads((tmp_path / "runs" / "openaigym.run.000000.json").read_text())["provenance"]
    assert said["directory"] == str(tmp_path)
    assert sorted(said) == ["directory", "git", "host", "versions"]


def test_arguments_are_kept_as_json_that_is_small_and_has_no_addresses(tmp_path):
    class Spec:
        id, max_episode_steps = "Any-v0", None
        kwargs = {
            "a": 1,
            "size": (2, 3),
            "f": print,
            "o": object(),
            "n": np.int64(7),
            "t": "x" * 300,
            "render_mode": "human",
        }

    class Env:
        spec = Spec

    found = describe(Env()).arguments
    assert {name: found[name] for name in ("a", "size", "f", "o", "n")} == {
        "a": 1,
        "size": [2, 3],
        "f": "<builtins.print>",
        "o": "<builtins.object>",
        "n": 7,
    }
    assert sorted(found) == ["a", "f", "n", "o", "size", "t"]
    assert found["t"].startswith("x" * 200 + "... sha256:")


def test_a_place_is_named_by_the_end_of_its_path():
    about = Environment("CartPole-v1", made_at=(("pkg/envs.py", 4, "make"), ("train.py", 31, "main")))
    here = f"{os.getcwd()}/train.py:31"
    known = ("train.py:31", "./train.py:31", here, "envs.py:4", "pkg/envs.py:4", "CartPole-*")
    unknown = ("rain.py:31", "train.py:4", "/train.py:31", "Cart", "train.py")
    assert [name for name in (*known, *unknown) if is_named(about, name)] == list(known)
