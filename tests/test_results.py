"""`load_results` of our own directories. Gym's own are in test_gym_recordings.py."""

import math

import pytest
from writing import START, open_writer, packed, write

from monitorcli.errors import BadFile, NoRecording, UnequalEnvironments
from monitorcli.format import log
from monitorcli.format.environment import Environment
from monitorcli.recording import load_results


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "run"


def test_a_finished_recording_is_gyms_dictionary(directory):
    writer = open_writer(directory, uid="one")
    writer.append(packed(0, 1.5))
    writer.seal_batch()
    writer.append(packed(1, end=log.CUT_RESET))
    writer.append(packed(2, 2.5, length=7, mode=b"e", end=log.END_TRUNCATED))
    writer.close()
    assert load_results(str(directory)) == {
        "manifests": [
            f"{directory}/openaigym.manifest.0.one.batch000001.manifest.json",
            f"{directory}/openaigym.manifest.0.one.manifest.json",
        ],
        "env_info": {"gym_version": "1.4.0", "env_id": "CartPole-v1"},
        "data_sources": [1, 0],
        "timestamps": [START + 0.5, START + 2.5],
        "episode_lengths": [10, 7],
        "episode_rewards": [1.5, 2.5],
        "episode_types": ["t", "e"],
        "initial_reset_timestamps": [START, START],
        "initial_reset_timestamp": START,
        "videos": [],
    }


def test_episodes_that_no_batch_holds_yet_are_there(directory):
    write(directory, packed(0, 1.0), packed(1, 2.0), close=False)
    assert load_results(directory)["episode_rewards"] == [1.0, 2.0]


def test_episodes_stand_in_the_order_of_their_ends(directory):
    write(directory, packed(0, 1.0, duration=9.0), packed(1, 2.0), run=0)
    write(directory, packed(2, 3.0), run=1)
    assert load_results(directory)["episode_rewards"] == [2.0, 3.0, 1.0]


def test_a_return_that_is_no_number_stays_one(directory):
    write(directory, packed(0, math.nan), packed(1, math.inf))
    returns = load_results(directory)["episode_rewards"]
    assert math.isnan(returns[0])
    assert returns[1] == math.inf


def test_without_its_log_the_batches_are_read(directory):
    write(directory, packed(0, 1.0), packed(1, 2.0))
    next(directory.glob("*.npy")).unlink()
    assert load_results(directory)["episode_rewards"] == [1.0, 2.0]


def test_a_recording_without_an_episode_is_empty_as_gyms_was(directory):
    write(directory)
    results = load_results(directory)
    assert (results["timestamps"], results["episode_types"]) == ([], None)
    assert (results["initial_reset_timestamps"], results["initial_reset_timestamp"]) == ([], 0)


def test_two_environments_are_both_shown_in_the_error(directory):
    write(directory, packed(0))
    write(directory, packed(0), environment=Environment("Acrobot-v1", "1.4.0"))
    with pytest.raises(UnequalEnvironments) as caught:
        load_results(directory)
    assert "CartPole-v1" in str(caught.value)
    assert "Acrobot-v1" in str(caught.value)


def test_a_missing_directory_is_an_error_with_a_hint(directory):
    with pytest.raises(NoRecording) as caught:
        load_results(directory)
    assert caught.value.hint


def test_a_damaged_manifest_is_an_error_because_its_episodes_would_be_missing(directory):
    write(directory, packed(0))
    write(directory, packed(0), uid="bad")
    (directory / "openaigym.manifest.0.bad.manifest.json").write_text("{")
    with pytest.raises(BadFile, match=r"openaigym\.manifest\.0\.bad"):
        load_results(directory)
