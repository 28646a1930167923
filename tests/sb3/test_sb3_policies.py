"""Zips of Stable-Baselines3, TorchScript and ONNX files: the same returns as the loops of their makers."""

import base64
import csv
import io
import json
import os
import pickle
import re
import shutil
import warnings
import zipfile

import gymnasium
import numpy as np
import pytest
import sb3_contrib
import stable_baselines3 as sb3
import torch
from click.testing import CliRunner
from commands import monitorcli
from conftest import Parts, Pictures
from pages import blocks, files, run, shows
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from monitorcli.cli import main

EPISODES, SEED = 3, 40
MODELS = {
    "ppo": (sb3.PPO, "CartPole-v1"),
    "a2c": (sb3.A2C, "CartPole-v1"),
    "dqn": (sb3.DQN, "CartPole-v1"),
    "trpo": (sb3_contrib.TRPO, "CartPole-v1"),
    "qrdqn": (sb3_contrib.QRDQN, "CartPole-v1"),
    "ars": (sb3_contrib.ARS, "CartPole-v1"),
    "recurrent": (sb3_contrib.RecurrentPPO, "CartPole-v1"),
    "sac": (sb3.SAC, "Pendulum-v1"),
    "td3": (sb3.TD3, "Pendulum-v1"),
    "tqc": (sb3_contrib.TQC, "Pendulum-v1"),
    "crossq": (sb3_contrib.CrossQ, "Pendulum-v1"),
    "gsde": (sb3.PPO, "Pendulum-v1"),
    "pictures": (sb3.PPO, "environments.py:Pictures"),
    "parts": (sb3.PPO, "environments.py:Parts"),
    "masked": (sb3_contrib.MaskablePPO, "environments.py:Parts"),
    "custom": (sb3.PPO, "CartPole-v1"),
    "norm/model": (sb3.PPO, "Pendulum-v1"),
    "norm-sac/model": (sb3.SAC, "Pendulum-v1"),
}
# With observations of float32, what was off-policy does not say that it was trained without.
ASKED = {"dqn", "qrdqn", "sac", "td3", "tqc", "crossq"}
OWN = {"environments.py:Pictures": Pictures, "environments.py:Parts": Parts}


def options(policy, env, directory):
    """What `start` is asked for; no repeat, for which a fresh process would import torch for seconds."""
    return [
        "start", directory, "--env", env, "--policy", policy, "--episodes", EPISODES, "--seed", SEED,
        "--video", "none", "--repeat", 0,
    ]  # fmt: skip


def evaluate(folder, policy, *more, env="CartPole-v1", directory):
    """`monitorcli start` in `folder`, but in this process, which has imported torch already."""
    return _in_this_process(folder, *options(policy, env, directory), *more)


def returns(directory, folder):
    done = _in_this_process(folder, "inspect", directory, "--format", "csv")
    assert done.exit_code == 0, done.stderr
    return [float(row["return"]) for row in csv.DictReader(io.StringIO(done.stdout))]


def _in_this_process(folder, *arguments):
    before = os.getcwd()
    os.chdir(folder)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            done = CliRunner().invoke(main, [*map(str, arguments)])
    finally:
        os.chdir(before)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def ours(models, name, *more, directory):
    told = ("--vecnormalize", "none") if name in ASKED else ()
    done = evaluate(models, f"{name}.zip", *told, *more, env=MODELS[name][1], directory=directory)
    assert done.exit_code == 0, done.stderr
    return returns(directory, models)


def theirs(models, name, deterministic=True):
    """evaluate_policy of Stable-Baselines3, asked for one episode with each seed."""
    algorithm, env_id = MODELS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = algorithm.load(models / f"{name}.zip", device="cpu")
    evaluated = evaluate_policy
    if name == "masked":
        from sb3_contrib.common.maskable.evaluation import evaluate_policy as evaluated
    found = []
    for seed in range(SEED, SEED + EPISODES):
        env = DummyVecEnv([lambda: Monitor(OWN[env_id]() if env_id in OWN else gymnasium.make(env_id))])
        statistics = (models / name).parent / "vecnormalize.pkl"
        if statistics.exists():
            env = VecNormalize.load(statistics, env)
            env.training = env.norm_reward = False
        env.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        model.action_space.seed(seed)
        if model.use_sde:
            model.policy.reset_noise(1)
        # Episodes of DummyVecEnv are seeded at the first reset only, hence one evaluation for each.
        found += evaluated(
            model, env, 1, deterministic=deterministic, return_episode_rewards=True, warn=False
        )[0]
    return found


