"""What `--policy` and `--env` may name: code, files, arguments and wrappers; and what is refused."""

import base64
import json
import pickle
import zipfile

import pytest
from commands import monitorcli, recorded
from pages import type_in

POLICIES = """
import random
import numpy as np

class Recurrent:
    '''Goes left, and right every third step of an episode: it needs the state it gave.'''
    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        assert episode_start.shape == (1,) and bool(episode_start[0]) == (state is None)
        steps = 0 if state is None else state[0]
        return np.array(int(steps % 3 == 2)), (steps + 1,)

class Short:
    def predict(self, observation):
        return int(observation[2] > 0)

class Draws:
    def predict(self, observation, deterministic=True):
        return (0 if deterministic else random.randrange(2)), None

class Resets:
    def __init__(self):
        self.steps = 99
    def reset(self):
        self.steps = 0
    def __call__(self, observation):
        self.steps += 1
        return int((self.steps - 1) % 3 == 2)

class Takes:
    def __init__(self, env):
        self.best = int(env.action_space.n) - 1
    def __call__(self, observation):
        return self.best

def factory(environment):
    return lambda observation: int(environment.action_space.n) - 1

def nothing():
    return Short()

class Needs:
    def __init__(self, weights):
        pass

def right(observation):
    return 1

def guesses(observation):
    return random.randrange(2) if np.random.random() < 0.5 else int(np.random.randint(2))

def batch(observation):
    return np.array([1])

def floats(observation):
    return np.array([0.25, 0.75])

def strong(observation):
    return [3.0]

def nan(observation):
    return [float("nan")]

recurrent, short, draws = Recurrent(), Short(), Draws()
"""

