"""`monitorcli start DIR --env ID --policy P`: monitorcli runs the policy itself."""

import json
import os
import signal
import subprocess
import sys

import pytest
from commands import monitorcli, recorded

POLICIES = """
import numpy as np

def left(observation):
    return 0

class Right:
    def __call__(self, observation):
        return 1

class Model:
    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        assert deterministic
        return np.array(int(observation[2] > 0)), None

model = Model()
number = 3

def fails(observation):
    raise ValueError("no weights")

def odd(observation):
    return 17
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "policies.py").write_text(POLICIES)
    return tmp_path


def evaluate(folder, policy, *options, directory="eval", env="CartPole-v1", episodes="4"):
    return monitorcli(
        "start", directory, "--env", env, "--policy", policy, "--episodes", episodes, "--video", "none",
        *options, cwd=folder,
    )  # fmt: skip


def test_random_is_the_same_for_the_same_seed_and_other_for_another(folder):
    returns = []
    for directory, seed in (("a", "0"), ("b", "0"), ("c", "100")):
        done = evaluate(folder, "random", "--seed", seed, directory=directory)
        assert done.returncode == 0, done.stderr
        rows = recorded(directory, folder)
        assert [row["seed"] for row in rows] == [str(int(seed) + n) for n in range(4)]
        assert {row["mode"] for row in rows} == {"evaluation"}
        returns.append([row["return"] for row in rows])
    assert returns[0] == returns[1] != returns[2]


@pytest.mark.parametrize(
    "policy",
    ["policies.py:left", "policies:left", "./policies.py:Right", "policies.py:model", "policies:Model"],
)
def test_a_policy_is_a_function_a_class_or_an_object_with_predict(folder, policy):
    done = evaluate(folder, policy, "--seed", "0")
    assert done.returncode == 0, done.stderr
    assert len(recorded("eval", folder)) == 4


def test_the_returns_are_those_of_the_same_loop_by_hand(folder):
    import gymnasium

    env = gymnasium.make("CartPole-v1")
    expected = []
    for seed in range(5, 9):
        observation, _ = env.reset(seed=seed)
        total, over = 0.0, False
        while not over:
            observation, reward, terminated, truncated, _ = env.step(int(observation[2] > 0))
            total, over = total + reward, terminated or truncated
        expected.append(total)
    evaluate(folder, "policies.py:model", "--seed", "5")
    assert [float(row["return"]) for row in recorded("eval", folder)] == expected


def test_an_unseeded_evaluation_gets_a_seed_that_is_said_and_written_down(folder):
    done = evaluate(folder, "random")
    assert done.stderr.startswith("monitorcli: no --seed given; using ")
    seed = int(done.stderr.split("using ")[1].split(".")[0])
    assert [int(row["seed"]) for row in recorded("eval", folder)] == list(range(seed, seed + 4))
    assert json.loads((folder / "eval" / "openaigym.run.000000.json").read_text())["seed"] == seed


def test_a_resumed_evaluation_runs_what_is_missing_and_equals_one_never_stopped(folder):
    evaluate(folder, "random", "--seed", "3", directory="whole", episodes="6")
    evaluate(folder, "random", "--seed", "3", directory="parts", episodes="2")
    done = monitorcli("resume", "parts", "--episodes", "6", cwd=folder)
    assert done.returncode == 0, done.stderr
    kept = ("episode", "mode", "return", "length", "end", "seed")
    whole, parts = (
        [[row[name] for name in kept] for row in recorded(name, folder)] for name in ("whole", "parts")
    )
    assert whole == parts
    done = monitorcli("resume", "parts", "--episodes", "6", cwd=folder)
    assert (done.returncode, done.stderr) == (
        0,
        "monitorcli: nothing is missing: parts holds all 6 episodes.\n",
    )


def test_ctrl_c_keeps_the_episodes_and_resume_has_the_rest(folder):
    process = subprocess.Popen(
        [sys.executable, "-m", "monitorcli", "start", "eval", "--env", "CartPole-v1",
         "--policy", "policies.py:model", "--episodes", "100000", "--seed", "0", "--video", "none"],
        cwd=folder, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while (
        not any((folder / "eval").glob("*.npy"))
        or next((folder / "eval").glob("*.npy")).stat().st_size < 1000
    ):
        assert process.poll() is None
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    count = sum(row["end"] != "incomplete" for row in recorded("eval", folder))
    assert count > 5
    done = monitorcli("resume", "eval", "--episodes", count + 3, cwd=folder)
    assert done.returncode == 0, done.stderr
    rows = [row for row in recorded("eval", folder) if row["end"] != "incomplete"]
    assert [row["seed"] for row in rows] == [str(n) for n in range(count + 3)]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--policy", "policies.py:nobody"], "policies.py has nothing named 'nobody', wanted as the policy."),
        (
            ["--policy", "missing.py:act"],
            "the policy 'missing.py:act' does not import: FileNotFoundError: no such file: missing.py",
        ),
        (
            ["--policy", "no_such_package:act"],
            "the policy 'no_such_package:act' does not import: ModuleNotFoundError: ",
        ),
        (["--policy", "best"], "'best' does not name a policy."),
        (
            ["--policy", "policies.py:number"],
            "the policy 'policies.py:number' is a int, neither callable nor with a predict method.",
        ),
        (["--env", "CartPole-v9"], "environment 'CartPole-v9' cannot be made: "),
        (["--env", "no_such_package:Env-v0"], "environment 'no_such_package:Env-v0' cannot be made: "),
    ],
)
def test_what_cannot_be_run_is_refused_before_the_directory_is_made(folder, options, sentence):
    wanted = {"--env": "CartPole-v1", "--policy": "random", "--episodes": "3"}
    wanted.update(dict(zip(options[::2], options[1::2], strict=True)))
    done = monitorcli("start", "eval", *(word for pair in wanted.items() for word in pair), cwd=folder)
    assert done.returncode == 2
    assert (
        done.stderr.splitlines()[-2 if "cannot be made" not in sentence else 0].startswith(
            f"monitorcli: {sentence}"
        )
        or sentence in done.stderr
    )
    assert "Traceback" not in done.stderr
    assert not (folder / "eval").exists()


@pytest.mark.parametrize("count", ["0", "-3", "many"])
def test_a_number_of_episodes_that_is_none_is_refused(folder, count):
    done = evaluate(folder, "random", episodes=count)
    assert done.returncode == 2
    assert "--episodes" in done.stderr
    assert not (folder / "eval").exists()


def test_env_needs_a_policy(folder):
    done = monitorcli("start", "eval", "--env", "CartPole-v1", "--episodes", "3", cwd=folder)
    assert (done.returncode, done.stderr) == (
        2,
        "monitorcli: --env needs --policy too.\n  For example: --policy random --episodes 10\n",
    )


@pytest.mark.parametrize(
    ("policy", "reason"),
    [("policies.py:fails", "ValueError: no weights"), ("policies.py:odd", "AssertionError: 17")],
)
def test_a_policy_that_fails_is_named_with_the_place_and_keeps_what_was_recorded(folder, policy, reason):
    done = evaluate(folder, policy, "--seed", "8")
    assert done.returncode == 2
    assert done.stderr.startswith(f"monitorcli: the episode with seed 8 failed: {reason}")
    assert "Raised at " in done.stderr
    assert "Traceback" not in done.stderr
    assert [row["end"] for row in recorded("eval", folder)] == ["incomplete"]


def test_an_environment_whose_step_is_not_gymnasiums_is_named(folder):
    (folder / "four.py").write_text(
        "import gymnasium\n"
        "class Four(gymnasium.Env):\n"
        "    observation_space = action_space = gymnasium.spaces.Discrete(2)\n"
        "    def reset(self, seed=None, options=None):\n"
        "        return 0, {}\n"
        "    def step(self, action):\n"
        "        return 0, 1.0, False, {}\n"
        "gymnasium.register('Four-v0', Four, disable_env_checker=True)\n"
    )
    options = {
        "--env": "four:Four-v0",
        "--policy": "random",
        "--episodes": "2",
        "--video": "none",
        "--seed": "8",
    }
    words = [word for pair in options.items() for word in pair]
    done = monitorcli("start", "eval", *words, cwd=folder, PYTHONPATH=".")
    assert (done.returncode, done.stderr) == (
        2,
        "monitorcli: Four-v0 is not recorded from here on: step gave 4 values, not five.\n"
        "monitorcli: the episode with seed 8 failed: step gave 4 values, not five.\n"
        "  Gymnasium's step gives (observation, reward, terminated, truncated, info), of one environment.\n",
    )