@pytest.mark.parametrize("name", MODELS)
def test_the_returns_are_those_of_stable_baselines3s_evaluate_policy(models, tmp_path, name):
    found = ours(models, name, directory=tmp_path / "eval")
    np.testing.assert_allclose(found, theirs(models, name), rtol=0, atol=1e-6)  # theirs has six digits


@pytest.mark.parametrize("name", MODELS)
def test_so_they_are_of_several_environments_at_once(models, tmp_path, name):
    """But for the last bits, which depend on the size of the batch, which has more rows than episodes."""
    found = ours(models, name, "--num-envs", 4, directory=tmp_path / "eval")
    np.testing.assert_allclose(found, theirs(models, name), rtol=1e-3, atol=1e-6)


def test_a_batch_is_the_same_for_any_number_of_workers(models, tmp_path):
    """More episodes than slots: the state of a recurrent policy does not go from one to the next."""
    found = {}
    for workers in (1, 2):
        done = evaluate(
            models, "recurrent.zip", "--num-envs", 4, "--workers", workers, "--episodes", 11, "--repeat", 1,
            directory=tmp_path / str(workers),
        )  # fmt: skip
        found[workers] = re.findall(r"equal bit for bit|digest    [0-9a-f]{16}", done.stderr)
    assert found[1] == found[2]
    assert len(found[1]) == 2


def test_drawn_actions_are_not_drawn_for_a_batch_but_where_nothing_is_drawn(models, tmp_path):
    drawn = evaluate(models, "ppo.zip", "--stochastic", "--num-envs", 4, directory=tmp_path / "drawn")
    assert drawn.exit_code == 2
    assert "--stochastic does not go with --num-envs: a batch draws for all its episodes" in drawn.stderr
    assert not (tmp_path / "drawn").exists()
    best = ours(models, "td3", "--num-envs", 4, directory=tmp_path / "best")
    assert ours(models, "td3", "--stochastic", "--num-envs", 4, directory=tmp_path / "same") == best


@pytest.mark.parametrize("name", ["ppo", "dqn", "sac", "gsde", "recurrent", "masked", "norm/model"])
def test_so_they_are_when_actions_are_drawn(models, tmp_path, name):
    found = ours(models, name, "--stochastic", directory=tmp_path / "drawn")
    np.testing.assert_allclose(found, theirs(models, name, deterministic=False), rtol=0, atol=1e-6)
    if name not in ("dqn", "recurrent"):  # which explores little
        assert found != ours(models, name, directory=tmp_path / "best")


def test_an_episode_does_not_depend_on_those_before_it(models, tmp_path):
    for name in ("gsde", "recurrent"):
        whole = ours(models, name, "--stochastic", directory=tmp_path / f"{name}-whole")
        last = ours(
            models, name, "--stochastic", "--seed", SEED + 2, "--episodes", 1, directory=tmp_path / name
        )
        assert last == whole[2:]


def test_two_workers_and_repeats_in_other_processes_give_the_same(models, tmp_path):
    """Processes that have imported nothing before; the policy has a state, and draws its actions."""
    command = options("recurrent.zip", "CartPole-v1", tmp_path / "two")
    done = monitorcli(*command, "--stochastic", "--workers", 2, "--repeat", 2, cwd=models)
    assert done.returncode == 0, done.stderr
    assert "  proof     2 of 2 episodes run again elsewhere, equal bit for bit\n" in done.stderr
    alone = ours(models, "recurrent", "--stochastic", directory=tmp_path / "one")
    assert returns(tmp_path / "two", models) == alone


def test_what_a_zip_does_not_show_is_asked_for(models, tmp_path):
    done = evaluate(models, "sac.zip", env="Pendulum-v1", directory=tmp_path / "eval")
    assert (done.exit_code, done.stderr) == (
        2,
        "monitorcli: sac.zip does not show whether it was trained with VecNormalize, which changes its "
        "actions.\n"
        "  Name their file:  --vecnormalize vecnormalize.pkl\n"
        "  If it was trained without:  --vecnormalize none\n",
    )
    assert not (tmp_path / "eval").exists()


def test_a_model_that_was_trained_with_vecnormalize_is_not_run_without(models, tmp_path):
    shutil.copy(models / "norm" / "model.zip", models / "alone.zip")
    done = evaluate(models, "alone.zip", env="Pendulum-v1", directory=tmp_path / "eval")
    assert (done.exit_code, done.stderr) == (
        2,
        "monitorcli: alone.zip was trained with VecNormalize, and its statistics are not beside it.\n"
        "  Name their file:  --vecnormalize vecnormalize.pkl\n"
        "  If it normalised rewards only:  --vecnormalize none\n",
    )
    statistics = ("--vecnormalize", "norm/vecnormalize.pkl")
    done = evaluate(models, "alone.zip", *statistics, env="Pendulum-v1", directory=tmp_path / "eval")
    assert done.exit_code == 0, done.stderr


