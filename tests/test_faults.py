"""Faults that really happen to the disk, made to happen: docs/faults.md is the table of them.

The script ends with its own exit status, what is lost is said once, and the rest can be read.
"""

import os
import re
import shutil
import subprocess
import sys

import pytest
from commands import monitorcli, recorded, script

STATUS = 7
EPISODES = 400

START = """
import gymnasium, os, resource, shutil, sys
env = gymnasium.make("CartPole-v1")
"""
MONITOR = """
import gymnasium, os, resource, shutil, sys
from monitorcli import Monitor
env = Monitor(gymnasium.make("CartPole-v1"), "runs", video_callable=False)
"""
PLAY = """
def play(episodes):
    for number in range(episodes):
        env.reset(seed=number)
        while not any(env.step(0)[2:4]):
            pass
play(3)
{fault}
play({episodes})
env.close()
print("done", flush=True)
sys.exit({status})
"""


def under_start(tmp_path, fault="", video="none"):
    name = script(tmp_path, START + PLAY.format(fault=fault, episodes=EPISODES, status=STATUS))
    return monitorcli("start", "runs", "--video", video, "--", sys.executable, name, cwd=tmp_path)


def by_itself(tmp_path, fault=""):
    name = script(tmp_path, MONITOR + PLAY.format(fault=fault, episodes=EPISODES, status=STATUS))
    return subprocess.run([sys.executable, name], cwd=tmp_path, capture_output=True, text=True, timeout=120)


@pytest.fixture
def small_disk(tmp_path):
    """`runs` as a file system of its own, of 32 kB."""
    (tmp_path / "runs").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32k", "none", tmp_path / "runs"]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    yield tmp_path / "runs"
    subprocess.run(["umount", "-l", tmp_path / "runs"], check=True)


def said_once(done, reason):
    """The script's own words and status, no traceback, and one remark that episodes are being lost."""
    assert (done.returncode, done.stdout) == (STATUS, "done\n"), done.stderr
    assert "Traceback" not in done.stderr
    assert len(re.findall(rf"episodes are being lost \({reason}\)", done.stderr)) == 1, done.stderr


FULL_FILE = "resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))"


@pytest.mark.parametrize("way", [under_start, by_itself])
def test_a_file_that_may_not_grow_costs_episodes_and_says_how_many(tmp_path, way):
    said_once(way(tmp_path, FULL_FILE), "File too large")
    rows = recorded("runs", tmp_path)
    assert len(rows) == 25  # (2048 - 448) / 64
    shown = monitorcli("inspect", "runs", cwd=tmp_path).stdout
    assert "the disk refused 378" in shown


