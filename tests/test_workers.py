"""`--workers`: the numbers that one core would have given, shown by the proof and the digest."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest
from commands import monitorcli, recorded

POLICIES = """
import itertools, os, pathlib, random, signal, time
import numpy as np

def right(observation):
    return int(observation[2] > 0)

def draws(observation):
    return random.choice((0, 1)) if np.random.rand() < 0.5 else int(np.random.randint(2))

class Counter:
    def __init__(self):
        self.calls = 0
    def __call__(self, observation):
        self.calls += 1
        return int(self.calls % 7 > 2)

class Learner:
    def __init__(self):
        self.mean, self.count = 0.0, 0
    def __call__(self, observation):
        self.count += 1
        self.mean += (observation[0] - self.mean) / self.count
        return int(1000 * (observation[0] - self.mean)) % 2

generator = np.random.default_rng()
def unseeded(observation):
    return int(generator.integers(2))

calls = itertools.count()
def dies_once(observation):
    # In the middle of its third episode or so, and never again.
    if next(calls) == 50 and os.environ["WITNESS"]:
        try:
            pathlib.Path(os.environ["WITNESS"]).touch(exist_ok=False)
        except FileExistsError:
            pass
        else:
            os.kill(os.getpid(), signal.SIGKILL)
    return right(observation)

def waits(observation):
    pathlib.Path("waiting").touch()
    time.sleep(0.01)
    return right(observation)
"""

ENVIRONMENTS = """
import os, signal
import gymnasium, numpy as np
from gymnasium import spaces

class Walk(gymnasium.Env):
    observation_space, action_space = spaces.Discrete(100), spaces.Discrete(2)
    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        self.left, self.seed = 10 + int(self.draw(10)), seed
        return self.left, {}
    def draw(self, most):
        return self.np_random.integers(most)
    def step(self, action):
        self.left -= 1
        return self.left, float(self.draw(1000)) / 7, self.left == 0, False, {}

class Shared(Walk):
    generator = np.random.default_rng(0)
    def draw(self, most):
        return Shared.generator.integers(most)

class Deadly(Walk):
    def step(self, action):
        if self.seed == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().step(action)

class Broken(Walk):
    def step(self, action):
        if self.seed in (2, 5):
            raise ArithmeticError("no such place")
        return super().step(action)

class World(Walk):
    # As BipedalWalker: what is made in __init__ is used up by the episodes.
    def __init__(self):
        self.used = 0
    def step(self, action):
        self.used += 1
        observation, reward, *rest = super().step(action)
        return observation, reward + self.used, *rest

for kind in (Walk, Shared, Deadly, Broken, World):
    gymnasium.register(kind.__name__ + "-v0", kind, disable_env_checker=True)
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "policies.py").write_text(POLICIES)
    (tmp_path / "worlds.py").write_text(ENVIRONMENTS)
    return tmp_path


def command(directory, *options, env="worlds:Walk-v0", policy="random", episodes=12, seed=3):
    return [
        "start", directory, "--env", env, "--policy", policy, "--episodes", str(episodes),
        "--seed", str(seed), "--video", "none", *options,
    ]  # fmt: skip


def evaluate(folder, directory, *options, variables=None, **asked):
    done = monitorcli(*command(directory, *options, **asked), cwd=folder, PYTHONPATH=".", **(variables or {}))
    assert "Traceback" not in done.stderr
    return done


def digest(done):
    return re.search(r"digest    ([0-9a-f]{16})", done.stderr)[1]


def rows(directory, folder):
    kept = ("episode", "return", "length", "end", "seed")
    return [[row[name] for name in kept] for row in recorded(directory, folder)]


def run_file(folder, directory, number=0):
    return json.loads((folder / directory / f"openaigym.run.{number:06}.json").read_text())


