"""Recordings that are read while somebody writes them: followed cheaply, and never called damaged for it."""

import contextlib
import dataclasses
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from writing import begin_run, open_writer, packed, write

from monitorcli.format import log
from monitorcli.recording import follow, read, reader, records
from monitorcli.recording.folder import Folder
from monitorcli.recording.follow import Follower

RECORDINGS = Path(__file__).parent / "recordings"

# Episodes of one step for ever; the number of each is its return.
TRAINER = """
import gymnasium, os, sys, time
from gymnasium import spaces

class Quick(gymnasium.Env):
    observation_space = action_space = spaces.Discrete(2)
    episode = -1
    def reset(self, *, seed=None, options=None):
        self.episode += 1
        return 0, {}
    def step(self, action):
        return 0, float(self.episode), True, False, {}

gymnasium.register("Quick-v0", Quick)
env = gymnasium.make("Quick-v0")
most, pause = int(sys.argv[1]), float(sys.argv[2])
for _ in range(most):
    if os.path.exists("stop"):
        break
    env.reset()
    env.step(0)
    time.sleep(pause)
"""


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "run"


def same(found, expected):
    """Whether two recordings are equal, columns and all."""
    for field in dataclasses.fields(expected.episodes):
        name = field.name
        assert np.array_equal(getattr(found.episodes, name), getattr(expected.episodes, name)), name
    plain = [dataclasses.replace(one, episodes=expected.episodes) for one in (found, expected)]
    assert plain[0] == plain[1]


def the(pattern, directory):
    (found,) = directory.glob(f"openaigym.{pattern}")
    return found


# Following.


def test_what_is_followed_is_what_a_reader_reads_at_any_moment(directory):
    begin_run(directory)
    follower = Follower(directory)
    writers = [open_writer(directory), open_writer(directory)]
    for number in range(50):
        writers[number % 2].append(packed(number, float(number), started_at=1000.0 - number % 3))
        if number % 10 == 5:
            writers[0].seal_batch()
        same(follower.update(), read(directory))
    for writer in writers:
        writer.close()
    same(follower.update(), read(directory))


def test_of_a_log_only_what_was_added_is_read(directory, monkeypatch):
    asked = []

    def spy(folder, name, first=0):
        asked.append(first)
        return records.read_log(folder, name, first)

    monkeypatch.setattr(follow, "read_log", spy)
    begin_run(directory)
    writer = open_writer(directory)
    follower = Follower(directory)
    for _ in range(3):
        writer.append(packed(0))
        writer.append(packed(1))
        assert len(follower.update().episodes) == 2 * len(asked)
    assert asked == [0, 2, 4]


def test_nothing_is_read_while_nothing_happens(directory):
    begin_run(directory)
    open_writer(directory).append(packed(0))
    now = [0.0]
    follower = Follower(directory, clock=lambda: now[0])
    first = follower.update()
    assert follower.update() is first
    now[0] = 1.0  # a process may have died without a sign
    assert follower.update() is not first


def test_a_log_that_was_cut_or_replaced_is_read_from_its_beginning(directory):
    begin_run(directory)
    writer = open_writer(directory, uid="mine")
    for number in range(3):
        writer.append(packed(number, 1.0))
    follower = Follower(directory)
    assert len(follower.update().episodes) == 3
    os.truncate(the("episode_log.*", directory), len(log.header(1)) + log.SIZE)
    assert len(follower.update().episodes) == 1
    for path in directory.iterdir():
        path.unlink()
    begin_run(directory)
    write(directory, packed(0, 5.0), packed(1, 6.0), uid="mine")
    assert follower.update().episodes.episode_return.tolist() == [5.0, 6.0]


def test_damage_is_told_every_time(directory):
    begin_run(directory)
    writer = open_writer(directory)
    writer.append(packed(0))
    writer.append(b"\0" * 64)
    follower = Follower(directory)
    problems = follower.update().problems
    assert "1 records are damaged" in problems[0]
    writer.append(packed(1))
    assert follower.update().problems == read(directory).problems


