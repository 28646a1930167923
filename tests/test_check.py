"""`start --check`: a dry run that says what is missing, and leaves nothing behind."""

import os
import re
import sys

import numpy as np
import pytest
from commands import monitorcli, script

from monitorcli.attach.rehearsal import first_step

PLAY = """
import gymnasium
env = gymnasium.make("CartPole-v1")
env.reset(seed=1)
while True:
    env.step(0)
    with open("steps", "a") as file:
        file.write("x")
"""

READY = f"""\
 ✓ directory    runs can be made; N GB are free
 ✓ encoder      ffmpeg V encodes mp4
 ✓ hook         reached {sys.executable}
 ✓ Gymnasium    was imported, and its make is recorded
 ✓ environment  CartPole-v1 was made at script.py:3
 ✓ reset        of CartPole-v1
 ✓ step         observation (4,) float32, reward 1
 ✓ frame        600 x 400
"""


def check(*arguments, cwd, **environment):
    """Exit status, the checklist without what differs between machines, and what was said."""
    done = monitorcli("start", "runs", "--check", *arguments, cwd=cwd, PYTHONUTF8="1", **environment)
    text = re.sub(r"[0-9.]+ [kMGT]B are", "N GB are", done.stdout)
    return done.returncode, re.sub(r"ffmpeg [0-9.]+ ", "ffmpeg V ", text), done.stderr


def test_a_command_is_run_to_its_first_step_and_nothing_of_it_stays(tmp_path):
    name = script(tmp_path, PLAY)
    assert check("--", sys.executable, name, cwd=tmp_path) == (
        0,
        READY,
        "monitorcli: ready. The command was stopped after its first step. Nothing was written to runs.\n",
    )
    assert not (tmp_path / "runs").exists()
    # The script never ends by itself: that we are here means that it was stopped.
    assert sorted(os.listdir(tmp_path)) in (["script.py"], ["script.py", "steps"])


def test_a_policy_is_asked_for_one_action(tmp_path):
    status, text, said = check(
        "--env", "CartPole-v1", "--policy", "random", "--episodes", "9", "--seed", "4", cwd=tmp_path
    )
    assert (status, said) == (0, "monitorcli: ready. Nothing was written to runs.\n")
    assert text.splitlines()[2:] == [
        " ✓ environment  CartPole-v1 was made",
        " ✓ policy       random was loaded",
        " ✓ reset        with seed 4",
        " ✓ step         observation (4,) float32, reward 1",
        " ✓ frame        600 x 400",
    ]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("pass", "Gymnasium    Python ran (1 process) but never imported Gymnasium."),
        ("import gymnasium", "environment  Gymnasium was imported, but gymnasium.make was never called."),
        (
            "import gymnasium\nprint('loading')\nraise ValueError('no checkpoint')",
            "environment  the command ended before, with exit status 1.",
        ),
        (
            "import gymnasium\ngymnasium.make('CartPole-v1')",
            "reset        CartPole-v1 was made, but no episode was begun with reset().",
        ),
        (
            "import gymnasium\ngymnasium.make('CartPole-v1').reset()",
            "step         the first episode of CartPole-v1 did not end.",
        ),
        (
            "import gymnasium, os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
            "environment  the command ended before, with signal 9.",
        ),
    ],
)
def test_the_first_thing_that_a_command_does_not_reach_is_named(tmp_path, text, missing):
    status, listed, said = check("--", sys.executable, script(tmp_path, text), cwd=tmp_path)
    marked = [line for line in listed.splitlines() if line.startswith(" ✗")]
    assert (status, marked) == (2, [f" ✗ {missing}"])
    assert said == f"monitorcli: not ready: {missing.split()[0]}.\n"


def test_what_a_failed_command_printed_last_is_shown(tmp_path):
    name = script(tmp_path, "print('loading')\nraise ValueError('no checkpoint')")
    listed = check("--", sys.executable, "-u", name, cwd=tmp_path)[1].splitlines()
    assert listed[-5:] == [
        "                loading",
        "                Traceback (most recent call last):",
        f'                  File "{tmp_path / name}", line 2, in <module>',
        "                    raise ValueError('no checkpoint')",
        "                ValueError: no checkpoint",
    ]


def test_a_command_that_cannot_be_started_is_named(tmp_path):
    status, listed, _ = check("--", "no-such-program", cwd=tmp_path)
    assert (status, " ✗ command      command not found: no-such-program" in listed) == (2, True)


def test_a_used_directory_is_refused_as_start_refuses_it_and_not_touched(tmp_path):
    runs = tmp_path / "runs"
    runs.mkdir()
    (runs / "openaigym.manifest.0.1.manifest.json").write_text("{}")
    arguments = ("--env", "CartPole-v1", "--policy", "random", "--episodes", "1")
    status, listed, said = check(*arguments, cwd=tmp_path)
    assert (status, said) == (2, "monitorcli: not ready: directory.\n")
    assert listed.startswith(" ✗ directory    runs already holds a recording (openaigym.manifest.0.1.man")
    status, listed, _ = check(*arguments, "--force", cwd=tmp_path)
    assert (status, listed.startswith(" ✓ directory    runs can be written")) == (0, True)
    assert os.listdir(runs) == ["openaigym.manifest.0.1.manifest.json"]


def test_a_file_in_the_way_and_an_environment_that_is_not_there_are_both_named(tmp_path):
    (tmp_path / "runs").touch()
    status, listed, said = check("--env", "Nothing-v0", "--policy", "random", "--episodes", "1", cwd=tmp_path)
    assert (status, said) == (2, "monitorcli: not ready: directory, environment.\n")
    assert "✗ directory    runs cannot be a monitor directory: a file is in the way." in listed
    assert "✗ environment  environment 'Nothing-v0' cannot be made:" in listed