ENVIRONMENTS = """
import gymnasium

class Corridor(gymnasium.Env):
    '''To the right there is an end, `length` steps away.'''
    metadata = {"render_modes": ["ansi"]}
    observation_space = gymnasium.spaces.Discrete(100)
    action_space = gymnasium.spaces.Discrete(2)
    def __init__(self, length=3, reward=1.0, render_mode=None):
        self.length, self.reward, self.render_mode = length, reward, render_mode
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place = 0
        return 0, {}
    def step(self, action):
        self.place += int(action)
        return self.place, self.reward, self.place == self.length, False, {}
    def render(self):
        return str(self.place)

class Twice(gymnasium.RewardWrapper):
    def reward(self, reward):
        return 2 * reward

def one_more(env):
    return gymnasium.wrappers.TransformReward(env, lambda reward: reward + 1)

gymnasium.register("Corridor-v0", Corridor)
number = 3
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "policies.py").write_text(POLICIES)
    (tmp_path / "environments.py").write_text(ENVIRONMENTS)
    return tmp_path


def evaluate(folder, policy, *options, directory="eval", env="CartPole-v1", episodes=3, video="none"):
    return monitorcli(
        "start", directory, "--env", env, "--policy", policy, "--episodes", episodes, "--seed", 5,
        "--video", video, *options, cwd=folder,
    )  # fmt: skip


def returns(folder, *arguments, directory="eval", **named):
    done = evaluate(folder, *arguments, directory=directory, **named)
    assert done.returncode == 0, done.stderr
    return [float(row["return"]) for row in recorded(directory, folder)]


def refusal(folder, *arguments, **named):
    """What a refused evaluation says; it makes no directory, runs no episode and shows no traceback."""
    done = evaluate(folder, *arguments, **named)
    assert done.returncode == 2, done.stderr
    assert not (folder / "eval").exists()
    assert "Traceback" not in done.stderr
    return done.stderr


def by_hand(choose, episodes=3):
    import gymnasium

    env, found = gymnasium.make("CartPole-v1"), []
    for seed in range(5, 5 + episodes):
        observation, _ = env.reset(seed=seed)
        steps, over = 0, False
        while not over:
            observation, _, terminated, truncated, _ = env.step(choose(observation, steps))
            steps, over = steps + 1, terminated or truncated
        found.append(float(steps))
    return found


@pytest.mark.parametrize("policy", ["Recurrent", "recurrent", "Resets"])
def test_a_policys_state_lasts_for_an_episode_and_no_longer(folder, policy):
    expected = by_hand(lambda observation, steps: int(steps % 3 == 2))
    assert returns(folder, f"policies.py:{policy}") == expected


@pytest.mark.parametrize("policy", ["short", "Short", "nothing"])
def test_predict_may_take_the_observation_alone_and_give_the_action_alone(folder, policy):
    assert returns(folder, f"policies.py:{policy}") == by_hand(lambda observation, _: int(observation[2] > 0))


@pytest.mark.parametrize("policy", ["Takes", "factory"])
def test_a_class_or_a_factory_that_names_the_environment_is_given_it(folder, policy):
    assert returns(folder, f"policies.py:{policy}") == by_hand(lambda observation, _: 1)


def test_stochastic_actions_are_asked_for_and_are_another_series(folder):
    best = returns(folder, "policies.py:draws", directory="best")
    assert best == by_hand(lambda observation, _: 0)
    drawn = returns(folder, "policies.py:draws", "--stochastic", directory="drawn")
    assert drawn == returns(folder, "policies.py:draws", "--stochastic", directory="again") != best
    done = monitorcli("resume", "best", "--policy", "policies.py:draws", "--stochastic", cwd=folder)
    assert done.returncode == 2
    assert "policies.py:draws is recorded, policies.py:draws --stochastic is there now" in done.stderr


def test_what_a_policy_draws_depends_on_the_episodes_seed_alone(folder):
    whole = returns(folder, "policies.py:guesses", directory="whole")
    last = returns(folder, "policies.py:guesses", "--seed", 7, directory="last", episodes=1)
    assert last == whole[2:]


@pytest.mark.parametrize(
    ("policy", "env", "shown", "hint"),
    [
        ("batch", "CartPole-v1", "[1] of shape (1,), int64, where the action space is Discrete(2)",
         "This is a batch of one: give its first action alone, action[0]."),
        ("floats", "CartPole-v1", "[0.25, 0.75] of shape (2,), float64, where the action space is "
         "Discrete(2)",
         "These are not choices yet: give the number of the action, such as int(values.argmax())."),
        ("right", "Pendulum-v1", "1 (int), where the action space is Box(-2.0, 2.0, (1,), float32)", None),
        ("strong", "Pendulum-v1", "[3.] (list), where the action space is Box(-2.0, 2.0, (1,), float32)",
         "To clip actions to what the environment has:  --wrapper gymnasium.wrappers:ClipAction"),
        ("nan", "Pendulum-v1", "[nan] (list), where the action space is Box(-2.0, 2.0, (1,), float32)",
         "It is not finite: the policy, or what it was given, has gone wrong."),
    ],
)  # fmt: skip
def test_an_action_that_the_environment_does_not_have_is_shown_with_its_action_space(
    folder, policy, env, shown, hint
):
    done = evaluate(folder, f"policies.py:{policy}", env=env)
    failed = [line for line in done.stderr.splitlines() if "the action space is" in line]
    assert (done.returncode, failed) == (
        2,
        [
            "monitorcli: the episode with seed 5 failed: "
            f"the policy 'policies.py:{policy}' gave an action that the environment does not have: {shown}."
        ],
    )
    assert hint is None or f"  {hint}\n" in done.stderr


def test_actions_are_clipped_by_gymnasiums_wrapper(folder):
    clip = ("--wrapper", "gymnasium.wrappers:ClipAction")
    assert len(returns(folder, "policies.py:strong", *clip, env="Pendulum-v1")) == 3


@pytest.mark.parametrize(
    ("policy", "options", "said"),
    [
        ("policies.py:Needs", (), "monitorcli: the policy class 'policies.py:Needs' cannot be made without "
         "arguments: Needs.__init__() missing 1 required positional argument: 'weights'\n"
         "  An argument that is called env is given the environment.\n"),
        ("policies.py:right", ("--stochastic",), "monitorcli: --stochastic is for a policy with "
         "predict(observation, deterministic=...), and 'policies.py:right' is a function of the "
         "observation.\n"
         "  It is called as it is, and may draw its actions itself.\n"),
        ("policies.py:Short", ("--stochastic",), "monitorcli: --stochastic is not for 'policies.py:Short': "
         "its predict has no argument `deterministic`.\n"),
        ("policies.py:right", ("--vecnormalize", "v.pkl"), "monitorcli: --vecnormalize goes with a zip of "
         "Stable-Baselines3's, and 'policies.py:right' is none.\n"),
        ("random", ("--stochastic",), "monitorcli: --stochastic says nothing of the policy random, which "
         "always draws.\n"),
        ("best", (), "monitorcli: 'best' does not name a policy.\n"
         "  Use random, path/to/file.py:name, package.module:name, or a file: .zip, .pt or .onnx.\n"),
        *((f"none.{kind}", (), f"monitorcli: there is no policy file none.{kind}.\n")
          for kind in ("zip", "pt", "onnx")),
    ],
)  # fmt: skip
def test_a_policy_that_cannot_be_had_is_one_sentence(folder, policy, options, said):
    assert refusal(folder, policy, *options) == said


@pytest.fixture
def without_extras(folder):
    """As if none were installed: what stands first on the path raises what Python does."""
    for name in ("torch", "stable_baselines3", "sb3_contrib", "onnxruntime"):
        (folder / f"{name}.py").write_text(f"raise ModuleNotFoundError('No module named {name}')\n")
    return folder


@pytest.mark.parametrize(
    ("file", "package", "extra"),
    [
        ("ppo.zip", "stable_baselines3", "sb3"),
        ("tqc.zip", "sb3_contrib", "sb3"),
        ("net.pt", "torch", "torch"),
        ("net.onnx", "onnxruntime", "onnx"),
    ],
)
def test_an_extra_that_is_not_installed_is_named(without_extras, file, package, extra):
    module = "sb3_contrib.tqc" if file == "tqc.zip" else "stable_baselines3.common"
    model(without_extras / file, policy_class={"__module__": f"{module}.policies"})
    assert refusal(without_extras, file) == (
        f"monitorcli: {file} needs {package}, which is not installed.\n  pip install 'monitorcli[{extra}]'\n"
    )


def model(path, **data):
    """A zip that looks like Stable-Baselines3's, as far as it is looked at before anything is loaded."""
    data = {"policy_class": {"__module__": "stable_baselines3.common.policies"}, "n_epochs": 10, **data}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data", json.dumps(data))
        archive.writestr("policy.pth", b"")


