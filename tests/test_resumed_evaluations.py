"""An evaluation is gone on with as what it was, or refused with both sides shown and what to type."""

import shlex
import shutil
from pathlib import Path

import pytest
from commands import monitorcli
from test_series import series_of

RECORDED_BY_01 = Path(__file__).parent / "recordings" / "monitorcli-0.1"
EVALUATE = ("--env", "CartPole-v1", "--policy", "random", "--episodes", "4", "--seed", "0", "--video", "none")
LEFT = "def act(observation):\n    return 0\n"
RIGHT = LEFT.replace("0", "1")

# An environment of a module, of which the arguments may change.
SHORT = """
import gymnasium
gymnasium.register("Short-v0", "gymnasium.envs.classic_control:CartPoleEnv", max_episode_steps=STEPS)
"""


def started(folder, *words):
    (folder / "p.py").write_text(LEFT)
    done = monitorcli("start", "my eval", *EVALUATE, *words, cwd=folder)
    assert done.returncode == 0, done.stderr


def resumed(folder, *words):
    return monitorcli("resume", "my eval", *words, cwd=folder)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--env", "Acrobot-v1"), "--env: CartPole-v1 is recorded, Acrobot-v1 asked for"),
        (("--policy", "p.py:act"), "--policy: random is recorded, p.py:act asked for"),
        (("--seed", "9"), "--seed: 0 is recorded, 9 asked for"),
        (("--episodes", "2"), "--episodes: 4 is recorded, 2 asked for"),
    ],
)
def test_another_one_is_refused_and_each_line_to_paste_works(tmp_path, options, told):
    started(tmp_path)
    done = resumed(tmp_path, *options, "--video", "none")
    said, *lines = done.stderr.splitlines()
    assert (done.returncode, said) == (2, f"monitorcli: my eval holds another evaluation. {told}.")
    assert series_of(tmp_path / "my eval") == [("CartPole-v1 evaluation", "", 4)]
    typed = [line.partition(":  ")[2].strip() for line in lines]
    asked = dict(zip(EVALUATE[::2], EVALUATE[1::2], strict=True)) | dict([options])
    asked = shlex.join(word for pair in asked.items() for word in pair)
    assert typed == [
        f"monitorcli resume 'my eval' {shlex.join(EVALUATE)}",
        f"monitorcli start ANOTHER_DIR {asked}",
        f"monitorcli resume --accept-changes 'my eval' {asked}",
    ]
    for line in typed:
        done = monitorcli(*shlex.split(line)[1:], cwd=tmp_path)
        assert done.returncode == 0, done.stderr


def test_a_policy_whose_file_changed_is_refused(tmp_path):
    policy = ("--policy", "p.py:act")
    started(tmp_path, *policy)
    (tmp_path / "p.py").write_text(RIGHT)
    done = resumed(tmp_path, *policy, "--episodes", "6")
    said, *lines = done.stderr.splitlines()
    assert (done.returncode, said) == (
        2,
        "monitorcli: my eval holds another evaluation. SHA-256 of the policy's file: "
        "8cdf3a27932e is recorded, 6ed3532181d4 is there now.",
    )
    assert len(lines) == 2
    resumed(tmp_path, *policy, "--episodes", "6", "--accept-changes")
    assert series_of(tmp_path / "my eval") == [
        ("CartPole-v1 evaluation", "", 4),
        ("CartPole-v1 evaluation #2", "", 6),
    ]


def test_other_arguments_of_the_environment_are_refused(tmp_path):
    (tmp_path / "short.py").write_text(SHORT.replace("STEPS", "20"))
    path = {"PYTHONPATH": str(tmp_path)}
    words = ("--env", "short:Short-v0", *EVALUATE[2:])
    assert monitorcli("start", "my eval", *words, cwd=tmp_path, **path).returncode == 0
    (tmp_path / "short.py").write_text(SHORT.replace("STEPS", "30"))
    done = monitorcli("resume", "my eval", *words, cwd=tmp_path, **path)
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2,
        "monitorcli: my eval holds another evaluation. argument max_episode_steps: 20 is recorded, "
        "30 is there now.",
    )


@pytest.mark.parametrize("name", ["p.py:act", "./p.py:act", "{folder}/p.py:act", "../{here}/p.py:act"])
def test_more_episodes_belong_to_the_same_series_however_the_policy_is_named(tmp_path, name):
    started(tmp_path, "--policy", "p.py:act")
    name = name.format(folder=tmp_path, here=tmp_path.name)
    done = resumed(tmp_path, "--policy", name, "--episodes", "6", "--video", "none")
    assert done.returncode == 0, done.stderr
    assert series_of(tmp_path / "my eval") == [("CartPole-v1 evaluation", "", 6)]


def test_it_is_gone_on_with_from_another_folder(tmp_path):
    started(tmp_path, "--policy", "p.py:act")
    (tmp_path / "below").mkdir()
    words = ("--policy", "../p.py:act", "--episodes", "6", "--video", "none")
    done = monitorcli("resume", "../my eval", *words, cwd=tmp_path / "below")
    assert done.returncode == 0, done.stderr
    assert series_of(tmp_path / "my eval") == [("CartPole-v1 evaluation", "", 6)]


@pytest.mark.parametrize(
    ("name", "policy", "count"), [("random", "random", 6), ("policy", "policy.py:act", 4)]
)
def test_one_by_monitorcli_01_is_gone_on_with_as_before(tmp_path, name, policy, count):
    shutil.copytree(RECORDED_BY_01 / f"evaluation-{name}", tmp_path / "my eval")
    (tmp_path / "policy.py").write_text(LEFT)
    words = ("--policy", policy)
    done = resumed(tmp_path, *words)
    assert done.stderr == f"monitorcli: nothing is missing: my eval holds all {count} episodes.\n"
    done = resumed(tmp_path, *words, "--episodes", str(count + 2))
    assert done.returncode == 0, done.stderr
    assert series_of(tmp_path / "my eval") == [("CartPole-v1 evaluation", "", count + 2)]


def test_one_by_monitorcli_01_is_not_resumed_as_another_one(tmp_path):
    shutil.copytree(RECORDED_BY_01 / "evaluation-policy", tmp_path / "my eval")
    done = resumed(tmp_path, "--policy", "random", "--episodes", "6")
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2,
        "monitorcli: my eval holds another evaluation. --policy: policy.py:act is recorded, "
        "random asked for.",
    )


def test_of_two_policies_by_monitorcli_01_each_has_its_own_episodes(tmp_path):
    shutil.copytree(RECORDED_BY_01 / "evaluation-two-policies", tmp_path / "my eval")
    done = resumed(tmp_path)  # the last was random: of six episodes three were the other policy's
    assert done.returncode == 0, done.stderr
    assert series_of(tmp_path / "my eval") == [
        ("CartPole-v1 evaluation", "", 3),
        ("CartPole-v1 evaluation #2", "", 6),
    ]
