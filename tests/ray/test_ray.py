"""`--engine ray`: the numbers that one core would have given, from workers that share no disk with us."""

import os
import re
import signal

import pytest
from commands import monitorcli
from pages import blocks, run
from test_workers import (
    command,
    digest,
    evaluate,
    records,
    rows,
    run_file,
    start,
    wait_for,
)

RAY = ("--engine", "ray")


def test_ray_gives_the_episodes_the_digest_and_the_proof_of_one_core(folder):
    asked = {"policy": "policies:draws", "env": "CartPole-v1", "episodes": 60}
    alone = evaluate(folder, "alone", **asked)
    found = {}
    for workers in ("1", "2"):
        done = evaluate(folder, workers, *RAY, "--workers", workers, **asked)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        found[workers] = done.stderr.splitlines()[1:], rows(workers, folder)
    assert found["1"] == found["2"] == (alone.stderr.splitlines()[1:], rows("alone", folder))
    assert "proof     1 of 1 episode run again elsewhere, equal bit for bit" in alone.stderr


@pytest.mark.parametrize("policy", ["policies:Counter", "policies:unseeded"])
def test_one_worker_leaves_the_proof_to_a_fresh_one(folder, policy):
    done = evaluate(folder, "eval", *RAY, policy=policy, env="CartPole-v1", episodes=20)
    assert "! not reproducible: seed 22 gave return" in done.stderr


def test_an_episode_of_a_killed_worker_is_run_by_another(folder):
    asked = {"policy": "policies:dies_once", "env": "CartPole-v1", "episodes": 20}
    whole = evaluate(folder, "whole", variables={"WITNESS": ""}, **asked)
    witness = folder / "it-died"
    done = evaluate(folder, "eval", *RAY, "--workers", "2", variables={"WITNESS": str(witness)}, **asked)
    assert witness.exists()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", whole.stderr.replace("whole", "eval"))
    assert rows("eval", folder) == rows("whole", folder)


def test_an_episode_that_kills_its_workers_is_given_up_and_named(folder):
    done = evaluate(folder, "eval", *RAY, "--workers", "2", env="worlds:Deadly-v0", seed=0)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "monitorcli: the episode with seed 5 failed: given up: it ended 3 workers, the last with a crash ("
    )
    assert "1 episode failed (seed 5); 11 of 12 episodes are covered." in done.stderr
    assert "monitorcli resume eval" in done.stderr.splitlines()[-1]
    assert "--engine ray" in done.stderr.splitlines()[-1]
    assert [row[4] for row in rows("eval", folder)] == [str(seed) for seed in range(12) if seed != 5]


def test_films_come_back_with_all_their_frames(folder):
    done = monitorcli(
        "start", "eval", "--env", "CartPole-v1", "--policy", "random", "--episodes", "10", "--seed", "7",
        "--workers", "2", *RAY, cwd=folder,
    )  # fmt: skip
    assert done.stderr.splitlines()[0].endswith(", 3 videos -> eval"), done.stderr
    films = sorted(path.name.rpartition(".video")[2] for path in (folder / "eval").glob("*.mp4"))
    assert films == ["000000.mp4", "000001.mp4", "000008.mp4"]
    verified = monitorcli("inspect", "eval", "--verify", cwd=folder)
    assert verified.returncode == 0, verified.stdout