NO_MODEL = (
    "monitorcli: ppo.zip is a zip file, but no model that Stable-Baselines3 saved.\n"
    "  A model's zip is what model.save() writes.\n"
)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (None, "monitorcli: ppo.zip is no zip file, or a damaged one.\n"),
        ({"notes.txt": "hello"}, NO_MODEL),
        ({"data": "{}", "policy.pth": ""}, NO_MODEL),
        ({"data": "[]", "policy.pth": ""}, NO_MODEL),
        ({"data": "no JSON", "policy.pth": ""}, NO_MODEL),
        ({"data": '{"policy_class": {"__module__": "stable_baselines3.sac.policies"}}'}, NO_MODEL),
    ],
)
def test_a_zip_that_is_no_model_is_refused(folder, members, said):
    if members is None:
        (folder / "ppo.zip").write_bytes(b"PK\x03\x04 and no more")
    else:
        with zipfile.ZipFile(folder / "ppo.zip", "w") as archive:
            for name, text in members.items():
                archive.writestr(name, text)
    assert refusal(folder, "ppo.zip") == said


def test_a_model_of_an_algorithm_that_is_not_known_is_to_be_loaded_by_code(folder):
    model(folder / "own.zip", policy_class={"__module__": "my_lab.policies"})
    assert refusal(folder, "own.zip") == (
        "monitorcli: own.zip does not say which algorithm it is of: its policy's class is from "
        "my_lab.policies.\n"
        "  Load it in a file of your own (model = PPO.load(...)) and name that:  --policy file.py:model\n"
    )


