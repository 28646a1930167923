"""A script that closes descriptors, or has only few: its files stay its own, and no episode is lost.

Daemons close every descriptor there is; the files that they open next are given our numbers.
"""

import gc
import os
import subprocess
import sys
import weakref

import gymnasium
import pytest
from commands import monitorcli, recorded, script
from writing import ENVIRONMENT, open_writer, packed

from monitorcli import Monitor, read
from monitorcli.format import log
from monitorcli.format.open_file import FollowedDirectory, OpenFile
from monitorcli.monitor import open_log
from monitorcli.monitor.writer import EpisodeWriter, Target

PLAY = """
import os, resource, sys
import gymnasium
from gymnasium.envs.registration import register

MINE = b"a line of my own\\n" * 500

def play(env, episodes):
    for _ in range(episodes):
        env.reset(seed=1)
        while not any(env.step(0)[2:4]):
            pass

def my_files():
    files = [open(f"mine{number}", "w+b", buffering=0) for number in range(40)]
    for file in files:
        file.write(MINE)
    return files

def are_whole(files):
    for file in files:
        file.seek(0)
        assert file.read() == MINE, file.name
    print("mine are whole", flush=True)
"""

CLOSES_ALL = (
    PLAY
    + """
env = gymnasium.make(ENV)
play(env, 3)
env.reset(seed=1)
env.step(0)
CLOSE
files = my_files()
env.step(0)
play(env, 20)
are_whole(files)
env.close()
are_whole(files)
"""
)
EVERY_NUMBER = """
mine = os.open("mine", os.O_RDWR | os.O_CREAT)
os.write(mine, MINE)
for number in range(mine + 1, 60):
    os.dup2(mine, number)
"""
ENVIRONMENTS = ['"CartPole-v1", render_mode="rgb_array"', '"FrozenLake-v1", render_mode="ansi"']


@pytest.fixture
def nothing_open(monkeypatch):
    """As in a process of its own: other tests may have left logs open."""
    monkeypatch.setattr(open_log, "_staying_open", weakref.WeakSet())


def start(tmp_path, text, video="none"):
    name = script(tmp_path, text)
    return monitorcli("start", "runs", "--video", video, "--", sys.executable, name, cwd=tmp_path)


@pytest.mark.parametrize("close", ["os.closerange(3, 1000)", EVERY_NUMBER], ids=["closed", "taken"])
@pytest.mark.parametrize("video", ["none", "all"])
@pytest.mark.parametrize("env", ENVIRONMENTS, ids=["picture", "text"])
def test_files_under_our_numbers_stay_whole_and_no_episode_is_lost(tmp_path, env, video, close):
    done = start(tmp_path, CLOSES_ALL.replace("ENV", env).replace("CLOSE", close), video)
    assert (done.returncode, done.stdout) == (0, "mine are whole\nmine are whole\n"), done.stderr
    if close == EVERY_NUMBER:
        assert (tmp_path / "mine").read_bytes() == b"a line of my own\n" * 500
    assert len(recorded("runs", tmp_path)) == 24
    found = monitorcli("inspect", "runs", "--verify", cwd=tmp_path)
    if video == "all" and env == ENVIRONMENTS[0]:  # a pipe cannot be opened again
        assert "the script closed the descriptor of the encoder's input" in done.stderr
        assert found.stderr.count(" is broken (") == 1, found.stderr
    else:
        assert found.stderr.startswith("monitorcli: runs: sound.\n"), found.stderr


def test_a_monitor_in_a_script_that_closes_everything_goes_on(tmp_path):
    text = CLOSES_ALL.replace("ENV", ENVIRONMENTS[0]).replace("CLOSE", "os.closerange(3, 1000)")
    text = "from monitorcli import Monitor\n" + text.replace(
        "gymnasium.make(", "Monitor(gymnasium.make("
    ).replace('"rgb_array")', '"rgb_array"), "runs", video_callable=False)')
    done = subprocess.run(
        [sys.executable, script(tmp_path, text)], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "mine are whole\n" * 2, "")
    assert len(recorded("runs", tmp_path)) == 24


def test_a_batch_is_sealed_into_our_own_log_after_its_number_was_taken(tmp_path, nothing_open):
    writer = open_writer(tmp_path)
    writer.append(packed(0))
    mine = tmp_path / "mine"
    other = os.open(mine, os.O_RDWR | os.O_CREAT)
    os.write(other, b"x" * log.end_of(1))  # as long as the log, to the byte
    os.dup2(other, writer._log._file.number)
    writer.close()
    assert mine.read_bytes() == b"x" * log.end_of(1)
    assert len(read(tmp_path).episodes) == 1
    os.close(other)


def test_a_log_that_is_cut_while_it_is_read_gives_what_is_left_of_it(tmp_path, monkeypatch):
    writer = open_writer(tmp_path)
    writer.append(b"".join(map(packed, range(5))))
    pread, cut = os.pread, log.end_of(3) + 10
    with monkeypatch.context() as during:
        during.setattr(
            os, "pread", lambda file, count, start: pread(file, min(count, max(0, cut - start)), start)
        )
        assert writer.records()["number"].tolist() == [0, 1, 2]
    writer.close()


def test_a_short_write_is_not_cut_off_a_file_of_the_scripts(tmp_path, nothing_open, monkeypatch):
    remarks = []
    writer = open_writer(tmp_path)
    monkeypatch.setattr(writer, "_notify", remarks.append)
    mine = os.open(tmp_path / "mine", os.O_RDWR | os.O_CREAT)
    os.write(mine, b"x" * 1000)

    def full(number, data):
        os.dup2(mine, number)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(open_log, "_write", full)
    writer.append(packed(0))
    assert (tmp_path / "mine").read_bytes() == b"x" * 1000
    assert len(remarks) == 1
    monkeypatch.undo()
    writer.append(packed(1))
    writer.close()
    assert read(tmp_path).episodes.length.tolist() == [10]
    os.close(mine)


