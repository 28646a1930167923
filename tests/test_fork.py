"""A process that forks in the middle of an episode: both may go on with it, each in files of its own."""

import os
import sys

import pytest
from commands import monitorcli, record, recorded, script

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

FORK = """
import gymnasium, numpy, os
class Steps(gymnasium.Env):
    metadata = {{"render_modes": ["rgb_array"]}}
    observation_space = action_space = gymnasium.spaces.Discrete(9)
    def __init__(self, render_mode=None):
        self.render_mode = render_mode
    def reset(self, seed=None, options=None):
        self.at = 0
        return 0, {{}}
    def step(self, action):
        self.at += 1
        return 0, 1.0, self.at == 6, False, {{}}
    def render(self):
        return numpy.full((16, 16, 3), 40 * self.at, numpy.uint8)
gymnasium.register("Steps-v0", Steps)
env = gymnasium.make("Steps-v0", disable_env_checker=True)
env.reset(seed=3)
env.step(0), env.step(0)
child = os.fork()
if not child:
    {child}
    os._exit(0)
os.waitpid(child, 0)
for _ in range(4):
    env.step(0)
env.close()
"""
PARENT = ("6", "terminated", "3")


@pytest.mark.parametrize(
    ("child", "episodes"),
    [
        ("[env.step(0) for _ in range(4)]", [PARENT]),
        ("env.step(0), env.reset()", [("3", "incomplete", "3")]),
        ("env.step(0), env.close()", [("3", "incomplete", "3")]),
        ("env.close()", []),
        ("env.reset(seed=5); [env.step(0) for _ in range(6)]", [("6", "terminated", "5")]),
        ("import sys; sys.exit()", []),
        ("os.fork() or env.step(0); env.close()", [("3", "incomplete", "3")]),
    ],
)
def test_what_a_child_steps_on_is_its_own_and_what_it_only_inherits_is_not(tmp_path, child, episodes):
    done = record(script(tmp_path, FORK.format(child=child)), tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [(row["length"], row["end"], row["seed"]) for row in recorded("runs", tmp_path)]
    assert sorted(rows) == sorted([PARENT, *episodes])


def test_a_child_adds_no_picture_to_its_parents_film(tmp_path):
    name = script(tmp_path, FORK.format(child="[env.step(0) for _ in range(4)]"))
    monitorcli("start", "runs", "--video", "all", "--", sys.executable, name, cwd=tmp_path)
    done = monitorcli("inspect", "runs", "--verify", cwd=tmp_path)  # which decodes the film, and counts
    assert (done.returncode, len(list((tmp_path / "runs").glob("*.mp4")))) == (0, 1), done.stdout


VECTOR = """
import gymnasium, numpy, os
env = gymnasium.make_vec("CartPole-v1", num_envs=3)
env.reset(seed=1)
actions = numpy.zeros(3, int)
for _ in range(5):
    env.step(actions)
child = os.fork()
if not child:
    {child}
    os._exit(0)
os.waitpid(child, 0)
env.close()
"""


@pytest.mark.parametrize(
    ("child", "lengths"),
    [
        ("env.close()", []),
        ("env.step(actions); env.close()", ["6", "6", "6"]),
        ("env.reset(seed=2); env.step(actions); env.close()", ["1", "1", "1"]),
    ],
)
def test_slots_of_a_child_are_its_own_when_it_steps_them(tmp_path, child, lengths):
    done = record(script(tmp_path, VECTOR.format(child=child)), tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(row["length"] for row in recorded("runs", tmp_path)) == sorted(["5", "5", "5", *lengths])