class Hostile:
    """A pickle that makes a file when it is loaded."""

    def __reduce__(self):
        return eval, ("open('ran', 'w').close()",)


class Dotted:
    """One that reaches for a function through a class that is known."""

    def __reduce__(self):
        return getattr, ({}, "pop")


def serialized(thing):
    return {":serialized:": base64.b64encode(pickle.dumps(thing)).decode()}


@pytest.fixture
def stand_in(folder):
    """A package in the place of Stable-Baselines3, which leaves a file when it is asked to load."""
    (folder / "stable_baselines3.py").write_text(
        "class PPO:\n"
        "    @staticmethod\n"
        "    def load(*arguments, **named):\n"
        "        open('ran', 'w').close()\n"
        "        raise RuntimeError('a stand-in')\n"
    )
    return folder


@pytest.mark.parametrize("place", ["policy_class", "observation_space", "policy_kwargs", "something_else"])
@pytest.mark.parametrize(
    ("thing", "name"), [(Hostile(), "builtins.eval"), (Dotted(), "builtins.getattr")], ids=["eval", "getattr"]
)
def test_a_zip_that_carries_code_is_not_loaded(stand_in, place, thing, name):
    known = {"__module__": "stable_baselines3.common.policies"}
    model(stand_in / "ppo.zip", _last_obs=[], **{place: {**known, **serialized(thing)}})
    assert refusal(stand_in, "ppo.zip") == (
        "monitorcli: ppo.zip holds more than Stable-Baselines3 puts into a model, and was not loaded: "
        f"{name} in '{place}'.\n"
        "  Loading it may run code. If you trust who made it:  --trust-policy\n"
    )
    assert not (stand_in / "ran").exists()
    refusal(stand_in, "ppo.zip", "--trust-policy")
    assert (stand_in / "ran").exists()


def test_statistics_that_carry_code_are_not_read(stand_in):
    model(stand_in / "ppo.zip", _last_obs=[], _last_original_obs=[])
    (stand_in / "vecnormalize.pkl").write_bytes(pickle.dumps(Hostile()))
    assert refusal(stand_in, "ppo.zip") == (
        "monitorcli: vecnormalize.pkl names builtins.eval, which VecNormalize's statistics do not need, "
        "and was not read.\n"
        "  Reading it may run code. If you trust who made it:  --trust-policy\n"
    )
    assert not (stand_in / "ran").exists()


def test_a_missing_file_of_statistics_is_named(stand_in):
    model(stand_in / "ppo.zip")
    assert refusal(stand_in, "ppo.zip", "--vecnormalize", "v.pkl") == (
        "monitorcli: there is no file v.pkl with VecNormalize's statistics.\n"
    )


@pytest.mark.parametrize("env", ["environments:Corridor-v0", "environments.py:Corridor"])
def test_an_environment_takes_arguments_wrappers_and_a_limit(folder, env):
    def of(*options, directory):
        return returns(folder, "policies.py:right", *options, env=env, directory=directory)

    assert of(directory="plain") == [3.0] * 3
    assert of("--env-arg", "length=5", "--env-arg", "reward=0.5", directory="arguments") == [2.5] * 3
    twice, more = ("--wrapper", "environments.py:Twice"), ("--wrapper", "environments:one_more")
    assert of(*twice, *more, directory="in") == [9.0] * 3  # (2 * 1 + 1) * 3
    assert of(*more, *twice, directory="out") == [12.0] * 3
    assert of("--env-arg", "length=50", "--max-episode-steps", "7", directory="limit") == [7.0] * 3


def test_an_environment_of_a_file_is_filmed(folder):
    assert returns(folder, "policies.py:right", env="environments.py:Corridor", video="all") == [3.0] * 3
    assert len(list((folder / "eval").glob("*.cast"))) == 3