MANY = (
    PLAY
    + """
resource.setrlimit(resource.RLIMIT_NOFILE, (160, 160))
envs = []
for number in range(200):
    register(f"Short{number}-v0", "gymnasium.envs.classic_control:CartPoleEnv", max_episode_steps=3)
    envs.append(gymnasium.make(f"Short{number}-v0"))
    play(envs[-1], 1)
files = [open(sys.argv[0]) for _ in range(80)]
for env in envs:
    play(env, 1)
print("done", len(files))
"""
)


def test_two_hundred_environment_ids_leave_the_script_its_descriptors(tmp_path):
    done = start(tmp_path, MANY)
    assert (done.returncode, done.stdout) == (0, "done 80\n"), done.stderr
    assert done.stderr == (
        "monitorcli: 200 series, 400 episodes -> runs\n"
        + "".join(f"  {f'Short{number}-v0':<10}  2 episodes, mean return 3\n" for number in range(20))
        + "  and 180 more\n"
    )
    assert len(recorded("runs", tmp_path)) == 400


def test_an_environment_whose_files_cannot_be_made_is_not_called_never_reset(tmp_path):
    text = (
        PLAY
        + """
play(gymnasium.make("CartPole-v1"), 1)
files = []
try:
    while True:
        files.append(open(sys.argv[0]))
except OSError:
    files.pop().close()
for _ in range(5):
    play(gymnasium.make("Acrobot-v1", max_episode_steps=3), 1)
"""
    )
    done = start(tmp_path, "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n" + text)
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "monitorcli: not recorded: OSError: Too many open files; the run goes on.",
        "monitorcli: CartPole-v1, 1 episode, mean return 10 -> runs",
        "  CartPole-v1  1 episode, mean return 10",
        "  Acrobot-v1   nothing: see the remark",
    ]
    assert len(list((tmp_path / "runs").glob("*.npy"))) == 1  # five tries leave nothing


def test_films_of_many_environment_ids_leave_the_script_its_descriptors(tmp_path):
    done = start(
        tmp_path, MANY.replace("range(200)", "range(70)").replace("(160, 160)", "(128, 128)"), "first:1"
    )
    assert (done.returncode, done.stdout) == (0, "done 80\n"), done.stderr
    assert len(list((tmp_path / "runs").glob("*.mp4"))) == 70


def test_no_more_logs_stay_open_than_a_process_may_hold(tmp_path, nothing_open):
    gc.collect()  # what other tests left
    before = len(os.listdir("/proc/self/fd"))
    target = Target(FollowedDirectory(tmp_path), 0)
    writers = [EpisodeWriter(target, ENVIRONMENT, pytest.fail) for _ in range(3 * open_log.MOST_OPEN)]
    for writer in writers:
        writer.append(packed(0))
    assert len(os.listdir("/proc/self/fd")) == before + 1 + open_log.MOST_OPEN  # the directory's, and logs
    for writer in writers:
        writer.close()
    assert len(read(tmp_path).episodes) == 3 * open_log.MOST_OPEN
    del target, writers, writer
    assert len(os.listdir("/proc/self/fd")) == before


RENAMED = (
    PLAY
    + """
env = gymnasium.make("CartPole-v1", render_mode="rgb_array")
play(env, 3)
os.rename("runs", "moved")
play(env, 5)
other = gymnasium.make("Acrobot-v1", max_episode_steps=5)
play(other, 2)
"""
)


def test_a_directory_that_is_renamed_during_the_run_is_followed(tmp_path):
    done = start(tmp_path, RENAMED, video="all")
    assert done.returncode == 0
    assert done.stderr == (
        "monitorcli: runs was renamed to moved during the run; the recording is there.\n"
        "monitorcli: 2 series, 10 episodes, 10 videos -> moved\n"
        "  CartPole-v1  8 episodes, mean return 10\n"
        "  Acrobot-v1   2 episodes, mean return -5\n"
    )
    assert not (tmp_path / "runs").exists()
    assert len(recorded("moved", tmp_path)) == 10
    assert monitorcli("inspect", "moved", "--verify", cwd=tmp_path).stderr == "monitorcli: moved: sound.\n"


def test_a_recording_that_took_the_old_name_of_a_renamed_one_is_left_alone(tmp_path):
    first = Monitor(gymnasium.make("CartPole-v1"), tmp_path / "runs", video_callable=False)
    (tmp_path / "runs").rename(tmp_path / "moved")
    second = Monitor(gymnasium.make("CartPole-v1"), tmp_path / "runs", video_callable=False)
    for env, episodes in ((first, 2), (second, 3)):
        for _ in range(episodes):
            env.reset(seed=1)
            while not any(env.step(0)[2:4]):
                pass
        env.close()
    assert len(read(tmp_path / "moved").episodes) == 2
    assert len(read(tmp_path / "runs").episodes) == 3


def test_a_directory_can_be_followed_until_it_is_gone(tmp_path):
    (tmp_path / "a").mkdir()
    followed = FollowedDirectory(tmp_path / "a")
    (tmp_path / "a").rename(tmp_path / "b")
    assert followed.path() == tmp_path / "b"
    (tmp_path / "b").rmdir()
    with pytest.raises(FileNotFoundError):
        followed.path()


def test_a_forked_child_keeps_no_encoder_waiting(tmp_path):
    reading, writing = os.pipe()
    pipe = OpenFile(writing)
    child = os.fork()
    if not child:
        os._exit(pipe.is_ours())
    assert os.waitpid(child, 0)[1] == 0
    assert pipe.is_ours()
    for number in (reading, writing):
        os.close(number)
