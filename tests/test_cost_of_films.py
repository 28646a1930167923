"""What filming may cost: a share of the time where nobody asked for films, and any where somebody did."""

import functools
import json
import multiprocessing
import os

import gymnasium
import pytest
from environments import Countdown

from monitorcli.attach.status_log import new_status_log, read_status_log, report_status
from monitorcli.attach.turns import turns_of
from monitorcli.cli.record_command import _cost_of_films
from monitorcli.format.open_file import FollowedDirectory
from monitorcli.monitor.environment import describe
from monitorcli.monitor.recorder_factory import RecordingOptions, shared_recorder
from monitorcli.monitor.writer import EpisodeWriter, Target
from monitorcli.video.filming import TOO_COSTLY, Filming, filming_of
from monitorcli.video.meter import FREE, SHARE, Meter
from monitorcli.video.options import FilmOptions


class Slow:
    """A clock that stands still, but for what a picture and a step take."""

    now = 0.0

    def __call__(self):
        return self.now


def run(directory, share, episodes, picture, step):
    """Play episodes of 10 steps, all to be filmed; returns what is said and what the films have."""
    clock, said = Slow(), []

    class Watched(gymnasium.Wrapper):
        def render(self):
            clock.now += picture
            return self.env.render()

        def step(self, action):
            clock.now += step
            return self.env.step(action)

    env = Watched(Countdown((10,), render_mode="rgb_array"))
    filming = Filming(lambda episode: True, meter=Meter(share, clock))
    open_writer = functools.partial(
        EpisodeWriter, Target(FollowedDirectory(directory), 0), describe(env, "Countdown-v0"), print
    )
    recorder = shared_recorder(env, lambda _: open_writer(), RecordingOptions(filming, b"t", said.append))
    for _ in range(episodes):
        recorder.steps.reset()
        for _ in range(10):
            recorder.steps.step(0)
    recorder.close()
    metas = [json.loads(path.read_text()) for path in sorted(directory.glob("*.meta.json"))]
    return (
        said,
        [(meta["episode_id"], meta["frames"], meta.get("shortened")) for meta in metas],
        filming.meter,
    )


def test_films_that_nobody_asked_for_take_five_seconds_and_a_fifth_of_the_time(tmp_path, frames):
    said, films, meter = run(tmp_path, SHARE, 100, picture=1.0, step=1.0)
    assert said == [TOO_COSTLY]
    # A frame takes a second, as a step does: after 9 frames and 8 steps the first film has 5 + 0.2 * 17 s.
    assert films[0] == (0, 9, "time")
    # The others begin when there is time for one like those before.
    assert {frames for _, frames, _ in films[1:]} == {11}
    assert FREE + SHARE * meter.elapsed() - 11 < meter.spent <= FREE + SHARE * meter.elapsed() + 1


def test_films_that_cost_little_are_all_there(tmp_path, frames):
    said, films, _ = run(tmp_path, SHARE, 30, picture=0.1, step=1.0)
    assert (said, films) == ([], [(number, 11, None) for number in range(30)])


def test_films_that_were_asked_for_are_made_whatever_they_cost(tmp_path, frames):
    said, films, _ = run(tmp_path, None, 9, picture=60.0, step=0.001)
    assert (said, films) == ([], [(number, 11, None) for number in range(9)])


@pytest.mark.parametrize(
    ("options", "bounded"),
    [(FilmOptions(), True), (FilmOptions("cubic"), False), (FilmOptions(keep="best"), False)],
)
def test_only_the_default_is_bounded(options, bounded):
    meter = filming_of(options, "ffmpeg").meter
    meter.spent = 1e9
    assert meter.enough() is bounded


def test_the_closing_line_says_what_filming_cost_if_it_was_more_than_a_tenth():
    with new_status_log() as path, pytest.MonkeyPatch.context() as during:
        during.setenv("MONITORCLI_TRAIL", str(path))
        for spent in ("3.00", "70.00"):
            report_status("filming", spent)
        told = read_status_log(path)
    assert told.filming == ("70.00",)
    assert _cost_of_films(told, 600.0) == [
        "Filming took 1 min 10 s of 10 min. For less: --frame-skip K, --max-frames N, --scale 0.5, "
        "another --video, or --video none"
    ]
    assert _cost_of_films(told, 701.0) == []


def take(turns, count):
    return [next(turns) for _ in range(count)]


def in_a_process(path, queue):
    os.environ["MONITORCLI_TRAIL"] = path
    queue.put(take(turns_of("CartPole", 100), 3))


def test_all_processes_of_a_series_share_the_turns_of_a_schedule():
    with new_status_log() as path, pytest.MonkeyPatch.context() as during:
        during.setenv("MONITORCLI_TRAIL", str(path))
        mine, other = turns_of("CartPole", 100), turns_of("Pendulum", 100)
        assert take(mine, 2) == [100, 101]
        context = multiprocessing.get_context("spawn")
        queue = context.Queue()
        process = context.Process(target=in_a_process, args=(str(path), queue))
        process.start()
        assert queue.get(timeout=60) == [102, 103, 104]
        process.join()
        assert take(mine, 2) == [105, 106]
        assert take(other, 2) == [100, 101]


def test_a_process_that_outlives_start_counts_on_alone():
    with new_status_log() as path, pytest.MonkeyPatch.context() as during:
        during.setenv("MONITORCLI_TRAIL", str(path))
        mine = turns_of("CartPole", 0)
        assert take(mine, 2) == [0, 1]
    assert take(mine, 2) == [2, 3]
    assert take(turns_of("CartPole", 5), 2) == [5, 6]
