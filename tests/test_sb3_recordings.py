"""What the real Stable-Baselines3 left behind, read back, beside what its own `load_results` made of it."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitorcli.errors import BadRequest, NoRecording
from monitorcli.format import log
from monitorcli.recording import read

RECORDINGS = Path(__file__).parent / "recordings"
HEADER = '#{"t_start": 1000.0, "env_id": "CartPole-v1"}\n'

# The order of our episodes in SB3's rows, where it is another, and why.
ORDER = {
    # SB3 adds the first run's start to the second run's times, and sorts the two into one another.
    "sb3-append": [1, 2, 5, 0, 3, 4],
    # SB3 has them by end; ours are by start.
    "sb3-subproc4": [1, 3, 0, 2, 5, 7, 4, 6, 8, 10, 9, 14, 11, 13, 12, 16, 15, 17, 19, 18, 20, 21, 22],
}


@pytest.fixture
def directory(tmp_path):
    return tmp_path


def monitor_csv(directory, *rows, header=HEADER, columns="r,l,t", name="monitor.csv"):
    (directory / name).write_bytes((header + columns + "\n" + "".join(row + "\r\n" for row in rows)).encode())


def returns(recording):
    return recording.episodes.episode_return.tolist()


@pytest.mark.parametrize("name", ["sb3-append", "sb3-info-keywords", "sb3-single", "sb3-subproc4"])
def test_every_episode_of_sb3_is_read_and_nothing_is_wrong(name):
    recording = read(RECORDINGS / name)
    with open(RECORDINGS / f"{name}.expected.csv", newline="") as file:
        expected = list(csv.DictReader(file))
    order = ORDER.get(name, range(len(expected)))
    assert returns(recording) == [float(expected[row]["r"]) for row in order]
    assert recording.episodes.length.tolist() == [int(expected[row]["l"]) for row in order]
    assert recording.problems == ()
    assert recording.env_ids == ("CartPole-v1",)
    assert {run.recorder for run in recording.runs} == {"stable-baselines3"}


@pytest.mark.parametrize("name", ["sb3-info-keywords", "sb3-single", "sb3-subproc4"])
def test_an_episode_ends_when_sb3_says_it_did(name):
    episodes = read(RECORDINGS / name).episodes
    starts = [
        json.loads(path.read_text().splitlines()[0][1:])["t_start"] for path in (RECORDINGS / name).iterdir()
    ]
    with open(RECORDINGS / f"{name}.expected.csv", newline="") as file:
        expected = [float(row["t"]) + min(starts) for row in csv.DictReader(file)]
    ended = np.sort(episodes.started_at + episodes.duration)
    assert ended.tolist() == pytest.approx(sorted(expected), abs=1e-6)
    assert (np.diff(episodes.started_at) >= 0).all()


def test_a_file_is_an_environment(directory):
    episodes = read(RECORDINGS / "sb3-subproc4").episodes
    assert np.bincount(episodes.slot).tolist() == [6, 6, 5, 6]
    monitor_csv(directory, "1,1,0.5", name="a.monitor.csv")
    monitor_csv(directory, "2,1,0.6", name="b.monitor.csv")
    assert read(directory).episodes.slot.tolist() == [0, 1]


def test_the_first_episode_begins_with_the_file_and_each_other_with_the_end_before_it(directory):
    monitor_csv(directory, "1,1,0.5", "2,1,2.0")
    episodes = read(directory).episodes
    assert episodes.started_at.tolist() == [1000.0, 1000.5]
    assert episodes.duration.tolist() == [0.5, 1.5]


def test_an_appended_run_comes_after_the_first_without_a_date(directory):
    recording = read(RECORDINGS / "sb3-append")
    assert returns(recording) == [18, 14, 18, 10, 23, 18]
    assert [run.episodes for run in recording.runs] == [3, 3]
    assert np.isnan(recording.episodes.started_at).tolist() == [False] * 3 + [True] * 3
    assert recording.episodes.duration[3] == 0.000944
    assert recording.notes == (
        "monitor.csv: its times begin anew at its episode 3 (from 0): a run was appended, "
        "and when it began is not written.",
    )


def test_appended_runs_of_several_environments_are_taken_together(directory):
    monitor_csv(directory, "1,1,5", "2,1,9", "5,1,3", "6,1,8", name="0.monitor.csv")
    monitor_csv(directory, "3,1,6", "4,1,8", "7,1,2", "8,1,4", name="1.monitor.csv")
    recording = read(directory)
    assert [run.episodes for run in recording.runs] == [4, 4]
    assert returns(recording) == [1, 3, 2, 4, 5, 7, 8, 6]


def test_keywords_may_say_whether_an_episode_was_a_success(directory):
    monitor_csv(
        directory, "1,1,1,True,x", "1,1,2,0.0,x", '1,1,3,,"a\n""b"""', columns="r,l,t,is_success,note"
    )
    recording = read(directory)
    assert recording.episodes.success.tolist() == [1, 0, -1]
    assert recording.notes == ("Columns that are not shown: note.",)


def test_sb3_says_neither_how_an_episode_ended_nor_what_it_was_for():
    episodes = read(RECORDINGS / "sb3-single").episodes
    assert set(episodes.end.tolist()) == {log.END_UNKNOWN}
    assert set(episodes.mode.tolist()) == {b""}


def test_an_environment_without_a_spec_is_unknown(directory):
    monitor_csv(directory, "1,1,1", header='#{"t_start": 1000.0, "env_id": "None"}\n')
    recording = read(directory)
    assert recording.env_ids == ("(unknown)",)
    assert "like the files of VecMonitor" in recording.notes[0]