def test_any_number_of_workers_gives_the_same_episodes_and_digest(folder):
    found = {}
    for workers in ("1", "2", "4"):
        done = evaluate(folder, workers, "--workers", workers, policy="policies:draws", env="CartPole-v1")
        assert (done.returncode, done.stderr.splitlines()[1:2]) == (
            0,
            ["  proof     1 of 1 episode run again elsewhere, equal bit for bit"],
        )
        found[workers] = digest(done), rows(workers, folder)
    assert found["1"] == found["2"] == found["4"]
    assert [row[4] for row in found["2"][1]] == [str(seed) for seed in range(3, 15)]
    assert [row[0] for row in found["2"][1]] == [str(number) for number in range(12)]


def test_the_digest_is_what_the_documentation_says_it_is(folder):
    import hashlib

    done = evaluate(folder, "eval", "--workers", "2")
    lines = [
        f"{row['seed']},{float(row['return']).hex()},{row['length']},{row['end']}\n"
        for row in recorded("eval", folder)
    ]
    assert digest(done) == hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_proof_runs_as_many_episodes_again_as_are_asked_for_and_records_none(folder, workers):
    done = evaluate(folder, "eval", "--workers", workers, "--repeat", "5")
    assert "5 of 5 episodes run again elsewhere, equal bit for bit" in done.stderr
    assert run_file(folder, "eval")["repeats"] == {"episodes": 5, "equal": 5, "different": []}
    assert len(recorded("eval", folder)) == 12
    none = evaluate(folder, "none", "--repeat", "0")
    assert (none.returncode, none.stderr.splitlines()[1]) == (0, "  proof     no episode was run again")


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(
    ("policy", "env"),
    [
        ("policies:Counter", "CartPole-v1"),
        ("policies:Learner", "CartPole-v1"),
        ("policies:unseeded", "CartPole-v1"),
        ("random", "worlds:Shared-v0"),
    ],
)
def test_what_is_kept_from_one_episode_to_the_next_is_caught_by_the_proof(folder, policy, env, workers):
    options = ("--workers", workers, "--repeat", "10")
    done = evaluate(folder, "eval", *options, policy=policy, env=env, episodes=100)
    assert done.returncode == 1, done.stderr
    said = re.search(
        r"  ! not reproducible: seed (\d+) gave return \S+ in \d+ steps?, then (return|the same with)",
        done.stderr,
    )
    assert said, done.stderr
    kept = run_file(folder, "eval")["repeats"]
    assert (kept["episodes"], kept["different"][0]["seed"]) == (10, int(said[1]))
    assert kept["different"][0]["first"] != kept["different"][0]["second"]


def test_a_used_environment_is_not_a_fresh_one_and_reusing_it_is_watched_by_the_proof(folder):
    fresh = evaluate(folder, "fresh", env="worlds:World-v0")
    assert "equal bit for bit" in fresh.stderr
    reused = evaluate(folder, "reused", "--reuse-env", env="worlds:World-v0")
    assert "! not reproducible: seed 14 gave" in reused.stderr
    assert run_file(folder, "reused")["plan"]["reuse_env"] is True


def test_an_episode_of_a_killed_worker_is_run_by_another(folder):
    whole = evaluate(folder, "whole", policy="policies:right", env="CartPole-v1")
    done = evaluate(
        folder, "eval", "--workers", "2", policy="policies:dies_once", env="CartPole-v1",
        variables={"WITNESS": "died"},
    )  # fmt: skip
    assert (folder / "died").exists()
    assert (done.returncode, digest(done)) == (0, digest(whole)), done.stderr
    assert rows("eval", folder) == rows("whole", folder)
    assert monitorcli("inspect", "eval", "--verify", cwd=folder).returncode == 0