def test_an_ancestors_directory_can_be_followed_too(tmp_path):
    for name in ("gym-0.7.4-text", "sb3-single"):
        assert len(Follower(RECORDINGS / name).update().episodes) == len(read(RECORDINGS / name).episodes)


# A writer that is at it is no problem.


def test_a_writer_that_is_being_born_is_no_problem(directory):
    begin_run(directory)
    write(directory, packed(0))
    os.close(log.create(directory / "openaigym.episode_log.0.new.npy"))
    (directory / "openaigym.episode_log.0.newer.npy").touch()
    (directory / "openaigym.run.000001.json").touch()
    recording = read(directory)
    assert (len(recording.episodes), recording.problems) == (1, ())
    assert [run.state for run in recording.runs] == ["running", "running"]


def test_a_problem_that_goes_away_was_none(directory, monkeypatch):
    write(directory, packed(0))
    lone = directory / "openaigym.manifest.0.half.manifest.json"
    lone.write_text("{")
    films = reader.find_films

    def finish_meanwhile(folder):
        lone.unlink(missing_ok=True)  # what replacing a file does to a reader that listed it before
        (directory / "openaigym.tmp.0").touch()
        return films(folder)

    monkeypatch.setattr(reader, "find_films", finish_meanwhile)
    assert read(directory).problems == ()


def test_a_problem_that_stays_is_told(directory):
    write(directory, packed(0))
    (directory / "openaigym.manifest.0.half.manifest.json").write_text("{")
    assert len(read(directory).problems) == 1


def test_a_file_that_came_after_the_listing_is_there(directory):
    directory.mkdir()
    folder = Folder(directory)
    (directory / "openaigym.episode_log.0.late.npy").touch()
    name = "openaigym.episode_log.0.late.npy"
    assert folder.referred(name, "manifest") == name


def test_a_run_that_ends_while_it_is_read_did_not_die(directory, monkeypatch):
    run = begin_run(directory)
    path = the("run.*", directory)
    document = json.loads(path.read_text())
    document["lease"]["pid"] = 0
    path.write_text(json.dumps(document))
    assert read(directory).runs[0].state == "crashed"
    # The process is asked for after its file was read.
    monkeypatch.setattr("monitorcli.recording.runs.lease.alive", lambda *_: bool(run.end(exit_status=0)))
    assert read(directory).runs[0].state == "complete"


# Real processes.


def start(tmp_path, episodes, pause=0.0, **options):
    (tmp_path / "trainer.py").write_text(TRAINER)
    command = [sys.executable, "-m", "monitorcli", "start", "run", "--video", "none", "--"]
    return subprocess.Popen(
        [*command, sys.executable, "trainer.py", str(episodes), str(pause)],
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        **options,
    )


def until_episodes(directory, count):
    for _ in range(600):
        if list(directory.glob("*.npy")) and len(read(directory).episodes) >= count:
            return
        time.sleep(0.05)
    raise AssertionError("nothing was recorded")