def test_malformed_lines_are_named_and_cost_no_other(directory):
    rows = ["1,1,1", "2,2", "three,1,2", "4,-1,2", "5,1,nan", "", '6,"1",3,', "7,1,4", "8,1e99,5", "nan,1,6"]
    monitor_csv(directory, *rows)
    recording = read(directory)
    assert [str(value) for value in returns(recording)] == ["1.0", "7.0", "nan"]
    assert recording.problems == (
        *(f"monitor.csv: line {line} is malformed, and is left out" for line in (4, 5, 6, 7, 9)),
        "monitor.csv: 1 more malformed lines are left out",
    )


def test_a_stray_quotation_mark_costs_the_lines_up_to_the_next(directory):
    monitor_csv(directory, "1,1,1", '2,"1,2', "3,1,3", '4,"1,4', "5,1,5")
    recording = read(directory)
    assert returns(recording) == [1, 5]
    assert recording.problems == ("monitor.csv: the row in lines 4 to 6 is malformed, and is left out",)


def test_a_line_that_is_being_written_is_no_problem(directory):
    monitor_csv(directory, "1,1,1.25")
    with open(directory / "monitor.csv", "a") as file:
        file.write("2,1,2")
    recording = read(directory)
    assert (returns(recording), recording.problems) == ([1], ())
    assert "its last line has no end" in recording.notes[0]


@pytest.mark.parametrize("content", ["", HEADER, HEADER + "r,l,t\n"])
def test_a_file_that_was_just_begun_is_no_problem(directory, content):
    (directory / "monitor.csv").write_text(content)
    recording = read(directory)
    assert (len(recording.episodes), recording.problems) == (0, ())


def test_rows_without_a_header_are_read(directory):
    monitor_csv(directory, "2,1,2.0", header="", columns="1,1,1.0")
    recording = read(directory)
    assert (returns(recording), recording.problems) == ([1, 2], ())
    assert "has no header" in recording.notes[0]
    assert np.isnan(recording.episodes.started_at).all()


def test_a_file_of_another_kind_is_a_problem_and_hides_no_other(directory):
    monitor_csv(directory, "1,1,1", name="0.monitor.csv")
    (directory / "1.monitor.csv").write_text("temperature,humidity\n20,70\n")
    (directory / "2.monitor.csv").symlink_to(directory / "0.monitor.csv")
    recording = read(directory)
    assert returns(recording) == [1]
    assert recording.problems == (
        "2.monitor.csv: not a regular file; not read",
        "1.monitor.csv: not a monitor file of Stable-Baselines3: it has no columns r, l and t",
    )


def test_a_file_that_seems_endless_is_given_up(directory):
    monitor_csv(directory, "1,1,1")
    with open(directory / "monitor.csv", "r+b") as file:
        file.truncate(1 << 40)
    recording = read(directory)
    assert returns(recording) == [1]
    assert recording.problems == ("monitor.csv: line 4 is too long for a row; from there it is not read",)


def test_a_monitor_of_gyms_name_is_read_before_sb3s_and_says_so(directory):
    shutil.copytree(RECORDINGS / "gym-0.7.4-text", directory, dirs_exist_ok=True)
    monitor_csv(directory, "1,1,1")
    assert len(read(directory).episodes) == 10
    assert read(directory).notes == (
        "The directory has files of Stable-Baselines3's Monitor too (--as sb3).",
    )
    assert returns(read(directory, kind="sb3")) == [1]


def test_a_kind_that_is_not_there_is_refused_by_name(directory):
    monitor_csv(directory, "1,1,1")
    with pytest.raises(NoRecording, match="no recording of Gymnasium's RecordVideo"):
        read(directory, kind="recordvideo")
    with pytest.raises(BadRequest, match="'tensorboard' is no kind of recording"):
        read(directory, kind="tensorboard")


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_byte_of_sb3s_files_is_believed(tmp_path_factory, data):
    directory = tmp_path_factory.mktemp("damaged") / "run"
    name = data.draw(st.sampled_from(["sb3-append", "sb3-info-keywords"]))
    shutil.copytree(RECORDINGS / name, directory)
    path = directory / "monitor.csv"
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.sampled_from(b'",\n#{}-e9\0\xff'))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    assert len(read(directory).episodes) <= 6


# RecordVideo, which writes no numbers.


@pytest.mark.parametrize(
    ("name", "videos", "shown"),
    [
        ("gym-0.21.0-recordvideo", ["rl-video-episode-0.mp4", "rl-video-episode-2.mp4"], "0, 2"),
        ("gymnasium-1.4.0-recordvideo", ["rl-video-episode-0.mp4", "rl-video-episode-1.mp4"], "0, 1"),
    ],
)
def test_a_folder_of_recordvideo_has_videos_and_no_statistics(name, videos, shown):
    recording = read(RECORDINGS / name)
    assert [video.name for video in recording.videos] == videos
    assert all(video.finished and video.size for video in recording.videos)
    assert (len(recording.episodes), recording.runs, recording.problems) == (0, (), ())
    assert recording.notes == (
        "There are no statistics: Gymnasium's RecordVideo writes none.",
        f"The videos show episodes {shown}.",
    )


def test_videos_of_any_prefix_and_trigger_are_found_in_their_order(directory):
    names = ["eval-episode-9.mp4", "eval-episode-10.mp4", "eval-step-2000.mp4", "x-step-0-to-step-9.mp4"]
    for name in [*names, "holiday.mp4", "eval-episode-11.meta.json"]:
        (directory / name).touch()
    recording = read(directory)
    assert [video.name for video in recording.videos] == names
    assert not any(video.finished for video in recording.videos)
    assert recording.notes[1:] == ("The videos show episodes 9, 10.", "The videos begin at steps 0, 2000.")
