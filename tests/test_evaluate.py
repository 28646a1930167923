"""`monitorcli start DIR --env ID --policy P`: monitorcli runs the policy itself."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys

import pytest
from commands import monitorcli, recorded

POLICIES = """
import os, signal, time
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
    assert False, "odd"

def hangs_up(observation):
    os.kill(os.getpid(), signal.SIGHUP)
    return 0

def waits(observation):
    print("ready", flush=True)
    for _ in range(2000):
        time.sleep(0.01)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            print("asked once", flush=True)
            time.sleep(600)
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


STRANGER = """
import pathlib
pathlib.Path("ran").touch()
def act(observation):
    return 0
def schedule(episode):
    return True
import gymnasium
gymnasium.register("Stranger-v0", "gymnasium.envs.classic_control:CartPoleEnv")
"""


@pytest.fixture
def strangers(folder):
    """A recorded evaluation that is somebody else's, with code in it that leaves the file `ran`."""
    evaluate(folder, "random", "--seed", "7", episodes="1")
    (folder / "eval" / "stranger.py").write_text(STRANGER)
    (folder / "stranger.py").write_text(STRANGER)  # as if the recording lay in the working directory
    return folder


def said_in_its_run_file(folder, **changes):
    path = folder / "eval" / "openaigym.run.000000.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "episodes": 2, **changes}))


@pytest.mark.parametrize(
    ("said", "named", "line"),
    [
        (
            {"policy": "eval/stranger.py:act"},
            "--policy eval/stranger.py:act",
            "--env CartPole-v1 --policy eval/stranger.py:act --episodes 2 --seed 7 --video none",
        ),
        (
            {"policy": "stranger:act"},
            "--policy stranger:act",
            "--env CartPole-v1 --policy stranger:act --episodes 2 --seed 7 --video none",
        ),
        (
            {"env": "stranger:Stranger-v0"},
            "--env stranger:Stranger-v0",
            "--env stranger:Stranger-v0 --policy random --episodes 2 --seed 7 --video none",
        ),
        (
            {"video": "eval/stranger.py:schedule", "fps": 5, "mode": "training"},
            "--video eval/stranger.py:schedule",
            "--env CartPole-v1 --policy random --episodes 2 --seed 7 --video eval/stranger.py:schedule "
            "--fps 5 --mode training",
        ),
        (
            {"env": "stranger:X", "policy": "a b.py:act"},
            "--env stranger:X and --policy 'a b.py:act'",
            "--env stranger:X --policy 'a b.py:act' --episodes 2 --seed 7 --video none",
        ),
        (
            {"policy": "x:y\nmonitorcli resume eval --policy z"},
            "--policy 'x:y\\nmonitorcli resume eval --policy z'",
            "--env CartPole-v1 --policy 'x:y\\nmonitorcli resume eval --policy z' --episodes 2 --seed 7 "
            "--video none",
        ),
    ],
)
def test_resume_runs_no_code_that_a_directory_names_and_shows_what_to_type(strangers, said, named, line):
    said_in_its_run_file(strangers, **said)
    done = monitorcli("resume", "eval", cwd=strangers)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        f"monitorcli: resume runs no code because a directory names it: {named} stands in "
        "eval/openaigym.run.000000.json.\n"
        f"  If you trust it, type it:  monitorcli resume eval {line}\n",
    )
    checked = "start --check eval --env CartPole-v1 --policy random --episodes 1"
    for command in ("inspect eval", "inspect eval --episode 0", "inspect eval --verify", checked):
        monitorcli(*command.split(), cwd=strangers)
    assert not (strangers / "ran").exists()


@pytest.mark.parametrize(
    ("said", "typed", "count"),  # of another policy or environment two are missing, else one
    [
        ({"policy": "stranger.py:act"}, ("--policy", "stranger.py:act"), 3),
        ({"env": "stranger:Stranger-v0"}, ("--env", "stranger:Stranger-v0"), 3),
        ({"video": "stranger.py:schedule"}, ("--video", "stranger.py:schedule"), 2),
    ],
)
def test_what_the_user_types_is_run(strangers, said, typed, count):
    said_in_its_run_file(strangers, **said)
    # The manifests still name what was recorded in truth.
    done = monitorcli("resume", "eval", "--accept-changes", *typed, cwd=strangers)
    assert done.returncode == 0, done.stderr
    assert (strangers / "ran").exists()
    assert len(recorded("eval", strangers)) == count


def test_the_line_that_is_shown_has_what_the_user_gave_and_can_be_pasted(strangers):
    said_in_its_run_file(strangers, policy="stranger.py:act", seed=7)
    options = ["--episodes", "3", "--fps", "5", "--mode", "training"]
    done = monitorcli("resume", "eval", *options, cwd=strangers)
    line = done.stderr.partition("type it:  monitorcli ")[2]
    assert line == (
        "resume eval --env CartPole-v1 --policy stranger.py:act --episodes 3 --seed 7 --video none "
        "--fps 5.0 --mode training\n"
    )
    assert monitorcli(*shlex.split(line), "--accept-changes", cwd=strangers).returncode == 0
    assert len(recorded("eval", strangers)) == 4