def test_a_cluster_without_our_disk_gets_the_files_that_were_named_and_what_they_import(tmp_path, cluster):
    asked = tmp_path / "asked"
    asked.mkdir()
    (asked / "angles.py").write_text("def angle(observation):\n    return observation[2]\n")
    (asked / "policy.py").write_text(
        "from angles import angle\ndef act(observation):\n    return int(angle(observation) > 0)\n"
    )
    (asked / "world.py").write_text(
        "from gymnasium.envs.classic_control import CartPoleEnv as Pole\ndef same(env):\n    return env\n"
    )
    found = []
    for directory, policy, options in (
        ("alone", "policy.py:act", ()),
        ("beside", "policy.py:act", RAY),
        ("absolute", f"{asked}/policy.py:act", RAY),
        ("module", "policy:act", RAY),
    ):
        done = monitorcli(
            "start", directory, "--env", "world.py:Pole", "--wrapper", f"{asked}/world.py:same",
            "--max-episode-steps", "50", "--policy", policy, "--episodes", "6", "--seed", "0",
            "--workers", "2", *options, cwd=asked, RAY_ADDRESS=cluster,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        found.append((digest(done), rows(directory, asked)))
    assert found[1:] == found[:1] * 3
    assert monitorcli("inspect", "beside", "--verify", cwd=asked).returncode == 0


def test_what_the_policy_opens_itself_has_to_be_there(tmp_path, cluster):
    asked = tmp_path / "asked"
    asked.mkdir()
    (asked / "weights").write_text("1")
    (asked / "policy.py").write_text(
        "weight = int(open(__file__.replace('policy.py', 'weights')).read())\n"
        "def act(observation):\n    return weight\n"
    )
    done = monitorcli(
        *command("eval", *RAY, env="CartPole-v1", policy="policy.py:act"), cwd=asked, RAY_ADDRESS=cluster
    )
    assert done.returncode == 2
    assert "the policy 'policy.py:act' does not import: FileNotFoundError: " in done.stderr
    assert not list((asked / "eval").glob("*"))


def test_fewer_cpus_than_workers_are_said_and_do(folder, cluster):
    done = evaluate(folder, "eval", *RAY, "--workers", "4", variables={"RAY_ADDRESS": cluster}, episodes=40)
    assert done.returncode == 0
    assert done.stderr.startswith(
        "monitorcli: the cluster has fewer CPUs than 4 workers need: 2.\nmonitorcli: Walk-v0, 40 episodes, "
    )


def test_a_driver_that_was_killed_and_resumed_leaves_the_episodes_of_one_that_was_not(folder):
    asked = {"policy": "policies:waits", "env": "CartPole-v1", "episodes": 8, "seed": 0}
    whole = evaluate(folder, "whole", "--workers", "2", **asked)
    process = start(folder, "eval", *RAY, "--workers", "2", **asked)
    wait_for(process, lambda: records(folder, "eval") >= 3)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = monitorcli(
        "resume", "eval", "--policy", "policies:waits", "--workers", "2", *RAY, cwd=folder, PYTHONPATH="."
    )
    assert (done.returncode, digest(done)) == (0, digest(whole)), done.stderr
    assert rows("eval", folder) == rows("whole", folder)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_cluster_and_keeps_what_was_sent_back(folder, number, status):
    process = start(
        folder, "eval", *RAY, "--workers", "2", policy="policies:waits", env="CartPole-v1", episodes=1000
    )
    wait_for(process, lambda: records(folder, "eval") >= 3)
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == status, err
    ended = "interrupted." if status == 130 else "stopped by SIGTERM."
    assert err.splitlines()[-2] == f"monitorcli: {ended}"
    assert run_file(folder, "eval")["interrupted"] == (number == signal.SIGINT)
    assert {row[3] for row in rows("eval", folder)} == {"terminated"}
    assert monitorcli("inspect", "eval", "--verify", cwd=folder).returncode == 0


def test_workers_have_the_threads_of_the_user(folder, cluster):
    (folder / "asks.py").write_text(
        "import os\n"
        "def act(observation):\n"
        "    print('to a log of Ray')\n"
        "    return int(os.environ['OMP_NUM_THREADS'] + os.environ['MKL_NUM_THREADS'] == '31')\n"
        "def wanted(observation):\n"
        "    return 1\n"
    )
    found = []
    for policy, options in (("asks:wanted", ()), ("asks:act", RAY)):
        variables = {"OMP_NUM_THREADS": "3", "RAY_ADDRESS": cluster}
        done = evaluate(folder, policy, *options, policy=policy, env="CartPole-v1", variables=variables)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        found.append(digest(done))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("ray://127.0.0.1:10001", "RAY_ADDRESS=ray://127.0.0.1:10001 is for Ray's client, "),
        ("127.0.0.1:1", "no cluster of Ray's answers at RAY_ADDRESS=127.0.0.1:1: "),
    ],
)
def test_a_cluster_that_cannot_be_used_is_refused(folder, address, sentence):
    done = evaluate(folder, "eval", *RAY, variables={"RAY_ADDRESS": address})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"monitorcli: {sentence}")
    assert not list((folder / "eval").glob("*"))


def test_what_the_page_on_evaluation_shows_of_ray_is_so(tmp_path):
    """But for the digest, which is the machine's too."""
    shown, given, digests = "", "", set()
    for language, name, body in blocks("docs/evaluation.md"):
        if language == "python" and name:
            (tmp_path / name).write_text(body)
        if language == "sh":
            shown += body
    for typed in shown.split("$ ")[1:]:
        line = typed.partition("\n")[0]
        output = run(line, tmp_path).stdout
        digests |= set(re.findall("[0-9a-f]{16}", output))
        given += f"$ {line}\n{output}"
    assert re.sub("[0-9a-f]{16}", "DIGEST", given) == re.sub("[0-9a-f]{16}", "DIGEST", shown)
    assert len(digests) == 1