def test_an_episode_that_kills_its_workers_is_given_up_and_named(folder):
    done = evaluate(folder, "eval", "--workers", "2", env="worlds:Deadly-v0", seed=0)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert lines[0] == (
        "monitorcli: the episode with seed 5 failed: given up: it ended 3 workers, the last with SIGKILL."
    )
    assert lines[-2:] == [
        "monitorcli: 1 episode failed (seed 5); 11 of 12 episodes are covered.",
        "  To run what is missing:  monitorcli resume eval --env worlds:Deadly-v0 --policy random"
        " --episodes 12 --seed 0 --video none --workers 2",
    ]
    assert [row[4] for row in rows("eval", folder)] == [str(seed) for seed in range(12) if seed != 5]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_episode_that_raises_is_an_error_and_the_others_go_on(folder, workers):
    done = evaluate(folder, "eval", "--workers", workers, env="worlds:Broken-v0", seed=0)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == (
        "monitorcli: the episode with seed 2 failed: ArithmeticError: no such place"
    )
    assert re.search(r"digest    [0-9a-f]{16}   \(of 10 of 12 episodes\)", done.stderr)
    assert "2 episodes failed (seeds 2, 5); 10 of 12 episodes are covered." in done.stderr
    kept = run_file(folder, "eval")
    assert (kept["failed"], [error["seed"] for error in kept["errors"]]) == (2, [2, 5])
    assert kept["errors"][0]["traceback"].endswith("ArithmeticError: no such place\n")
    ended = [row[4] for row in rows("eval", folder) if row[3] != "incomplete"]
    assert ended == [str(seed) for seed in range(12) if seed not in (2, 5)]


def start(folder, directory, *options, **asked):
    words = command(directory, *options, **asked)
    return subprocess.Popen(
        [sys.executable, "-m", "monitorcli", *words], cwd=folder, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": "."}, start_new_session=True,
    )  # fmt: skip


