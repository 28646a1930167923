"""Killed, stopped, forked, copied, two at once: nothing is lost, and nobody writes into another's files."""

import copy
import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from commands import PLAY, monitorcli, record, recorded, running, script
from environments import play

from monitorcli import Monitor, load_results, read
from monitorcli.format import log

# Short ones: a signal that comes just before a long sleep is handled only after it.
SLEEP = "[time.sleep(0.01) for _ in range(6000)]"
WAIT = f"import time\nprint('ready', flush=True)\n{SLEEP}\n"


def sealed(directory):
    """How many episodes Gym's readers see."""
    return sum(
        len(json.loads((directory / json.loads(path.read_text())["stats"]).read_text())["timestamps"])
        for path in directory.glob("openaigym.manifest.*")
    )


def script_of(process):
    """The recorded script; the child before it is the sentinel, which hears of signals."""
    return int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[-1])


def test_start_seals_what_a_killed_script_left(tmp_path):
    process = running(script(tmp_path, "from gymnasium import make" + PLAY + WAIT), tmp_path)
    os.kill(script_of(process), signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGKILL
    assert sealed(tmp_path / "runs") == 5
    assert read(tmp_path / "runs").runs[0].state == "crashed"


def test_resume_seals_what_a_killed_tree_left(tmp_path):
    name = script(tmp_path, "from gymnasium import make" + PLAY + WAIT)
    process = running(name, tmp_path)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert sealed(tmp_path / "runs") == 0
    (tmp_path / name).write_text("from gymnasium import make" + PLAY)
    done = monitorcli("resume", "runs", "--video", "none", "--", sys.executable, name, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sealed(tmp_path / "runs") == 10
    assert len(load_results(tmp_path / "runs")["episode_lengths"]) == 10
    assert [run.state for run in read(tmp_path / "runs").runs] == ["crashed", "complete"]


def test_a_script_that_outlives_a_killed_recorder_records_to_its_end(tmp_path):
    name = script(tmp_path, "from gymnasium import make" + PLAY + WAIT.replace(SLEEP, "input()"))
    process = running(name, tmp_path, stdin=subprocess.PIPE, stderr=None)
    process.kill()
    process.wait(timeout=60)
    assert read(tmp_path / "runs").runs[0].state == "running"
    process.stdin.write("\n")
    process.stdin.close()
    process.stdout.read()  # until the script has gone too
    recording = read(tmp_path / "runs")
    assert (recording.runs[0].state, len(recording.episodes)) == ("complete", 5)
    process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_recorder_reaches_the_script_which_may_handle_it(tmp_path, number):
    handle = "(print('mine', flush=True), sys.exit(9))"
    handler = f"import signal, sys\nsignal.signal({int(number)}, lambda *_: {handle})\n"
    process = running(script(tmp_path, handler + "from gymnasium import make" + PLAY + WAIT), tmp_path)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (9, "mine\n")
    assert err == "monitorcli: CartPole-v1, 5 episodes, mean return 9.4 -> runs\n"


@pytest.mark.parametrize(
    "leave", ["import os\nos._exit(4)", "import sys\nsys.exit(4)", "raise SystemExit(4)"]
)
def test_however_a_script_leaves_its_episodes_are_sealed(tmp_path, leave):
    name = script(tmp_path, "from gymnasium import make" + PLAY + leave)
    done = record(name, tmp_path)
    assert done.returncode == 4
    assert sealed(tmp_path / "runs") == 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_an_evaluation_that_is_stopped_closes_its_recording(tmp_path, number):
    process = subprocess.Popen(
        [sys.executable, "-m", "monitorcli", "start", "eval", "--env", "CartPole-v1", "--policy", "random",
         "--episodes", "1000000", "--seed", "0", "--video", "none"],
        cwd=tmp_path, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not any(path.stat().st_size > 2000 for path in (tmp_path / "eval").glob("*.npy")):
        assert process.poll() is None
        os.sched_yield()
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 128 + number
    recording = read(tmp_path / "eval")
    assert recording.writers[0].closed
    assert sealed(tmp_path / "eval") == recording.episodes.completed.sum() > 10


def test_of_many_that_start_at_once_exactly_one_wins(tmp_path):
    name = script(tmp_path, "from gymnasium import make" + PLAY)
    command = [
        sys.executable,
        "-m",
        "monitorcli",
        "start",
        "runs",
        "--video",
        "none",
        "--",
        sys.executable,
        name,
    ]
    processes = [
        subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    said = [process.communicate(timeout=60)[1] for process in processes]
    assert sorted(process.returncode for process in processes) == [0, 2, 2, 2, 2, 2], said
    assert len(recorded("runs", tmp_path)) == 5


def _record(directory, count):
    env = gymnasium.make("Countdown-v0", lengths=(2,))
    with Monitor(env, directory, video_callable=False, resume=True) as monitor:
        play(monitor, count)


def test_many_writers_at_once_lose_and_double_nothing(tmp_path):
    spawn = multiprocessing.get_context("fork")
    processes = [spawn.Process(target=_record, args=(tmp_path, 100)) for _ in range(16)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    recording = read(tmp_path)
    assert len(recording.episodes) == 1600
    assert len(recording.runs) == len(recording.writers) == 16
    assert sealed(tmp_path) == 1600
    assert not recording.problems


def test_a_forked_child_writes_into_files_of_its_own(tmp_path):
    env = Monitor(gymnasium.make("Countdown-v0"), tmp_path, video_callable=False)
    play(env, 2)
    pid = os.fork()
    if pid == 0:
        try:
            play(env, 3)
            env.close()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    play(env, 4)
    env.close()
    recording = read(tmp_path)
    assert len(recording.episodes) == 9
    assert len(recording.writers) == 2
    assert recording.runs[0].state == "complete"
    assert not recording.problems


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_a_copy_of_a_monitored_environment_is_the_environment_alone(tmp_path, duplicate):
    with Monitor(gymnasium.make("CartPole-v1"), tmp_path, video_callable=False) as env:
        play(env, seed=1)
        env.reset(seed=2)
        other = duplicate(env)
        assert (other.step(0)[0] == env.step(0)[0]).all()
        play(other, 3)
        play(env)
    assert read(tmp_path).episodes.completed.tolist() == [True, False, True]


def test_environments_in_threads_share_a_writer_without_losing_an_episode(tmp_path):
    name = script(
        tmp_path,
        "import threading\nfrom gymnasium import make\n"
        "def work():\n"
        "    env = make('CartPole-v1', max_episode_steps=2)\n"
        "    for _ in range(500):\n"
        "        env.reset()\n"
        "        while not env.step(0)[3]:\n"
        "            pass\n"
        "threads = [threading.Thread(target=work) for _ in range(8)]\n"
        "[t.start() for t in threads]\n[t.join() for t in threads]\n",
    )
    done = record(name, tmp_path)
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "runs").glob("*.npy")
    records = log.read(path)
    assert sorted(records["number"].tolist()) == list(range(4000))
    assert sorted(set(records["slot"].tolist())) == list(range(8))
    assert sealed(tmp_path / "runs") == 4000


def test_an_environment_that_raises_is_recorded_up_to_there(tmp_path):
    name = script(
        tmp_path,
        "from gymnasium import make" + PLAY + "env.reset()\nenv.step(0)\ntry:\n    env.step('left')\n"
        "except Exception as error:\n    print(type(error).__name__)\nenv.reset()\n",
    )
    done = record(name, tmp_path)
    assert done.returncode == 0, done.stderr
    assert [row["end"] for row in recorded("runs", tmp_path)] == ["terminated"] * 5 + ["incomplete"] * 2


def test_a_clock_that_jumps_back_changes_no_duration_and_no_order(tmp_path, monkeypatch):
    with Monitor(gymnasium.make("Countdown-v0"), tmp_path, video_callable=False) as env:
        play(env, 2, seed=0)
        monkeypatch.setattr(time, "time", lambda: 1000.0)
        play(env, 2, seed=2)
    episodes = read(tmp_path).episodes
    assert episodes.seed.tolist() == [0, 1, 2, 3]
    assert (episodes.duration >= 0).all()


@pytest.mark.parametrize("hours", [3, -3])
def test_a_clock_that_was_set_is_believed_from_the_next_batch_on(tmp_path, monkeypatch, hours):
    monkeypatch.setattr("monitorcli.monitor.writer.BATCH", 4)
    right = time.time
    with Monitor(gymnasium.make("Countdown-v0"), tmp_path, video_callable=False) as env:
        play(env, 4)
        monkeypatch.setattr(time, "time", lambda: right() + 3600 * hours)
        play(env, 8)
    ahead = np.sort(log.read(next(tmp_path.glob("*.npy"))), order="number")["started_at"] - right()
    assert np.round(ahead / 3600).tolist() == [0] * 8 + [hours] * 4


def test_a_thousand_environments_are_one_family_of_files(tmp_path):
    name = script(
        tmp_path,
        "from gymnasium import make\nfor _ in range(1000):\n"
        "    env = make('CartPole-v1', max_episode_steps=1)\n    env.reset()\n    env.step(0)\n",
    )
    done = record(name, tmp_path)
    assert done.stderr == "monitorcli: CartPole-v1, 1,000 episodes, mean return of the last 100: 1 -> runs\n"
    assert len(list((tmp_path / "runs").iterdir())) == 4


def test_force_in_a_notebook_begins_anew_though_the_old_monitor_lives(tmp_path):
    old = Monitor(gymnasium.make("Countdown-v0"), tmp_path, video_callable=False)
    play(old, 2)
    new = Monitor(gymnasium.make("Countdown-v0"), tmp_path, video_callable=False, force=True)
    play(new, 3)
    with pytest.warns(RuntimeWarning, match="the recording was removed"):
        old.close()
    new.close()
    assert len(read(tmp_path).episodes) == 3


def test_force_is_refused_while_another_process_records(tmp_path):
    process = running(script(tmp_path, "from gymnasium import make" + PLAY + WAIT), tmp_path)
    with pytest.raises(Exception, match=f"is being written by process {process.pid} on "):
        Monitor(gymnasium.make("Countdown-v0"), tmp_path / "runs", force=True)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert threading.active_count() == 1


def test_force_is_not_refused_for_a_recording_that_a_living_process_has_closed(tmp_path):
    text = "import gymnasium\nfrom monitorcli import Monitor\n"
    text += "Monitor(gymnasium.make('CartPole-v1'), 'runs', video_callable=False).close()\n" + WAIT
    process = subprocess.Popen(
        [sys.executable, script(tmp_path, text)], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "ready\n"
        Monitor(gymnasium.make("Countdown-v0"), tmp_path / "runs", force=True).close()
    finally:
        process.kill()
        process.communicate(timeout=60)