def test_a_file_that_may_not_grow_costs_a_vector_environments_episodes_and_says_how_many(tmp_path):
    """Several records are written at once, of which the disk may take some."""
    text = """
import gymnasium, numpy, resource
env = gymnasium.make_vec("CartPole-v1", num_envs=64)
env.reset(seed=0)
resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))
begun = 64
for _ in range(60):
    _, _, terminated, truncated, _ = env.step(numpy.zeros(64, int))
    begun += (terminated | truncated).sum()
print(begun - (terminated | truncated).sum())  # the next step would have begun those
env.close()
"""
    done = monitorcli("start", "runs", "--", sys.executable, script(tmp_path, text), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = re.findall(r"episodes are being lost \(.*\)", done.stderr)
    assert len(said) == len(set(said)) > 0, done.stderr
    assert len(recorded("runs", tmp_path)) == 25  # (2048 - 448) / 64
    refused = int(done.stdout) - 25
    assert refused > 50
    assert f"the disk refused {refused}" in monitorcli("inspect", "runs", cwd=tmp_path).stdout


def test_a_directory_on_a_read_only_disk_is_refused_before_anything_runs(tmp_path, small_disk):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    done = under_start(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("monitorcli: runs cannot be written: Read-only file system.\n")


EVALUATION = ["--env", "CartPole-v1", "--policy", "random", "--episodes", "2", "--seed", "0"]


@pytest.mark.parametrize("room", [0, 100, 420])  # bytes a file may have: the run's file, all of it, the log's
def test_no_room_for_the_first_files_is_one_sentence_and_leaves_the_directory_free(tmp_path, room):
    full = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))"
    arguments = ["monitorcli", "start", "runs", *EVALUATION, "--video", "none"]
    code = f"{full}\nimport sys\nfrom monitorcli.cli import main\nsys.argv = {arguments}\nmain()"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "monitorcli: runs cannot be written: File too large.\n  Make room, or choose another directory.\n",
    )
    assert list((tmp_path / "runs").iterdir()) == []
    assert monitorcli("start", "runs", *EVALUATION, "--video", "none", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("room", [0, 300])
def test_no_room_for_the_first_files_of_a_monitor_is_said_by_name(tmp_path, room):
    full = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))\n"
    name = script(tmp_path, full + MONITOR)
    done = subprocess.run([sys.executable, name], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == (
        f"monitorcli.errors.DirectoryUnusable: {tmp_path}/runs cannot be written: File too large."
    )
    assert list((tmp_path / "runs").iterdir()) == []


def test_no_file_descriptor_left_for_films_costs_the_films(tmp_path):
    done = under_start(tmp_path, "resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))", video="every:100")
    assert (done.returncode, done.stdout) == (STATUS, "done\n"), done.stderr
    assert "Traceback" not in done.stderr
    assert len(recorded("runs", tmp_path)) == EPISODES + 3


@pytest.mark.parametrize("way", [under_start, by_itself])
def test_a_full_disk_costs_episodes_and_not_the_run(tmp_path, small_disk, way):
    said_once(way(tmp_path), "No space left on device")
    rows = recorded("runs", tmp_path)
    assert 100 < len(rows) < EPISODES
    assert [float(row["return"]) for row in rows[:3]] == [float(row["return"]) for row in rows[3:6]]


def test_a_full_disk_is_visible_to_inspect(tmp_path, small_disk):
    under_start(tmp_path)
    assert "lost" in monitorcli("inspect", "runs", cwd=tmp_path).stdout


def test_a_film_that_finds_no_room_costs_itself_and_not_the_run(tmp_path, small_disk):
    done = under_start(tmp_path, video="all")
    said_once(done, "No space left on device")
    assert "a video is broken" in done.stderr
    assert len(recorded("runs", tmp_path)) > 3


@pytest.mark.parametrize("way", [under_start, by_itself])
def test_a_directory_that_is_removed_costs_the_recording_and_not_the_run(tmp_path, way):
    done = way(tmp_path, 'shutil.rmtree("runs")')
    assert (done.returncode, done.stdout) == (STATUS, "done\n"), done.stderr
    assert "Traceback" not in done.stderr
    assert not os.path.exists(tmp_path / "runs")
    assert done.stderr.count("runs") >= 1  # said


@pytest.mark.parametrize("make", ['make_vec("CartPole-v1", num_envs=3)', 'make("CartPole-v1")'])
def test_a_directory_that_is_removed_before_the_first_reset_is_said_once(tmp_path, make):
    text = """
import gymnasium, shutil, sys
env = gymnasium.{make}
shutil.rmtree("runs")
for _ in range(3):
    env.reset(seed=0)
    env.step(env.action_space.sample())
print("done", flush=True)
sys.exit({status})
"""
    name = script(tmp_path, text.format(make=make, status=STATUS))
    done = monitorcli("start", "runs", "--video", "none", "--", sys.executable, name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (STATUS, "done\n"), done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("No such file or directory") == 1, done.stderr


@pytest.mark.parametrize("way", [under_start, by_itself])
def test_no_file_descriptor_left_costs_no_episode_that_has_its_log(tmp_path, way):
    done = way(tmp_path, "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))")
    assert (done.returncode, done.stdout) == (STATUS, "done\n"), done.stderr
    assert "Traceback" not in done.stderr
    assert len(recorded("runs", tmp_path)) == EPISODES + 3
