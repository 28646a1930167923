"""What monitorcli 0.1 recorded is read as it was by 0.1: `inspect --format json` of then lies beside each.

They were written by its `start`, `resume` and Monitor; names of hosts and boots were replaced. 0.1 wrote
nothing of places and arguments, so environments of one id and mode are one series.
"""

import json
import os
import shutil
from pathlib import Path

import pytest

from monitorcli.recording import read
from monitorcli.recording.verify import verify
from monitorcli.report.text import moment
from monitorcli.summary import summarise

RECORDINGS = Path(__file__).parent / "recordings" / "monitorcli-0.1"
JANUARY = 1767225600  # long ago: else what was killed elsewhere seems to be running for 90 seconds

CARTPOLE = [("CartPole-v1", "training", None)]
DICE = [("Dice-v0", "training", None)]
EVALUATION = ("CartPole-v1 evaluation", "evaluation")
# Of each: name, mode and policy of the series.
SERIES = {
    "command-evaluation": [(*EVALUATION, None)],
    "command-one-env": CARTPOLE,
    "command-same-id-twice": CARTPOLE,  # two places of the script, which only the slot tells apart
    "command-two-envs": [*CARTPOLE, ("MountainCar-v0", "training", None)],
    "evaluation-policy": [(*EVALUATION, "policy.py:act")],
    "evaluation-random": [(*EVALUATION, "random")],
    "evaluation-two-policies": [
        (*EVALUATION, "policy.py:act"),
        ("CartPole-v1 evaluation #2", "evaluation", "random"),
    ],
    "gaps": DICE,
    "killed-everything": CARTPOLE,
    "killed-script": CARTPOLE,
    "monitor": [*DICE, ("Dice-v0 evaluation", "evaluation", None)],
    "resumed": CARTPOLE,
    "vector-async": CARTPOLE,
    "vector-native": CARTPOLE,
    "vector-sync": CARTPOLE,
    "video-mp4": DICE,
    "video-text": [("FrozenLake-v1", "training", None)],
}


def test_each_recording_has_its_row():
    assert sorted(SERIES) == sorted(path.name for path in RECORDINGS.iterdir() if path.is_dir())


def both(name, folder):
    """The recording, and what 0.1 said of it."""
    directory = Path(shutil.copytree(RECORDINGS / name, folder / name))
    for path in directory.iterdir():
        os.utime(path, (JANUARY, JANUARY))
    return read(directory), json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SERIES)
def test_the_numbers_are_those_of_then(tmp_path, name):
    recording, then = both(name, tmp_path)
    found = summarise(recording.episodes)
    counted = ("episodes", "completed", "incomplete", "terminated", "truncated", "steps", "duration")
    assert {key: getattr(found, key) for key in counted} == {key: then[key] for key in counted}
    for key, of in (("return", found.episode_return), ("length", found.length)):
        measured = {name: getattr(of, name) for name in ("n", "mean", "std", "median", "min", "max", "iqm")}
        assert measured == {name: then[key][name] for name in measured}
    assert ", ".join(recording.env_ids) == then["env_id"]
    assert (list(recording.notes), list(recording.problems)) == (then["notes"], then["problems"])


@pytest.mark.parametrize("name", SERIES)
def test_the_runs_and_videos_are_those_of_then(tmp_path, name):
    recording, then = both(name, tmp_path)
    for run, expected in zip(recording.runs, then["runs"], strict=True):
        assert expected == {
            "number": run.number,
            "recorder": run.recorder,
            "state": run.state,
            "started_at": time(run.started_at),
            "ended_at": time(run.ended_at),
            "episodes": run.episodes,
            "exit_status": run.exit_status,
        }
    videos = [(video.name, video.episode, video.size, video.finished) for video in recording.videos]
    assert videos == [(of["file"], of["episode"], of["bytes"], of["finished"]) for of in then["videos"]]


def test_text_films_of_then_are_still_whole(tmp_path):
    recording, _ = both("video-text", tmp_path)
    assert verify(recording.directory) == []
    (film,) = recording.videos
    assert (film.name[-5:], film.content_type, film.finished) == (".json", "video/vnd.openai.ansivid", True)


def time(seconds):
    return None if seconds is None else moment(seconds).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.mark.parametrize("name", SERIES)
def test_the_series_are_told_by_environment_mode_and_policy(tmp_path, name):
    recording, _ = both(name, tmp_path)
    found = [(series.name, series.mode, series.environment.policy) for series in recording.series]
    assert found == SERIES[name]


def test_no_series_is_pooled_with_another(tmp_path):
    episodes = both("evaluation-two-policies", tmp_path)[0].episodes
    assert [episodes.episode_return[episodes.series == number].mean().round(2) for number in (0, 1)] == [
        444.67,
        21.67,
    ]
