"""`--num-envs`: one call of the policy for several environments, and still every episode by itself."""

import json
import random
import re

import numpy as np
import pytest
from commands import monitorcli, recorded
from gymnasium import spaces
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitorcli.evaluate.generators import GlobalGenerators, seed_everything
from monitorcli.evaluate.policies.actions import action_test
from monitorcli.recording.asciicast import text_frames
from monitorcli.recording.folder import Folder

POLICIES = """
import random
import numpy as np

class Sign:
    '''Goes right after a positive number.'''
    def predict(self, observation):
        return (np.asarray(observation)[..., 0] > 0.2).astype(np.int64)

class Recurrent:
    '''Goes right when all that it saw in its episode adds up to something positive.'''
    def predict(self, observation, state=None, episode_start=None):
        seen = np.atleast_2d(observation)[:, 0]
        total = seen + (0.0 if state is None else np.where(episode_start, 0.0, state))
        actions = (total > 0).astype(np.int64)
        return (actions if np.ndim(observation) == 2 else actions[0]), total

class Keyed:
    def predict(self, observation):
        return (observation["noise"][..., 0] > 0.2).astype(np.int64)

class Picky(Sign):
    '''Cannot go on after ten steps of the episode with seed 5.'''
    def predict(self, observation):
        rows = np.atleast_2d(observation)
        if ((rows[:, 1] == 10) & (rows[:, 2] == 5)).any():
            raise ArithmeticError("no way out")
        return super().predict(observation)

class Draws:
    def predict(self, observation):
        return np.array([random.randrange(2) for _ in observation])

class Centred:
    '''What it does with one row depends on the others.'''
    def predict(self, observation):
        return (observation[:, 0] > observation[:, 0].mean()).astype(np.int64)

class Single:
    def predict(self, observation):
        return int(observation.flat[0] > 0)

class Beyond:
    def predict(self, observation):
        return np.where(observation[:, 2] == 5, 7, 1)

class Resets(Sign):
    def reset(self):
        pass

class OfOne(Sign):
    def __init__(self, env):
        pass

class Watches:
    '''Looks at the environment that it is made for.'''
    def __init__(self, env):
        self.env = env
    def __call__(self, observation):
        assert self.env.unwrapped.steps == observation[1], "this is another environment"
        return int(observation[0] > 0.2)

def act(observation):
    return 1
"""

