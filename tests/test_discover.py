"""A directory of directories is searched."""

import os
import shutil
from pathlib import Path

import pytest

from monitorcli.errors import BadRequest, NoRecording
from monitorcli.recording import discover, read

RECORDINGS = Path(__file__).parent / "recordings"


def make(directory, name="monitor.csv"):
    directory.mkdir(parents=True)
    (directory / name).touch()
    return directory


def test_a_recording_is_found_where_it_was_named(tmp_path):
    made = make(tmp_path / "run")
    make(made / "videos", "rl-video-episode-0.mp4")
    assert discover(made) == [made]


def test_recordings_below_are_found_in_natural_order_whatever_their_kind(tmp_path):
    shutil.copytree(RECORDINGS / "gym-0.7.4-text", tmp_path / "seed10")
    expected = [
        make(tmp_path / "a" / "b" / "run", "openaigym.run.000000.json"),
        make(tmp_path / "seed9"),
        tmp_path / "seed10",
        make(tmp_path / "videos", "rl-video-step-0.mp4"),
    ]
    (tmp_path / "nothing").mkdir()
    assert discover(tmp_path) == expected


def test_one_kind_can_be_asked_for(tmp_path):
    videos = make(tmp_path / "run" / "videos", "rl-video-step-0.mp4")
    (tmp_path / "run" / "openaigym.run.000000.json").touch()
    assert discover(tmp_path, kind="gym") == [tmp_path / "run"]
    assert discover(tmp_path, kind="recordvideo") == [videos]
    with pytest.raises(NoRecording):
        discover(tmp_path, kind="sb3")
    with pytest.raises(BadRequest):
        discover(tmp_path, kind="csv")


def test_links_are_not_followed_below_the_named_directory(tmp_path):
    make(tmp_path / "elsewhere" / "run")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "runs" / "loop").symlink_to(tmp_path / "runs")
    with pytest.raises(NoRecording, match=r"runs holds no recording\.$"):
        discover(tmp_path / "runs")
    assert discover(tmp_path / "runs" / "link") == [tmp_path / "runs" / "link" / "run"]


def test_the_search_ends_five_levels_down(tmp_path):
    make(tmp_path / "1/2/3/4/5")
    make(tmp_path / "a/b/c/d/e/f")
    assert discover(tmp_path) == [tmp_path / "1/2/3/4/5"]


def test_where_there_is_none_the_answer_says_what_was_searched(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    with pytest.raises(NoRecording, match="nor do the 2 directories below it") as caught:
        discover(tmp_path)
    assert "monitor.csv" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "said"),
    [("missing", "does not exist"), ("a\0b", "is not a directory"), ("file", "is not a directory")],
)
def test_what_is_no_directory_is_refused_in_the_same_words_everywhere(tmp_path, name, said):
    (tmp_path / "file").touch()
    found = []
    for look in (discover, read):
        with pytest.raises(NoRecording, match=said) as refused:
            look(tmp_path / name)
        found.append((str(refused.value), refused.value.hint))
    assert found[0] == found[1]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_directory_that_cannot_be_listed_hides_no_other(tmp_path):
    made = make(tmp_path / "mine")
    (tmp_path / "closed").mkdir(mode=0)
    assert discover(tmp_path) == [made]