@pytest.mark.parametrize(
    ("field", "value", "shown", "placeholder"),
    [
        ("policy", ["x"], "its policy is ['x'], not the name of a policy", "--policy P"),
        ("policy", None, "its policy is nothing, not the name of a policy", "--policy P"),
        ("env", {}, "its env is {}, not an environment's id", "--env ID"),
        ("episodes", "10", "its episodes is '10', not a number of episodes", "--episodes N"),
        ("episodes", True, "its episodes is True, not a number of episodes", "--episodes N"),
        ("episodes", 10**30, f"its episodes is {10**30}, not a number of episodes", "--episodes N"),
        ("seed", -1, "its seed is -1, not a seed", "--seed S"),
        ("seed", 1.5, "its seed is 1.5, not a seed", "--seed S"),
        ("video", 3, "its video is 3, not a schedule", "--video SCHEDULE"),
        ("fps", "a", "its fps is 'a', not between 0 and 1000", "--fps FPS"),
        ("fps", float("nan"), "its fps is nan, not between 0 and 1000", "--fps FPS"),
        ("mode", 3, "its mode is 3, not a mode", "--mode evaluation"),
        ("mode", ["evaluation"], "its mode is ['evaluation'], not a mode", "--mode evaluation"),
    ],
)
def test_a_run_file_with_nonsense_in_it_is_one_sentence(strangers, field, value, shown, placeholder):
    said_in_its_run_file(strangers, **{field: value})
    done = monitorcli("resume", "eval", cwd=strangers)
    assert done.returncode == 2
    sentence, line = done.stderr.splitlines()
    assert sentence == (f"monitorcli: eval/openaigym.run.000000.json cannot be taken at its word: {shown}.")
    assert line.startswith("  Say it yourself:  monitorcli resume eval --env ")
    assert placeholder in line


def test_a_directory_without_a_run_cannot_be_resumed(tmp_path):
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "openaigym.thing").touch()
    done = monitorcli("resume", "odd", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        "monitorcli: odd holds no recording to resume.\n  monitorcli start odd -- COMMAND\n",
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
    assert err.splitlines()[-2:] == [
        "monitorcli: interrupted.",
        "  To go on:  monitorcli resume eval --env CartPole-v1 --policy policies.py:model"
        " --episodes 100000 --seed 0 --video none",
    ]
    assert "1 run, interrupted" in monitorcli("inspect", "eval", cwd=folder).stdout
    count = sum(row["end"] != "incomplete" for row in recorded("eval", folder))
    assert count > 5
    done = monitorcli("resume", "eval", "--policy", "policies.py:model", "--episodes", count + 3, cwd=folder)
    assert done.returncode == 0, done.stderr
    rows = [row for row in recorded("eval", folder) if row["end"] != "incomplete"]
    assert [row["seed"] for row in rows] == [str(n) for n in range(count + 3)]


def test_a_second_ctrl_c_does_not_wait_for_the_policy(folder):
    process = subprocess.Popen(
        [sys.executable, "-m", "monitorcli", "start", "eval", "--env", "CartPole-v1",
         "--policy", "policies.py:waits", "--episodes", "2", "--seed", "0", "--video", "none"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    said = []
    for _ in range(2):
        said.append(process.stdout.readline())
        process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (said, process.returncode) == (["ready\n", "asked once\n"], 130)
    assert err.splitlines()[0] == "monitorcli: CartPole-v1, 1 incomplete episode -> eval"
    assert err.splitlines()[1] == "monitorcli: interrupted."
    assert [row["end"] for row in recorded("eval", folder)] == ["incomplete"]


def test_an_evaluation_that_nohup_started_outlives_its_terminal(folder):
    command = ["start", "eval", "--env", "CartPole-v1", "--policy", "policies.py:hangs_up", "--episodes", "1"]
    shell = ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh", sys.executable, "-m", "monitorcli"]
    done = subprocess.run([*shell, *command], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_a_refusal_comes_before_the_remarks_that_it_makes_moot(folder):
    evaluate(folder, "random", "--seed", "5")
    done = monitorcli(
        "start", "eval", "--env", "CartPole-v1", "--policy", "random", "--episodes", "4", cwd=folder,
        IMAGEIO_FFMPEG_EXE="/no/such/ffmpeg",
    )  # fmt: skip
    lines = done.stderr.splitlines()
    assert done.returncode == 2
    assert lines[0].startswith("monitorcli: eval already holds a recording (")
    assert lines[1] == (
        "  Go on with it:    monitorcli resume eval --env CartPole-v1 --policy random --episodes 4"
    )
    assert len(lines) == 5


def test_the_bar_says_which_number_is_the_time_left(folder):
    done = monitorcli(
        "start", "eval", "--env", "CartPole-v1", "--policy", "random", "--episodes", "3",
        "--video", "none", cwd=folder, FORCE_COLOR="1", NO_COLOR="1",
    )  # fmt: skip
    assert re.search(r"3 of 3 episodes · mean return [0-9.]+ \[[0-9.-]+, [0-9.]+\] · 0 s left", done.stderr)


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
    [("policies.py:fails", "ValueError: no weights"), ("policies.py:odd", "AssertionError: odd")],
)
def test_a_policy_that_fails_is_named_with_the_place_and_keeps_what_was_recorded(folder, policy, reason):
    done = evaluate(folder, policy, "--seed", "8")
    assert done.returncode == 2
    assert done.stderr.startswith(f"monitorcli: the episode with seed 8 failed: {reason}")
    assert "Raised at " in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-2:] == [
        "monitorcli: 4 episodes failed (seeds 8, 9, 10, 11); 0 of 4 episodes are covered.",
        f"  To run what is missing:  monitorcli resume eval --env CartPole-v1 --policy {policy} --episodes 4"
        " --seed 8 --video none",
    ]
    assert [row["end"] for row in recorded("eval", folder)] == ["incomplete"] * 4


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
        "  Gymnasium's step gives (observation, reward, terminated, truncated, info), of one environment.\n"
        "monitorcli: nothing was recorded.\n"
        "monitorcli: 2 episodes failed (seeds 8, 9); 0 of 2 episodes are covered.\n"
        "  To run what is missing:  monitorcli resume eval --env four:Four-v0 --policy random --episodes 2"
        " --seed 8 --video none\n",
    )