ENVIRONMENTS = """
import os, random, signal
import gymnasium
import numpy as np
from gymnasium import spaces

class Noisy(gymnasium.Env):
    '''Draws from the global generators, in some of its steps, and normal numbers too.'''
    metadata = {"render_modes": ["ansi"]}
    observation_space = spaces.Box(-np.inf, np.inf, (3,), np.float64)
    action_space = spaces.Discrete(2)
    def __init__(self, render_mode=None):
        self.render_mode = render_mode
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps, self.seed = 0, seed
        self.end = 12 + int(self.np_random.integers(20))
        return self.seen(random.random() - 0.5), {}
    def seen(self, noise):
        return np.array([noise, self.steps, self.seed])
    def step(self, action):
        self.steps += 1
        kind, noise = (self.end + self.steps) % 6, 0.0
        if kind in (1, 3):
            noise += random.gauss(0, 1)
        if kind in (2, 3):
            noise += np.random.randn()
        if kind == 4:
            noise += random.random() - np.random.random()
        return self.seen(noise), noise + int(action), self.steps == self.end, False, {}
    def render(self):
        return str(self.seed)

class Parts(Noisy):
    observation_space = spaces.Dict(noise=spaces.Box(-np.inf, np.inf, (3,), np.float64))
    def seen(self, noise):
        return {"noise": super().seen(noise)}

class Pairs(Noisy):
    observation_space = spaces.Tuple((Noisy.observation_space,))

class Broken(Noisy):
    def step(self, action):
        if self.seed == 5 and self.steps == 3:
            raise ArithmeticError("no such place")
        return super().step(action)

class Deadly(Noisy):
    def step(self, action):
        if self.seed == 5 and self.steps == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().step(action)

class Stops(Noisy):
    def step(self, action):
        if self.seed == 9 and self.steps == 3 and "STOP" in os.environ:
            os.kill(os.getpid(), signal.SIGTERM)
        return super().step(action)
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "policies.py").write_text(POLICIES)
    (tmp_path / "worlds.py").write_text(ENVIRONMENTS)
    return tmp_path


def evaluate(folder, directory, policy, *options, env="Noisy", episodes=12, video="none", **variables):
    done = monitorcli(
        "start", directory, "--env", f"worlds.py:{env}", "--policy", f"policies.py:{policy}", "--episodes",
        episodes, "--seed", 2, "--video", video, *options, cwd=folder, **variables,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done


def rows(folder, directory):
    kept = ("episode", "return", "length", "end", "seed")
    return [[row[name] for name in kept] for row in recorded(directory, folder)]


def plan(folder, directory):
    (path,) = (folder / directory).glob("*.run.000000.json")
    return json.loads(path.read_text())["plan"]


@pytest.mark.parametrize(("policy", "env"), [("Sign", "Noisy"), ("Recurrent", "Noisy"), ("Keyed", "Parts")])
def test_a_batch_gives_the_episodes_of_one_environment_at_a_time(folder, policy, env):
    """Whatever the environments draw from the generators that they share."""
    alone = evaluate(folder, "alone", policy, env=env)
    assert alone.returncode == 0, alone.stderr
    for name, options in {
        "four": ("--num-envs", 4),
        "sixteen": ("--num-envs", 16),
        "workers": ("--num-envs", 5, "--workers", 2),
        "kept": ("--num-envs", 4, "--reuse-env"),
    }.items():
        done = evaluate(folder, name, policy, *options, env=env)
        assert "1 of 1 episode run again elsewhere, equal bit for bit" in done.stderr
        assert f"any number of workers with --num-envs {options[1]}, on this" in done.stderr
        assert rows(folder, name) == rows(folder, "alone")
        assert plan(folder, name)["num_envs"] == options[1]
    assert [row[0] for row in rows(folder, "four")] == [str(number) for number in range(12)]
    assert plan(folder, "alone")["num_envs"] == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_films_of_a_batch_are_of_the_episodes_that_the_schedule_names(folder, workers):
    done = evaluate(
        folder, "eval", "Sign", "--num-envs", 4, "--workers", workers, video="every:5", episodes=11
    )
    assert done.returncode == 0, done.stderr
    films = {
        int(path.stem[-6:]): list(text_frames(Folder(path.parent), path.name))
        for path in (folder / "eval").glob("*.cast")
    }
    assert sorted(films) == [0, 5, 10]
    for number, film in films.items():
        assert f"1H{number + 2}\r\n" in film[0]  # the picture is the seed


@pytest.mark.parametrize(
    ("env", "policy", "sentence"),
    [
        ("Broken", "Sign", "ArithmeticError: no such place"),
        ("Noisy", "Picky", "ArithmeticError: no way out"),
        ("Noisy", "Beyond", "an action that the environment does not have: 7"),
    ],
)
def test_an_episode_that_fails_in_a_batch_does_not_end_its_neighbours(folder, env, policy, sentence):
    done = evaluate(folder, "eval", policy, "--num-envs", 4, "--repeat", 0, env=env)
    assert done.returncode == 2
    assert "the episode with seed 5 failed" in done.stderr
    assert sentence in done.stderr
    assert "1 episode failed (seed 5); 11 of 12 episodes are covered." in done.stderr
    assert done.stderr.rstrip().endswith("--video none --num-envs 4 --repeat 0")


def test_an_episode_that_ends_its_worker_costs_its_neighbours_nothing(folder):
    done = evaluate(folder, "eval", "Sign", "--num-envs", 4, "--workers", 2, "--repeat", 0, env="Deadly")
    assert done.returncode == 2
    assert (
        "the episode with seed 5 failed: given up: it ended 3 workers, the last with SIGKILL." in done.stderr
    )
    assert "1 episode failed (seed 5); 11 of 12 episodes are covered." in done.stderr
    evaluate(folder, "whole", "Sign", "--repeat", 0)
    ended = [row[1:] for row in rows(folder, "eval") if row[3] != "incomplete"]
    assert ended == [row[1:] for row in rows(folder, "whole") if row[4] != "5"]


def test_a_batch_that_was_stopped_is_resumed_in_the_same_batches(folder):
    whole = evaluate(folder, "whole", "Sign", "--num-envs", 4, env="Stops")
    stopped = evaluate(folder, "eval", "Sign", "--num-envs", 4, env="Stops", STOP="1")
    assert stopped.returncode == 143, stopped.stderr
    words = ("--env", "worlds.py:Stops", "--policy", "policies.py:Sign")
    other = monitorcli("resume", "eval", *words, "--num-envs", 8, cwd=folder)
    assert other.returncode == 2
    assert "eval holds another evaluation. --num-envs: 4 is recorded, 8 asked for." in other.stderr
    assert "Go on as recorded:" in other.stderr
    done = monitorcli("resume", "eval", *words, cwd=folder)
    assert done.returncode == 0, done.stderr
    digests = [re.search(r"digest    ([0-9a-f]{16})", one.stderr)[1] for one in (whole, done)]
    assert digests[0] == digests[1]
    assert len([row for row in rows(folder, "eval") if row[3] != "incomplete"]) == 12


def test_another_batch_is_another_plan_unless_that_is_accepted(folder):
    evaluate(folder, "eval", "Sign", episodes=3)
    words = ("--env", "worlds.py:Noisy", "--policy", "policies.py:Sign", "--episodes", 6, "--num-envs", 4)
    refused = monitorcli("resume", "eval", *words, cwd=folder)
    assert refused.returncode == 2
    assert "eval holds another evaluation. --num-envs: 1 is recorded, 4 is there now." in refused.stderr
    done = monitorcli("resume", "eval", "--accept-changes", *words, cwd=folder)
    assert done.returncode == 0, done.stderr
    (path,) = (folder / "eval").glob("*.run.000001.json")
    assert json.loads(path.read_text())["accepted"] == [{"what": "--num-envs", "was": "1", "is": "4"}]


@pytest.mark.parametrize(
    ("policy", "options", "sentence"),
    [
        ("policies.py:Sign", ("--num-envs", 2), "--num-envs 2: in a batch of 2 or 3, actions may depend on"),
        ("policies.py:Sign", ("--num-envs", 3), "--num-envs 3: in a batch of 2 or 3, actions may depend on"),
        ("random", ("--num-envs", 4), "--num-envs is not for 'random', which gives one action at a time."),
        ("policies.py:act", ("--num-envs", 4), "'policies.py:act', which gives one action at a time."),
        ("policies.py:Resets", ("--num-envs", 4), "which has a reset, which is for one episode."),
        ("policies.py:OfOne", ("--num-envs", 4), "which is made for one environment."),
    ],
)
def test_what_cannot_be_in_a_batch_is_refused_before_the_directory_is_made(folder, policy, options, sentence):
    words = ("--env", "worlds.py:Noisy", "--policy", policy, "--episodes", 3, "--seed", 0)
    done = monitorcli("start", "eval", *words, *options, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert not (folder / "eval").exists()


def test_observations_that_make_no_rows_are_refused(folder):
    done = evaluate(folder, "eval", "Sign", "--num-envs", 4, env="Pairs")
    assert done.returncode == 2
    assert "--num-envs is not for observations that make no array of rows: Tuple(" in done.stderr


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        ("Draws", "the policy 'policies.py:Draws' draws random numbers: in a batch each episode would"),
        ("Single", "the policy 'policies.py:Single' was given 4 observations at once, and gave actions of"),
    ],
)
def test_a_policy_that_is_not_for_batches_is_found_out_at_its_first_call(folder, policy, sentence):
    done = evaluate(folder, "eval", policy, "--num-envs", 4, episodes=5)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "5 episodes failed (seeds 2, 3, 4, 5, 6); 0 of 5 episodes are covered." in done.stderr


def test_the_proof_catches_a_policy_that_mixes_the_episodes_of_a_batch(folder):
    done = evaluate(folder, "eval", "Centred", "--num-envs", 4, "--repeat", 4)
    assert done.returncode == 1, done.stderr
    assert "! not reproducible: seed " in done.stderr


def test_a_class_that_wants_the_environment_is_made_for_that_of_each_episode(folder):
    done = evaluate(folder, "eval", "Watches", episodes=4)
    assert (done.returncode, "equal bit for bit" in done.stderr) == (0, True), done.stderr
    evaluate(folder, "sign", "Sign", episodes=4)
    assert rows(folder, "eval") == rows(folder, "sign")


def draw(kind):
    return {
        "random": random.random,
        "gauss": lambda: random.gauss(0, 1),
        "numpy": np.random.random,
        "normal": np.random.standard_normal,
        "many": lambda: [random.random() for _ in range(700)] + [np.random.random(700).sum()],
        "nothing": lambda: None,
    }[kind]()


KINDS = ["random", "gauss", "numpy", "normal", "many", "nothing"]


@pytest.fixture
def global_generators():
    """Leaves the global generators as they were."""
    python, numpy = random.getstate(), np.random.get_bit_generator()
    yield
    random.setstate(python)
    np.random.set_bit_generator(numpy)


def begun(seed):
    episode = GlobalGenerators()
    episode.install()
    seed_everything(seed)
    episode.take()
    return episode


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(turns=st.lists(st.tuples(st.sampled_from([0, 1]), st.sampled_from(KINDS)), max_size=30))
def test_two_episodes_draw_what_each_would_draw_alone(global_generators, turns):
    alone, together = [], [[], []]
    for who in (0, 1):
        seed_everything(who)
        alone.append([draw(kind) for one, kind in turns if one == who])
    episodes = [begun(0), begun(1)]
    for who, kind in turns:
        episodes[who].restore()
        together[who].append(draw(kind))
        episodes[who].keep()
    assert together == alone


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_seen_whether_anything_was_drawn(global_generators, kind):
    episode = begun(0)
    episode.restore()
    draw(kind)
    assert episode.drawn() == (kind != "nothing")


@pytest.mark.parametrize(
    ("space", "actions"),
    [
        (spaces.Discrete(3), [-1, 0, 2, 3, True, np.int64(2), np.int64(3), np.array(1), np.array(3), 1.0]),
        (spaces.Discrete(3, start=-1), [-2, -1, 1, 2, np.int32(-1), np.array([0]), None, "left"]),
        (spaces.Box(-1, 1, (2,)), np.array([[0, 1], [-1, 1], [0, 1.5], [-2, 0], [0, np.nan]], np.float32)),
        (spaces.Box(-1, 1, (2, 2)), [np.ones((2, 2), np.float32), np.ones(4, np.float32)]),
        (spaces.Box(0, np.inf, ()), [np.array(1, np.float32), np.array(np.inf, np.float32)]),
        (spaces.Box(-1, 1, (100,)), [np.ones(100, np.float32), np.full(100, 2, np.float32)]),
        (spaces.MultiDiscrete([2, 3]), [np.array([1, 2]), np.array([2, 1]), np.array([1])]),
    ],
)
def test_the_quick_test_of_an_action_says_what_the_space_says(space, actions):
    is_action = action_test(space)
    assert [is_action(action) for action in actions] == [bool(space.contains(one)) for one in actions]
