"""Directories that the real, unpatched Gym left behind, read back. What is true of each: its README row."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitorcli.errors import BadFile, MonitorError, NoRecording, UnequalEnvironments
from monitorcli.format import log
from monitorcli.recording import load_results, read
from monitorcli.recording.gym_modes import attribute

RECORDINGS = Path(__file__).parent / "recordings"
NAMES = sorted(path.name for path in RECORDINGS.iterdir() if path.is_dir())
WITH_EXPECTED = [name for name in NAMES if (RECORDINGS / f"{name}.expected.json").exists()]

# Episodes, videos on disk, modes ("?" for one that cannot be told), states of the runs.
FACTS = {
    "gym-0.1.0-py27-cartpole": (10, 3, "??????????", ["unknown"]),
    "gym-0.1.0-resets": (6, 2, "??????", ["unknown"]),
    "gym-0.1.0-unfinished": (3, 3, "???", ["unknown"]),
    "gym-0.21.0-autoreset": (4, 2, "tttt", ["unknown"]),
    "gym-0.21.0-cartpole": (10, 3, "tttttttttt", ["unknown"]),
    "gym-0.21.0-empty": (0, 0, "", ["unknown"]),
    "gym-0.21.0-evaluation": (5, 2, "eeeee", ["unknown"]),
    "gym-0.21.0-killed": (0, 3, "", ["crashed"]),
    "gym-0.21.0-killed-ffmpeg": (0, 3, "", ["crashed"]),
    "gym-0.21.0-killed-text": (0, 3, "", ["crashed"]),
    "gym-0.21.0-killed-then-resumed": (14, 5, "tttttttttttttt", ["crashed", "unknown"]),
    "gym-0.21.0-killed-tmpstats": (196, 0, "t" * 196, ["unknown"]),
    "gym-0.21.0-killed-tmpstats-partial": (1356, 0, "t" * 1356, ["unknown"]),
    "gym-0.21.0-killed-wur": (8, 3, "tttttttt", ["crashed"]),
    "gym-0.21.0-killed-wur-ffmpeg": (8, 3, "tttttttt", ["crashed"]),
    "gym-0.21.0-mixed-envs": (6, 4, "tttttt", ["unknown", "unknown"]),
    "gym-0.21.0-modes": (5, 2, "ttete", ["unknown"]),
    "gym-0.21.0-nan": (5, 0, "ttttt", ["unknown"]),
    "gym-0.21.0-noclose": (2, 2, "tt", ["unknown"]),
    "gym-0.21.0-nospec": (2, 2, "tt", ["unknown"]),
    "gym-0.21.0-novideo": (6, 0, "tttttt", ["unknown"]),
    "gym-0.21.0-resetonly": (0, 1, "", ["unknown"]),
    # Truly t,e,t. Six resets had the modes t,t,t,e,e,t, so each of three episodes may have had either.
    "gym-0.21.0-resets": (3, 2, "???", ["unknown"]),
    "gym-0.21.0-resets-resume": (8, 4, "???eeeee", ["unknown", "unknown"]),
    "gym-0.21.0-resume": (12, 4, "tttttttttttt", ["unknown", "unknown"]),
    "gym-0.21.0-text": (10, 3, "tttttttttt", ["unknown"]),
    "gym-0.21.0-unfinished": (2, 3, "tt", ["unknown"]),
    "gym-0.21.0-wur": (3, 2, "ttt", ["unknown"]),
    "gym-0.7.4-cartpole": (10, 3, "tttttttttt", ["unknown"]),
    "gym-0.7.4-resets-resume": (8, 4, "???eeeee", ["unknown", "unknown"]),
    "gym-0.7.4-text": (10, 3, "tttttttttt", ["unknown"]),
    "gym-0.9.7-killed": (0, 3, "", ["crashed"]),
    "gym-mixed-versions": (12, 4, "tttttttttttt", ["unknown", "unknown"]),
}

# Where `load_results` differs from what the release's own returned: what it gives, and why.
DIFFERENCES = {
    # The old one had surplus modes shift those behind them.
    "gym-0.21.0-resets": {"episode_types": None},
    "gym-0.21.0-resets-resume": {"episode_types": [None, None, None, "e", "e", "e", "e", "e"]},
    "gym-0.7.4-resets-resume": {"episode_types": [None, None, None, "e", "e", "e", "e", "e"]},
    # 0.1.0 did not have these keys yet; ours is always the dictionary of 0.21.
    "gym-0.1.0-py27-cartpole": {
        "episode_types": None,
        "data_sources": ["openaigym.manifest.0.24955.manifest.json"] * 10,
        "initial_reset_timestamps": [1795224731.303191],
    },
    "gym-0.1.0-resets": {
        "episode_types": None,
        "data_sources": ["openaigym.manifest.0.14547.manifest.json"] * 6,
        "initial_reset_timestamps": [1795224317.833311],
    },
    "gym-0.1.0-unfinished": {
        "episode_types": None,
        "data_sources": ["openaigym.manifest.0.14405.manifest.json"] * 3,
        "initial_reset_timestamps": [1795224315.9747593],
    },
}

# The old one returned None, or raised an error of its own.
RAISES = {
    "gym-0.21.0-killed": NoRecording,
    "gym-0.21.0-killed-ffmpeg": NoRecording,
    "gym-0.21.0-killed-text": NoRecording,
    "gym-0.9.7-killed": NoRecording,
    "gym-0.21.0-mixed-envs": UnequalEnvironments,
    "gym-mixed-versions": UnequalEnvironments,
    "gym-0.21.0-nospec": BadFile,
}


def comparable(results):
    """The results without paths, and without the order in which a file system lists its files."""
    manifests = [Path(name).name for name in results["manifests"]]
    found = {**results, "manifests": sorted(manifests)}
    found["videos"] = sorted([Path(name).name for name in pair] for pair in results["videos"])
    if "data_sources" in results:
        found["data_sources"] = [manifests[index] for index in results["data_sources"]]
        found["initial_reset_timestamps"] = sorted(results["initial_reset_timestamps"])
    return found


def test_every_recording_stands_in_the_table():
    assert {name for name in NAMES if name.startswith("gym-")} == {*FACTS, "gym-0.21.0-recordvideo"}


@pytest.mark.parametrize("name", FACTS)
def test_a_recording_of_gym_is_read_as_its_readme_has_it(name):
    episodes, videos, modes, states = FACTS[name]
    recording = read(RECORDINGS / name)
    assert len(recording.episodes) == episodes
    assert len(recording.videos) == videos
    assert "".join(mode.decode() or "?" for mode in recording.episodes.mode.tolist()) == modes
    assert [run.state for run in recording.runs] == states
    assert recording.problems == ()
    assert sum(run.episodes for run in recording.runs) == episodes


@pytest.mark.parametrize("name", [name for name in WITH_EXPECTED if name not in RAISES])
def test_load_results_gives_what_the_release_gave(name):
    expected = json.loads((RECORDINGS / f"{name}.expected.json").read_text())
    found = comparable(load_results(RECORDINGS / name))
    # As JSON, because NaN is not equal to itself.
    wanted = {**comparable(expected), **DIFFERENCES.get(name, {})}
    assert json.dumps(found, sort_keys=True) == json.dumps(wanted, sort_keys=True)


@pytest.mark.parametrize("name", RAISES)
def test_load_results_raises_where_the_release_gave_nothing(name):
    expected = json.loads((RECORDINGS / f"{name}.expected.json").read_text())
    assert expected is None or "raises" in expected
    with pytest.raises(RAISES[name]) as caught:
        load_results(RECORDINGS / name)
    assert caught.value.hint


def test_record_videos_files_are_no_monitors():
    with pytest.raises(NoRecording, match="Gym's monitor"):
        read(RECORDINGS / "gym-0.21.0-recordvideo", kind="gym")


def test_times_with_a_date_begin_where_the_episode_before_ended():
    episodes = read(RECORDINGS / "gym-0.7.4-cartpole").episodes
    assert episodes.started_at[:2].tolist() == [1795224335.4850633, 1795224336.1753566]
    assert episodes.duration[1] == pytest.approx(0.3070774)


def test_times_without_a_date_give_durations_and_a_note():
    recording = read(RECORDINGS / "gym-0.21.0-cartpole")
    assert np.isnan(recording.episodes.started_at).all()
    assert recording.episodes.duration[0] == pytest.approx(0.5685329)
    assert recording.runs[0].started_at is None
    assert "without a date" in recording.notes[0]


def test_gym_does_not_say_how_an_episode_ended():
    episodes = read(RECORDINGS / "gym-0.7.4-text").episodes
    assert set(episodes.end.tolist()) == {log.END_UNKNOWN}
    assert episodes.completed.all()


def test_gym_0_1_0_shows_its_abandoned_resets_as_incomplete():
    recording = read(RECORDINGS / "gym-0.1.0-resets")
    assert recording.episodes.completed.tolist() == [False, False, True, False, True, True]
    assert recording.episodes.end[0] == log.CUT_RESET


def test_gym_0_1_0_cannot_tell_an_unfinished_last_episode_and_says_so():
    recording = read(RECORDINGS / "gym-0.1.0-unfinished")
    assert recording.episodes.completed.all()
    assert "the last may be incomplete" in recording.notes[0]


def test_returns_that_are_no_numbers_are_kept():
    returns = read(RECORDINGS / "gym-0.21.0-nan").episodes.episode_return
    assert [str(value) for value in returns.tolist()] == ["17.0", "nan", "inf", "-inf", "20.0"]


def test_an_environment_without_a_spec_is_unknown():
    assert read(RECORDINGS / "gym-0.21.0-nospec").env_ids == ("(unknown)",)


def test_runs_of_one_directory_may_differ_in_environment_and_version():
    assert read(RECORDINGS / "gym-0.21.0-mixed-envs").env_ids == ("TinyCartPole-v0", "FrozenLake-v1")
    runs = read(RECORDINGS / "gym-mixed-versions").runs
    assert [run.recorder for run in runs] == ["gym 0.9.7", "gym 0.10.11"]


def test_videos_of_a_resumed_recording_show_the_episodes_of_their_own_run():
    videos = read(RECORDINGS / "gym-0.21.0-resume").videos
    assert [video.episode for video in videos] == [0, 1, 6, 7]


def test_a_video_of_a_reset_that_nothing_followed_shows_no_episode():
    videos = read(RECORDINGS / "gym-0.21.0-resets").videos
    assert [(video.episode, video.finished) for video in videos] == [(None, True), (None, True)]


def test_a_killed_film_is_unfinished_and_shows_no_episode_that_was_counted():
    videos = read(RECORDINGS / "gym-0.21.0-killed-wur").videos
    assert [(video.episode, video.finished) for video in videos] == [(0, True), (1, True), (None, False)]


def test_a_text_film_is_told_from_a_picture():
    videos = read(RECORDINGS / "gym-0.21.0-mixed-envs").videos
    assert [video.content_type for video in videos] == ["video/mp4"] * 2 + ["video/vnd.openai.ansivid"] * 2


def test_the_leftover_of_an_interrupted_write_is_mentioned_and_not_read():
    recording = read(RECORDINGS / "gym-0.21.0-killed-tmpstats-partial")
    assert "left over" in recording.notes[0]


def test_modes_that_cannot_be_told_are_explained():
    note = read(RECORDINGS / "gym-0.21.0-resets").notes[0]
    assert note == (
        "openaigym.episode_batch.0.22020.stats.json: Gym wrote 6 modes, one a reset, for 3 episodes, and not "
        "which reset had none; the mode of its episodes 0, 1, 2 (from 0) cannot be told."
    )


@pytest.mark.parametrize(
    ("types", "episodes", "modes"),
    [
        ("tet", 3, "tet"),
        ("ttt", 2, "tt"),
        ("tte", 2, "t?"),
        ("ttee", 3, "t?e"),
        ("te", 0, ""),
        ("t", 2, "??"),
        ("te", 1, "?"),
    ],
)
def test_a_mode_is_known_when_every_reading_of_the_list_agrees(types, episodes, modes):
    found = attribute(np.array(list(types), "S1"), episodes)
    assert "".join(mode.decode() or "?" for mode in found.tolist()) == modes


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("te")), max_size=30))
def test_a_mode_that_is_told_is_the_true_one(resets):
    types = np.array([mode for _, mode in resets], "S1")
    truth = [mode.encode() for played, mode in resets if played]
    found = attribute(types, len(truth)).tolist()
    assert all(mode in (b"", true) for mode, true in zip(found, truth, strict=True))


@pytest.fixture
def copy(tmp_path):
    return Path(shutil.copytree(RECORDINGS / "gym-0.21.0-killed-wur", tmp_path / "run"))


def test_a_stats_file_without_its_manifest_is_read_all_the_same(copy):
    next(copy.glob("*.manifest.json")).unlink()
    recording = read(copy)
    assert len(recording.episodes) == 8
    assert "no manifest names it" in recording.problems[0]


def test_a_damaged_stats_file_hides_no_other_run(tmp_path):
    directory = Path(shutil.copytree(RECORDINGS / "gym-0.7.4-resets-resume", tmp_path / "run"))
    (directory / "openaigym.episode_batch.0.3417.stats.json").write_text('{"timestamps": [1, 2')
    recording = read(directory)
    assert [run.episodes for run in recording.runs] == [5, 0]
    assert "0.3417.stats.json: not JSON" in recording.problems[0]
    with pytest.raises(BadFile):
        load_results(directory)


@pytest.mark.parametrize(
    "change",
    [
        {"episode_lengths": [1]},
        {"episode_lengths": [1.5] * 8},
        {"episode_lengths": [-1] * 8},
        {"episode_lengths": [10**30] * 8},
        {"episode_rewards": ["1"] * 8},
        {"episode_rewards": [[1]] * 8},
        {"timestamps": None},
        {"timestamps": {"0": 1}},
    ],
)
def test_lists_that_are_no_episodes_are_a_problem(copy, change):
    path = next(copy.glob("*.stats.json"))
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    recording = read(copy)
    assert len(recording.episodes) == 0
    assert recording.problems[0].startswith(path.name)


def test_a_null_return_is_nan_and_a_bad_mode_costs_only_the_modes(copy):
    path = next(copy.glob("*.stats.json"))
    changes = {"episode_rewards": [None] * 8, "episode_types": ["x"] * 8}
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    recording = read(copy)
    assert np.isnan(recording.episodes.episode_return).all()
    assert recording.episodes.mode.tolist() == [b""] * 8
    assert len(recording.problems) == 1


def test_times_that_are_no_numbers_are_not_known(copy):
    path = next(copy.glob("*.stats.json"))
    times = [float("inf")] * 4 + [1e308, -1e308, float("nan"), 5.0]
    path.write_text(json.dumps({**json.loads(path.read_text()), "timestamps": times}))
    recording = read(copy)
    assert len(recording.episodes) == 8
    assert np.isnan(recording.episodes.duration[:5]).all()
    assert len(load_results(copy)["timestamps"]) == 8


def test_a_list_that_gym_left_one_longer_costs_no_episode(copy):
    path = next(copy.glob("*.stats.json"))
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "episode_lengths": [*document["episode_lengths"], 9]}))
    recording = read(copy)
    assert len(recording.episodes) == 8
    assert any("surplus" in note for note in recording.notes)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_byte_of_gyms_files_is_believed(tmp_path_factory, data):
    directory = tmp_path_factory.mktemp("damaged") / "run"
    shutil.copytree(RECORDINGS / "gym-0.21.0-resets", directory)
    path = data.draw(st.sampled_from(sorted(directory.iterdir())))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    read(directory)
    try:
        load_results(directory)
    except MonitorError:
        pass