@pytest.mark.parametrize(
    ("told", "status"), [("- true", 2), ("- \"{'norm_obs': False}\"", 0), ("- false", 0), (None, 0)]
)
def test_what_rl_zoo3_wrote_down_decides(models, tmp_path, told, status):
    """Its files of a run lie in a folder that is called like the environment."""
    folder = tmp_path / "sac" / "Pendulum-v1_1"
    (folder / "Pendulum-v1").mkdir(parents=True)
    shutil.copy(models / "sac.zip", folder / "best_model.zip")
    lines = ["!!python/object/apply:collections.OrderedDict", "- - - batch_size", "    - 64"]
    if told:
        lines += ["  - - normalize", f"    {told}"]
    (folder / "Pendulum-v1" / "config.yml").write_text("\n".join(lines) + "\n")
    zip_file = folder / "best_model.zip"
    done = evaluate(models, zip_file, env="Pendulum-v1", directory=tmp_path / "eval")
    assert done.exit_code == status, done.stderr
    shutil.copy(models / "norm-sac" / "vecnormalize.pkl", folder / "Pendulum-v1")
    again = evaluate(models, zip_file, env="Pendulum-v1", directory=tmp_path / "again")
    assert again.exit_code == 0, again.stderr


def test_statistics_that_carry_code_are_not_read(models, tmp_path):
    (tmp_path / "v.pkl").write_bytes(pickle.dumps(Hostile()))
    done = evaluate(
        models,
        "sac.zip",
        "--vecnormalize",
        tmp_path / "v.pkl",
        env="Pendulum-v1",
        directory=tmp_path / "eval",
    )
    assert done.exit_code == 2
    assert (
        f"{tmp_path / 'v.pkl'} names builtins.eval, which VecNormalize's statistics do not need"
        in done.stderr
    )
    assert not (models / "ran").exists()


class Hostile:
    """A pickle that makes a file when it is loaded."""

    def __reduce__(self):
        return eval, ("open('ran', 'w').close()",)


def changed(models, path, member, change):
    """ppo.zip, with another content of one member."""
    with zipfile.ZipFile(models / "ppo.zip") as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == member else old.read(name))


def test_code_where_training_had_its_schedules_is_left_alone(models, tmp_path):
    def hostile(data):
        code = base64.b64encode(pickle.dumps(Hostile())).decode()
        return json.dumps({**json.loads(data), "lr_schedule": {":serialized:": code}})

    changed(models, tmp_path / "ppo.zip", "data", hostile)
    assert evaluate(tmp_path, "ppo.zip", directory="eval").exit_code == 0
    assert not (tmp_path / "ran").exists()


def test_weights_that_carry_code_are_not_read(models, tmp_path):
    def hostile(_):
        file = io.BytesIO()
        torch.save({"weights": Hostile()}, file)
        return file.getvalue()

    changed(models, tmp_path / "ppo.zip", "policy.optimizer.pth", hostile)
    done = evaluate(tmp_path, "ppo.zip", directory="eval")
    assert (done.exit_code, done.stderr) == (
        2,
        "monitorcli: ppo.zip was not loaded: policy.optimizer.pth in it cannot be read as weights and "
        "nothing more.\n",
    )
    assert not (tmp_path / "ran").exists()


def test_a_model_of_another_environment_shows_both_spaces(models, tmp_path):
    done = evaluate(models, "ppo.zip", env="Acrobot-v1", directory=tmp_path / "eval")
    assert done.exit_code == 2
    assert done.stderr.startswith("monitorcli: ppo.zip was trained with the observation space Box([-4.8")
    assert "; the environment's is Box([ -1." in done.stderr


