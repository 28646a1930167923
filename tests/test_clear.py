"""`monitorcli clear`: our files, and no other."""

import json
import os
import socket
import subprocess
import sys
import time

import gymnasium
import pytest
from commands import monitorcli
from environments import play
from writing import begin_run, packed, write

from monitorcli import Monitor, read


@pytest.fixture
def used(tmp_path):
    directory = tmp_path / "runs"
    with Monitor(gymnasium.make("Countdown-v0"), directory, video_callable=False, uid="u") as env:
        play(env)
    (directory / "notes.txt").write_text("mine")
    (directory / "openaigymnastics.txt").write_text("mine")
    (directory / "openaigym.folder").mkdir()
    (tmp_path / "elsewhere.txt").write_text("mine")
    (directory / "openaigym.link").symlink_to(tmp_path / "elsewhere.txt")
    return directory


OURS = [
    "openaigym.episode_batch.0.u.stats.json",
    "openaigym.episode_log.0.u.npy",
    "openaigym.link",
    "openaigym.manifest.0.u.manifest.json",
    "openaigym.run.000000.json",
]


def left(directory):
    return sorted(path.name for path in directory.iterdir())


def test_clear_leaves_what_is_not_ours_and_follows_no_link(used, tmp_path):
    done = monitorcli("clear", "--yes", "runs", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("monitorcli: deleted 5 files, ")
    assert done.stderr.endswith(" from runs.\n")
    assert left(used) == ["notes.txt", "openaigym.folder", "openaigymnastics.txt"]
    assert (tmp_path / "elsewhere.txt").read_text() == "mine"


def test_dry_run_lists_what_would_go_and_deletes_nothing(used, tmp_path):
    before = left(used)
    done = monitorcli("clear", "--dry-run", "runs", cwd=tmp_path)
    assert done.stdout.splitlines() == [f"runs/{name}" for name in OURS]
    assert done.stderr.startswith("monitorcli: would delete 5 files, ")
    assert left(used) == before


def test_without_a_terminal_and_without_yes_nothing_is_deleted(used, tmp_path):
    before = left(used)
    done = monitorcli("clear", "runs", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.endswith("unasked.\n  monitorcli clear --yes runs\n")
    assert left(used) == before


def test_who_answers_no_keeps_the_recording_and_is_told_so(used, tmp_path):
    before = left(used)
    terminal, other_end = os.openpty()
    os.write(terminal, b"n\n")
    command = [sys.executable, "-m", "monitorcli", "clear", "runs"]
    done = subprocess.run(command, cwd=tmp_path, stdin=other_end, capture_output=True, text=True, timeout=60)
    os.close(terminal)
    os.close(other_end)
    assert (done.returncode, left(used)) == (0, before)
    assert done.stderr.endswith("monitorcli: nothing was deleted from runs.\n")


def test_clear_is_refused_while_a_writer_lives(tmp_path):
    env = Monitor(gymnasium.make("Countdown-v0"), tmp_path / "runs", video_callable=False)
    play(env)
    before = left(tmp_path / "runs")
    for command in (["clear", "--yes", "runs"], ["start", "--force", "runs", "--", "true"]):
        done = monitorcli(*command, cwd=tmp_path)
        assert done.returncode == 2
        assert "runs is being written by process " in done.stderr
        assert left(tmp_path / "runs") == before
    env.close()
    assert monitorcli("clear", "--yes", "runs", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("directory", ["missing", "."])
def test_nothing_to_clear_is_an_error(tmp_path, directory):
    done = monitorcli("clear", "--yes", directory, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        f"monitorcli: {directory} holds no recording; there is nothing to clear.\n",
    )


@pytest.mark.parametrize("name", ["x\x1b[2J", "x\ny", "\u202egp.j", "\udcff"])
def test_names_reach_the_terminal_as_escapes(tmp_path, name):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / f"openaigym.{name}").touch()
    done = monitorcli("clear", "--dry-run", "runs", cwd=tmp_path)
    written = name.encode("unicode_escape").decode()
    assert done.stdout == f"runs/openaigym.{written}\n"
    assert done.returncode == 0


# Writers that cannot be seen from here.

ELSEWHERE = {
    "another container": {"namespace": "pid:[1]"},
    "another host": {"host": "elsewhere", "boot": "b", "namespace": "pid:[1]"},
}
LONG_AGO, TO_COME = 1_700_000_000, 4_000_000_000


@pytest.fixture
def silent(tmp_path):
    """A function that makes `runs` be of a Monitor elsewhere, whose files were written at a time."""

    def make(lease, when, *, ended=False):
        directory = tmp_path / "runs"
        run = begin_run(directory)
        write(directory, packed(0), close=False, uid="u")
        if ended:
            run.end()
        for pattern in ("run", "manifest"):
            (path,) = directory.glob(f"openaigym.{pattern}.*")
            document = json.loads(path.read_text())
            document.get("monitorcli", document)["lease"].update(lease)
            path.write_text(json.dumps(document))
        for path in directory.iterdir():
            os.utime(path, (when, when))
        return directory

    return make


@pytest.mark.parametrize(
    ("when", "said"), [(LONG_AGO, "2023-11-14 22:13:20"), (TO_COME, "2096-10-02 07:06:40")]
)
@pytest.mark.parametrize("where", ELSEWHERE)
def test_silence_elsewhere_is_no_death_unless_the_user_says_so(tmp_path, silent, where, when, said):
    directory = silent(ELSEWHERE[where], when)
    before = left(directory)
    host = ELSEWHERE[where].get("host", socket.gethostname())
    refusal = (
        f"monitorcli: runs may still be written by process {os.getpid()} on {host}, which cannot be seen "
        "from here: openaigym.run.000000.json was not closed, and the last sign of life is of "
        f"{said} UTC.\n  If you know that it is dead:  monitorcli clear --stale runs\n"
    )
    for command in ("clear --yes runs", "start --force runs -- true"):
        done = monitorcli(*command.split(), cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", refusal)
        assert left(directory) == before
    done = monitorcli("clear", "--stale", "runs", cwd=tmp_path)
    assert done.stderr.endswith("unasked.\n  monitorcli clear --yes --stale runs\n")
    assert monitorcli("clear", "--stale", "--yes", "runs", cwd=tmp_path).returncode == 0
    assert left(directory) == []


@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_writer_elsewhere_that_wrote_just_now_lives_whatever_the_user_says(tmp_path, silent, where):
    silent(ELSEWHERE[where], time.time())
    done = monitorcli("clear", "--yes", "--stale", "runs", cwd=tmp_path)
    assert done.returncode == 2
    assert "monitorcli: runs is being written by process " in done.stderr


def test_a_writer_elsewhere_whose_run_ended_is_over(tmp_path, silent):
    silent(ELSEWHERE["another container"], LONG_AGO, ended=True)
    assert monitorcli("clear", "--yes", "runs", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("when", [LONG_AGO, TO_COME])
def test_a_writer_of_this_host_before_it_started_anew_is_dead(tmp_path, silent, when):
    silent({"boot": "an earlier one"}, when)
    assert monitorcli("clear", "--yes", "runs", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("when", [LONG_AGO, TO_COME])
def test_inspect_calls_a_silent_writer_elsewhere_stale_also_one_of_the_future(silent, when):
    assert read(silent(ELSEWHERE["another host"], when)).runs[0].state == "stale"