def records(folder, directory):
    """How many episodes are on disk."""
    sizes = [path.stat().st_size for path in (folder / directory).glob("*.npy")]
    return sum((size - 448) // 64 for size in sizes)


def wait_for(process, condition):
    while not condition():
        assert process.poll() is None, process.stderr.read()
        os.sched_yield()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_driver_that_was_killed_and_resumed_leaves_the_episodes_of_one_that_was_not(folder, workers):
    asked = {"policy": "policies:waits", "env": "CartPole-v1", "episodes": 8, "seed": 0}
    whole = evaluate(folder, "whole", "--workers", "2", **asked)
    process = start(folder, "eval", "--workers", workers, **asked)
    wait_for(process, lambda: records(folder, "eval") >= 3)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = monitorcli(
        "resume", "eval", "--policy", "policies:waits", "--workers", "2", cwd=folder, PYTHONPATH="."
    )
    assert (done.returncode, digest(done)) == (0, digest(whole)), done.stderr
    assert rows("eval", folder) == rows("whole", folder)
    again = monitorcli("resume", "eval", "--policy", "policies:waits", cwd=folder, PYTHONPATH=".")
    assert again.stderr == "monitorcli: nothing is missing: eval holds all 8 episodes.\n"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_workers_and_keeps_what_they_recorded(folder, number, status):
    process = start(
        folder, "eval", "--workers", "2", policy="policies:waits", env="CartPole-v1", episodes=1000
    )
    wait_for(process, lambda: records(folder, "eval") >= 3)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == status, err
    ended = "interrupted." if status == 130 else "stopped by SIGTERM."
    assert err.splitlines()[-2] == f"monitorcli: {ended}"
    assert records(folder, "eval") >= 3
    assert monitorcli("inspect", "eval", "--verify", cwd=folder).returncode == 0
    assert "Traceback" not in err


def test_ctrl_c_at_a_terminal_reaches_the_workers_too_and_nothing_is_lost(folder):
    process = start(
        folder, "eval", "--workers", "2", policy="policies:waits", env="CartPole-v1", episodes=1000
    )
    wait_for(process, lambda: records(folder, "eval") >= 3)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    ends = [row["end"] for row in recorded("eval", folder)]
    assert ends.count("terminated") >= 3
    assert set(ends) <= {"terminated", "incomplete"}


def test_three_shards_in_one_directory_are_the_whole_and_none_is_taken_twice(folder):
    whole = evaluate(folder, "whole")
    for number in (3, 1, 2):
        done = evaluate(folder, "eval", "--shard", f"{number}/3")
        assert done.returncode == 0, done.stderr
        if number == 3:
            assert done.stderr.splitlines()[-2:] == [
                "monitorcli: 4 of 12 episodes are covered; not complete yet: shards 1/3, 2/3.",
                "  For example:  monitorcli start eval --env worlds:Walk-v0 --policy random --episodes 12"
                " --seed 3 --video none --shard 1/3",
            ]
    assert digest(done) == digest(whole)
    assert rows("eval", folder) == rows("whole", folder)
    again = evaluate(folder, "eval", "--shard", "2/3")
    assert again.stderr == "monitorcli: nothing is missing: eval holds all 4 episodes of shard 2/3.\n"


def test_shards_that_begin_at_once_share_the_work(folder):
    whole = evaluate(folder, "whole")
    processes = [start(folder, "eval", "--shard", f"{number}/3") for number in (1, 2, 3)]
    said = [process.communicate(timeout=100)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    assert rows("eval", folder) == rows("whole", folder)
    assert any(digest(whole) in text for text in said)


def test_a_shard_that_runs_already_is_refused(folder):
    asked = {"policy": "policies:waits", "env": "CartPole-v1", "episodes": 1000}
    process = start(folder, "eval", "--shard", "1/2", **asked)
    wait_for(process, lambda: records(folder, "eval") >= 1)
    done = evaluate(folder, "eval", "--shard", "1/2", **asked)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert done.returncode == 2
    assert re.match(
        r"monitorcli: eval: process \d+ on \S+ is running these episodes already \(openaigym",
        done.stderr,
    )
    assert len(list((folder / "eval").glob("openaigym.run.*.json"))) == 1


@pytest.mark.parametrize(
    ("variables", "part"),
    [
        ({"SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "4"}, "2/3"),
        ({"SLURM_PROCID": "1", "SLURM_NTASKS": "3"}, "2/3"),
        ({"RANK": "1", "WORLD_SIZE": "3"}, "2/3"),
    ],
)
def test_the_shard_is_told_by_slurm_or_torchrun(folder, variables, part):
    done = evaluate(folder, "eval", "--shard", "auto", variables=variables)
    assert done.returncode == 0, done.stderr
    assert [row[4] for row in rows("eval", folder)] == ["4", "7", "10", "13"]
    assert run_file(folder, "eval")["shard"] == part


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--shard", "4/3"], "monitorcli: --shard '4/3' is not one of so many parts."),
        (["--shard", "0/3"], "monitorcli: --shard '0/3' is not one of so many parts."),
        (["--shard", "auto"], "monitorcli: --shard auto: neither Slurm's variables ("),
        (["--shard", "1/3", "--force"], "monitorcli: --force and --shard do not go together: "),
        (["--workers", "0"], "monitorcli: Invalid value for '--workers': '0' is not a number from 1 to 4096"),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_directory_is_made(folder, options, sentence):
    done = evaluate(folder, "eval", *options)
    assert (done.returncode, done.stderr[: len(sentence)]) == (2, sentence)
    assert not (folder / "eval").exists()


def test_ray_is_refused_where_it_is_not_installed_and_beside_a_command(folder):
    (folder / "ray.py").write_text("raise ModuleNotFoundError('No module named ray')")
    said = ["--engine ray needs ray, which is not installed.", "pip install 'monitorcli[ray]'"]
    done = evaluate(folder, "eval", "--engine", "ray")
    assert (done.returncode, done.stderr) == (2, f"monitorcli: {said[0]}\n  {said[1]}\n")
    checked = evaluate(folder, "eval", "--engine", "ray", "--check")
    assert checked.returncode == 2
    assert all(part in checked.stdout for part in said)
    done = monitorcli("start", "eval", "--engine", "ray", "--", "true", cwd=folder)
    assert done.returncode == 2
    assert done.stderr == "monitorcli: --engine goes with --env; a command brings its own.\n"
    assert not (folder / "eval").exists()


def test_a_shard_of_another_plan_is_refused_with_both(folder):
    evaluate(folder, "eval", "--shard", "1/3")
    other = evaluate(folder, "eval", "--shard", "2/3", seed=4)
    assert (other.returncode, other.stderr.splitlines()[0]) == (
        2,
        "monitorcli: eval holds another evaluation. --seed: 3 is recorded, 4 is there now.",
    )
    assert evaluate(folder, "eval", "--shard", "2/3", "--reuse-env").returncode == 2


def test_other_versions_are_shown_and_refused_unless_accepted_which_is_recorded(folder):
    evaluate(folder, "eval", episodes=4)
    path = folder / "eval" / "openaigym.run.000000.json"
    document = json.loads(path.read_text())
    document["plan"]["versions"]["numpy"] = "1.0"
    path.write_text(json.dumps(document))
    resume = ["resume", "eval", "--env", "worlds:Walk-v0", "--episodes", "6"]
    done = monitorcli(*resume, cwd=folder, PYTHONPATH=".")
    assert done.returncode == 2
    assert "version of numpy: 1.0 is recorded, " in done.stderr
    done = monitorcli(*resume, "--accept-changes", cwd=folder, PYTHONPATH=".")
    assert done.returncode == 0, done.stderr
    assert run_file(folder, "eval", 1)["accepted"][0]["what"] == "version of numpy"
    assert [row[4] for row in rows("eval", folder)] == ["3", "4", "5", "6", "7", "8"]


def test_first_observations_that_are_alike_are_counted(folder):
    done = evaluate(folder, "eval", episodes=40)
    said = re.search(r"  starts    (\d+) first observations in 40 episodes", done.stderr)
    assert 1 < int(said[1]) <= 10
    assert run_file(folder, "eval")["first_observations"] == {"episodes": 40, "different": int(said[1])}


def test_libraries_get_one_thread_unless_the_user_says_otherwise(folder):
    (folder / "asks.py").write_text(
        "import os, sys\n"
        "def act(observation):\n"
        "    assert os.environ['OMP_NUM_THREADS'] == os.environ['WANTED'], os.environ['OMP_NUM_THREADS']\n"
        "    return 0\n"
    )
    for workers in ("1", "2"):
        for wanted, given in (("1", None), ("3", "3")):
            done = evaluate(
                folder, f"{workers}-{wanted}", "--workers", workers, policy="asks:act", episodes=4,
                variables={"OMP_NUM_THREADS": given, "WANTED": wanted},
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
    assert run_file(folder, "2-3")["plan"]["threads"] == {"OMP_NUM_THREADS": "3"}


def test_films_of_several_workers_are_numbered_by_the_plan(folder):
    done = monitorcli(
        "start", "eval", "--env", "CartPole-v1", "--policy", "random", "--episodes", "10", "--seed", "7",
        "--workers", "2", cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    films = sorted(path.name.rpartition(".video")[2] for path in (folder / "eval").glob("*.mp4"))
    assert films == ["000000.mp4", "000001.mp4", "000008.mp4"]
    listed = json.loads(monitorcli("inspect", "eval", "--format", "json", cwd=folder).stdout)
    assert monitorcli("inspect", "eval", "--verify", cwd=folder).returncode == 0, listed


def test_a_shard_joins_no_recording_of_another_kind(folder):
    (folder / "eval").mkdir()
    (folder / "eval" / "openaigym.manifest.0.x.manifest.json").write_text("{}")
    done = evaluate(folder, "eval", "--shard", "1/3")
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2,
        "monitorcli: eval already holds a recording (openaigym.manifest.0.x.manifest.json)."
        " It has 0 episodes.",
    )
    assert [path.name for path in (folder / "eval").iterdir()] == ["openaigym.manifest.0.x.manifest.json"]