def test_code_of_ones_own_needs_trust(tmp_path, monkeypatch):
    """A features extractor of the user's is code, and the zip only names it."""
    (tmp_path / "mine.py").write_text(
        "from stable_baselines3.common.torch_layers import FlattenExtractor\n"
        "class Mine(FlattenExtractor):\n    pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import mine

    sb3.PPO(
        "MlpPolicy", "CartPole-v1", n_steps=32, batch_size=32, device="cpu",
        policy_kwargs={"features_extractor_class": mine.Mine},
    ).learn(32).save(tmp_path / "own")  # fmt: skip
    done = evaluate(tmp_path, "own.zip", directory="eval")
    assert (done.exit_code, done.stderr) == (
        2,
        "monitorcli: own.zip holds more than Stable-Baselines3 puts into a model, and was not loaded: "
        "mine.Mine in 'policy_kwargs'.\n"
        "  Loading it may run code. If you trust who made it:  --trust-policy\n",
    )
    done = evaluate(tmp_path, "own.zip", "--trust-policy", directory="eval")
    assert done.exit_code == 0, done.stderr


class Choice(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 2)

    def forward(self, observation):
        return self.layer(observation).argmax(-1)


def by_hand(network):
    env = gymnasium.make("CartPole-v1")
    found = []
    for seed in range(SEED, SEED + EPISODES):
        observation, _ = env.reset(seed=seed)
        total, over = 0.0, False
        while not over:
            with torch.no_grad():
                action = int(network(torch.from_numpy(observation[None]))[0])
            observation, reward, terminated, truncated, _ = env.step(action)
            total, over = total + reward, terminated or truncated
        found.append(total)
    return found


@pytest.fixture
def network():
    torch.manual_seed(3)
    return Choice().eval()


def test_a_torchscript_file_is_a_policy(tmp_path, network):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace(network, torch.zeros(1, 4)), tmp_path / "net.pt")
    done = evaluate(tmp_path, "net.pt", directory="eval")
    assert done.exit_code == 0, done.stderr
    assert returns("eval", tmp_path) == by_hand(network)
    batch = evaluate(tmp_path, "net.pt", "--num-envs", 4, directory="batch")
    assert batch.exit_code == 0, batch.stderr
    assert returns("batch", tmp_path)[0] == returns("eval", tmp_path)[0]


def test_weights_alone_are_no_policy_and_are_not_unpickled(tmp_path, network):
    torch.save(network, tmp_path / "weights.pt")
    done = evaluate(tmp_path, "weights.pt", directory="eval")
    assert (done.exit_code, done.stderr) == (
        2,
        "monitorcli: weights.pt is not TorchScript, as torch.jit.save writes it.\n"
        "  Weights alone are no policy:  torch.jit.save(torch.jit.trace(net, example), 'net.pt')\n",
    )


def export(module, path, **more):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module, (torch.zeros(1, 4),), path, input_names=["input"], dynamo=False, opset_version=17, **more
        )


def test_an_onnx_file_is_a_policy(tmp_path, network):
    export(network, tmp_path / "net.onnx")
    done = evaluate(tmp_path, "net.onnx", directory="eval")
    assert done.exit_code == 0, done.stderr
    assert returns("eval", tmp_path) == by_hand(network)


def test_an_onnx_file_runs_in_batches_if_it_was_exported_for_that(tmp_path, network):
    export(network, tmp_path / "one.onnx")
    done = evaluate(tmp_path, "one.onnx", "--num-envs", 4, directory="eval")
    assert done.exit_code == 2
    assert "--num-envs 4 is not for one.onnx, which does not take that many observations" in done.stderr
    assert not (tmp_path / "eval").exists()
    export(network, tmp_path / "any.onnx", dynamic_axes={"input": {0: "batch"}})
    done = evaluate(tmp_path, "any.onnx", "--num-envs", 4, directory="eval")
    assert done.exit_code == 0, done.stderr
    assert returns("eval", tmp_path) == by_hand(network)


def test_numbers_that_are_no_choice_are_shown_with_the_action_space(tmp_path, network):
    export(network.layer, tmp_path / "net.onnx")
    done = evaluate(tmp_path, "net.onnx", directory="eval")
    assert done.exit_code == 2
    assert "of shape (2,), float32, where the action space is Discrete(2).\n" in done.stderr
    assert "These are not choices yet" in done.stderr


def test_what_the_page_on_evaluation_shows_of_stable_baselines3_is_so(tmp_path):
    """But for the numbers, which are the processor's too."""
    files("docs/evaluation.md", tmp_path)
    shells = "".join(body for language, _, body in blocks("docs/evaluation.md") if language == "shell")
    for typed in shells.split("$ ")[1:]:
        command, _, shown = typed.partition("\n")
        done = run(command, tmp_path, PYTHONWARNINGS="ignore", COLUMNS="100")
        assert done.returncode == 0 or shown, done.stdout
        assert not shown or shows(_without_numbers(done.stdout), _without_numbers(shown)), done.stdout


def _without_numbers(text):
    return re.sub(r"(?<=digest    )\w+|-?[\d.,]*\d", "N", text)