@pytest.mark.parametrize(
    ("env", "options", "said"),
    [
        ("environments.py:Nowhere", (), "environments.py has nothing named 'Nowhere', wanted as the "
         "environment."),
        ("environments.py:number", (), "the environment 'environments.py:number' is a int, and no class of "
         "environments."),
        ("missing.py:Maze", (), "there is no file missing.py, named as the environment: missing.py:Maze"),
        ("CartPole-v1", ("--env-arg", "gravity"), "--env-arg gravity is not key=value."),
        ("CartPole-v1", ("--env-arg", "sutton_barto_reward=True"),
         "--env-arg sutton_barto_reward=True would give the text 'True'."),
        ("CartPole-v1", ("--env-arg", "a=[1, 2"), "--env-arg a=[1, 2 is not JSON, and looks like it."),
        ("CartPole-v1", ("--env-arg", "a=1", "--env-arg", "a=2"), "--env-arg a is given twice."),
        ("CartPole-v1", ("--env-arg", "gravitas=1"), "environment 'CartPole-v1' cannot be made: "),
        ("CartPole-v1", ("--wrapper", "environments.py:Thrice"), "environments.py has nothing named 'Thrice',"
         " wanted as a wrapper."),
        ("CartPole-v1", ("--wrapper", "gymnasium.wrappers:ResizeObservation"),
         "the wrapper 'gymnasium.wrappers:ResizeObservation' cannot be put around the environment: "),
        ("CartPole-v1", ("--wrapper", "builtins:type"), "the wrapper 'builtins:type' gave a type, and no "
         "environment."),
    ],
)  # fmt: skip
def test_an_environment_that_cannot_be_had_is_one_sentence(folder, env, options, said):
    assert refusal(folder, "random", *options, env=env).startswith(f"monitorcli: {said}")


@pytest.mark.parametrize(
    ("option", "value"),
    [("--env-arg", "length=4"), ("--wrapper", "environments.py:Twice"), ("--max-episode-steps", "2")],
)
def test_an_evaluation_is_not_gone_on_with_in_another_environment(folder, option, value):
    env = "environments.py:Corridor"
    returns(folder, "policies.py:right", env=env)
    asked = ("--env", env, "--policy", "policies.py:right", "--episodes", "6", option, value)
    done = monitorcli("resume", "eval", *asked, cwd=folder)
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"monitorcli: eval holds another evaluation. {option}: none is recorded, {value} asked for.\n"
    )


def test_resume_takes_numbers_from_the_directory_and_code_from_the_user_alone(folder):
    plain = ("--env-arg", "g=3.5", "--max-episode-steps", "20")
    returns(folder, "random", *plain, env="Pendulum-v1")
    done = monitorcli("resume", "eval", "--episodes", "5", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert [float(row["return"]) for row in recorded("eval", folder)] == returns(
        folder, "random", *plain, directory="whole", episodes=5, env="Pendulum-v1"
    )


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"wrapper": ["stranger.py:wrap"]}, "--wrapper stranger.py:wrap"),
        ({"env_arg": ["env_id=stranger:Env-v0"]}, "--env-arg env_id=stranger:Env-v0"),
        ({"env_arg": ["sizes=[1, 2]"]}, "--env-arg 'sizes=[1, 2]'"),
        ({"vecnormalize": "stranger.pkl"}, "--vecnormalize stranger.pkl"),
    ],
)
def test_no_code_is_run_because_a_directory_names_it(folder, said, named):
    returns(folder, "random")
    path = folder / "eval" / "openaigym.run.000000.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "trust_policy": True, **said}))
    (folder / "stranger.py").write_text("open('ran', 'w').close()\ndef wrap(env):\n    return env\n")
    done = monitorcli("resume", "eval", "--episodes", "9", cwd=folder)
    sentence, hint = done.stderr.splitlines()
    assert (done.returncode, sentence) == (
        2,
        f"monitorcli: resume runs no code because a directory names it: {named} stands in "
        "eval/openaigym.run.000000.json.",
    )
    assert hint.startswith("  If you trust it, type it:  monitorcli resume eval --env CartPole-v1 ")
    assert named in hint
    assert "--trust-policy" not in hint
    assert not (folder / "ran").exists()


def test_what_the_page_on_evaluation_types_does_what_it_shows(tmp_path):
    type_in("docs/evaluation.md", tmp_path)