def watching(tmp_path, **options):
    command = [sys.executable, "-m", "monitorcli", "inspect", "run", "--watch"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
    return subprocess.Popen(command, cwd=tmp_path, start_new_session=True, **pipes)


def test_no_reader_ever_sees_a_problem_in_a_run_at_full_speed(tmp_path):
    trainer = start(tmp_path, 40_000)
    follower = None
    reads = 0
    counts = [0]
    while trainer.poll() is None:
        if not (tmp_path / "run" / "openaigym.run.000000.json").exists():
            continue
        follower = follower or Follower(tmp_path / "run")
        for found in (follower.update(), read(tmp_path / "run")):
            assert found.problems == ()
            assert found.runs[0].state in ("running", "complete")
            counts.append(len(found.episodes))
            reads += 1
    assert trainer.returncode == 0
    assert reads
    assert counts == sorted(counts)
    same(follower.update(), read(tmp_path / "run"))
    assert read(tmp_path / "run").episodes.episode_return.tolist() == list(range(40_000))


def test_watching_ends_when_the_run_ends(tmp_path):
    trainer = start(tmp_path, 10**6, 0.005)
    until_episodes(tmp_path / "run", 1)
    watcher = watching(tmp_path)
    first = watcher.stdout.readline()
    until_episodes(tmp_path / "run", 1 + int(re.search(r" · ([0-9,]+) episode", first)[1].replace(",", "")))
    (tmp_path / "stop").touch()
    out, err = watcher.communicate(timeout=60)
    assert (watcher.returncode, trainer.wait(10)) == (0, 0)
    count = len(read(tmp_path / "run").episodes)
    assert err == f"monitorcli: run 0 is complete; it has {count:,} episodes.\n"
    assert re.search(
        rf"^\d\d:\d\d:\d\d UTC · {count:,} episodes \([0-9,]+ more\) · mean return ", out, re.MULTILINE
    )


def test_watching_says_that_a_run_died(tmp_path):
    trainer = start(tmp_path, 10**6, 0.005)
    until_episodes(tmp_path / "run", 1)
    watcher = watching(tmp_path)
    assert watcher.stdout.readline()  # it has seen the run alive
    os.killpg(trainer.pid, signal.SIGKILL)
    trainer.wait(10)
    _, err = watcher.communicate(timeout=60)
    count = len(read(tmp_path / "run").episodes)
    assert watcher.returncode == 0
    assert err == f"monitorcli: run 0 died: its process {trainer.pid} is gone; it has {count} episodes.\n"


def test_an_interrupt_leaves_quietly(tmp_path):
    trainer = start(tmp_path, 10**6, 0.005)
    until_episodes(tmp_path / "run", 1)
    watcher = watching(tmp_path)
    assert watcher.stdout.readline()
    watcher.send_signal(signal.SIGINT)
    _, err = watcher.communicate(timeout=60)
    os.killpg(trainer.pid, signal.SIGKILL)
    trainer.wait(10)
    assert (watcher.returncode, err) == (0, "")


def test_what_nobody_records_is_shown_once(tmp_path):
    write(tmp_path / "run", packed(0), packed(1))
    begin_run(tmp_path / "run").end(exit_status=0)
    watcher = watching(tmp_path)
    out, err = watcher.communicate(timeout=60)
    assert out.endswith(" UTC · 2 episodes · mean return 1 (last 2)\n")
    assert err == "monitorcli: no run is being recorded here; this is what there is.\n"


def test_on_a_terminal_the_table_is_shown_live_and_left_behind_whole(tmp_path):
    trainer = start(tmp_path, 10**6, 0.005)
    until_episodes(tmp_path / "run", 1)
    screen, terminal = pty.openpty()
    watcher = watching(tmp_path, stdout=terminal, env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"})
    os.close(terminal)
    shown = b""
    with contextlib.suppress(OSError):  # how Linux says that the other end was closed
        while part := os.read(screen, 1 << 16):
            shown += part
            if b" episodes a second" in shown:
                (tmp_path / "stop").touch()
    os.close(screen)
    _, err = watcher.communicate(timeout=60)
    trainer.wait(10)
    count = len(read(tmp_path / "run").episodes)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert re.search(r" watching   [0-9,.]+ episodes a second · Ctrl-C leaves", text)
    last = text[text.rindex(" · 1 run, complete") :]
    assert " Quick-v0 · training    trainer.py:15\r\n last " in last
    assert f"{count:,} completed" in last
    assert "watching" not in last
    assert err == f"monitorcli: run 0 is complete; it has {count:,} episodes.\n"


def test_of_a_folder_the_one_recording_that_is_running_is_followed(tmp_path):
    write(tmp_path / "before", packed(0))
    trainer = start(tmp_path, 10**6, 0.005)
    until_episodes(tmp_path / "run", 1)
    command = [sys.executable, "-m", "monitorcli", "inspect", ".", "--watch"]
    watcher = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert watcher.stdout.readline().count(" mean return ") == 1
    (tmp_path / "stop").touch()
    _, err = watcher.communicate(timeout=60)
    trainer.wait(10)
    first, last = err.splitlines()
    assert first == "monitorcli: following run, the only one of 2 recordings that is running."
    assert last.startswith("monitorcli: run 0 is complete; it has ")