def test_an_environment_that_breaks_at_its_first_step_is_named_with_the_place(tmp_path):
    (tmp_path / "policy.py").write_text("def act(observation):\n    raise KeyError('weights')\n")
    status, listed, _ = check(
        "--env", "CartPole-v1", "--policy", "policy.py:act", "--episodes", "1", cwd=tmp_path
    )
    assert status == 2
    assert listed.splitlines()[-2:] == [
        " ✗ step         the episode with seed 0 failed: KeyError: 'weights'",
        f"                Raised at {tmp_path / 'policy.py'}:2, in act.",
    ]


@pytest.mark.parametrize(
    ("make", "options", "frame"),
    [
        (
            "gymnasium.make('CartPole-v1')",
            ["--video", "none"],
            " - frame        not wanted with --video none",
        ),
        ("gymnasium.make('FrozenLake-v1', render_mode='ansi')", [], " ✓ frame        text of 5 lines"),
        (
            "gymnasium.make('CartPole-v1', render_mode='rgb_array_list')",
            [],
            " - frame        its render_mode is 'rgb_array_list'; films need 'rgb_array' or 'ansi'",
        ),
        (
            "gymnasium.make_vec('CartPole-v1', 2, vectorization_mode='vector_entry_point')",
            [],
            " ✓ frame        600 x 400 for each of 2",
        ),
        (
            "gymnasium.make_vec('CartPole-v1', 2, vectorization_mode='async')",
            [],
            " ✓ frame        600 x 400",
        ),
    ],
)
def test_the_frame_says_what_will_be_filmed(tmp_path, make, options, frame):
    if "async" in make:
        make = f"if __name__ == '__main__':\n    env = {make}\n    env.reset()\n    env.step([0, 0])"
    else:
        make = f"env = {make}\nenv.reset()\nenv.step(env.action_space.sample())"
    name = script(tmp_path, f"import gymnasium\n{make}")
    status, listed, _ = check(*options, "--", sys.executable, name, cwd=tmp_path)
    assert (status, listed.splitlines()[-1]) == (0, frame)


def test_an_environment_that_cannot_draw_is_named_with_the_way_to_do_without(tmp_path):
    name = script(
        tmp_path,
        "import gymnasium\nfrom gymnasium.envs.classic_control import CartPoleEnv\n"
        "def render(self):\n    raise RuntimeError('no paint')\nCartPoleEnv.render = render\n"
        "env = gymnasium.make('CartPole-v1')\nenv.reset()\nenv.step(0)\n",
    )
    status, listed, said = check("--", sys.executable, name, cwd=tmp_path)
    assert (status, said) == (2, "monitorcli: not ready: frame.\n")
    assert listed.splitlines()[-2:] == [
        " ✗ frame        no paint",
        "                To do without: --video none",
    ]


def test_only_ascii_is_used_where_there_is_no_more(tmp_path):
    name = script(tmp_path, PLAY)
    done = monitorcli(
        "start", "runs", "--check", "--", sys.executable, name, cwd=tmp_path, PYTHONIOENCODING="ascii"
    )
    assert done.stdout.startswith(" + directory    runs can be made; ")


def test_the_way_to_a_check_keeps_what_was_asked_for(tmp_path):
    name = script(tmp_path, "import gymnasium\ngymnasium.make('CartPole-v1')")
    done = monitorcli("start", "runs", "--only", "Ant *", "--", sys.executable, name, cwd=tmp_path)
    assert done.stderr.splitlines()[-1] == (
        f"  To see how far it gets:  monitorcli start --check runs --only 'Ant *' -- {sys.executable} {name}"
    )


FOUR = """
import gymnasium
class Four(gymnasium.Env):
    observation_space = action_space = gymnasium.spaces.Discrete(2)
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return 0, {}
    def step(self, action):
        return 0, 1.0, False, {}
gymnasium.register("Four-v0", Four, disable_env_checker=True, order_enforce=False)
if __name__ == "__main__":
    env = gymnasium.make("Four-v0")
    env.reset()
    env.step(0)
"""


@pytest.mark.parametrize("evaluation", [False, True])
def test_a_step_that_cannot_be_recorded_is_not_ready(tmp_path, evaluation):
    (tmp_path / "four.py").write_text(FOUR)
    asked = ["--env", "four:Four-v0", "--policy", "random", "--episodes", "1"]
    what = asked if evaluation else ["--", sys.executable, "four.py"]
    done = monitorcli("start", "runs", "--check", "--video", "none", *what, cwd=tmp_path, PYTHONPATH=".")
    assert (done.returncode, done.stderr) == (2, "monitorcli: not ready: step.\n")
    assert "gave 4 values, not five" in done.stdout


class Tensor:
    """What torch has: `size` is a method, and there may be no length."""

    def __init__(self, *shape):
        self.shape = shape

    def size(self):
        return self.shape

    def item(self):
        return 2


@pytest.mark.parametrize(
    ("observation", "reward", "said"),
    [
        (3, 1, "observation int, reward 1"),
        ({"a": 1}, np.float32(0.5), "observation dict, reward 0.5"),
        (np.zeros((2, 3)), np.ones(2), "observation (2, 3) float64, 2 rewards"),
        (np.zeros(3, np.uint8), np.ones(1), "observation (3,) uint8, reward 1"),
        (Tensor(4, 3), Tensor(4), "observation (4, 3), 4 rewards"),
        (Tensor(3), Tensor(), "observation (3,), reward 2"),
        (0, None, "observation int, reward nan"),
    ],
)
def test_whatever_a_step_gives_is_told(observation, reward, said):
    assert first_step((observation, reward, False, False, {})) == said
