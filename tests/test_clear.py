"""`monitorcli clear`: our files, and no other."""

import gymnasium
import pytest
from commands import monitorcli
from environments import play

from monitorcli import Monitor


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
