"""Films of a vector environment that is one object: every frame is the right slot's, once and in order."""

import contextlib
import gc
import json
import os
import re
import sys
import weakref

import numpy as np
import pytest
from commands import monitorcli, script
from encoders import InMemory
from gymnasium.vector import AutoresetMode
from test_vector import SLOTS, PlannedVector
from test_video import decoded

from monitorcli.attach.recorder import Recorder
from monitorcli.attach.settings import Settings
from monitorcli.format import log
from monitorcli.monitor.vector_films import MOST_AT_ONCE, MOST_SLOTS
from monitorcli.recording import read
from monitorcli.recording.verify import verify
from monitorcli.video.ffmpeg import find_ffmpeg
from monitorcli.video.filming import TOO_COSTLY, Filming, filming_of
from monitorcli.video.keep import parse
from monitorcli.video.meter import SHARE, Meter
from monitorcli.video.options import NO_FILMS, FilmOptions

MODES = pytest.mark.parametrize("mode", list(AutoresetMode), ids=lambda mode: mode.name)


class Painted(PlannedVector):
    """A slot's picture has three values: the slot, the number of its episode, and that of its step."""

    render_mode = "rgb_array"

    def __init__(self, num_envs, mode, given=None):
        super().__init__(num_envs, mode)
        self.metadata = {**self.metadata, "render_fps": 20}
        self.given = given
        self.rendered = 0

    def render(self):
        self.rendered += 1
        if self.given is not None:
            return self.given()
        return tuple(
            np.full((16, 16, 3), (slot, self.episode[slot], self.at[slot]), np.uint8)
            for slot in range(self.num_envs)
        )


@pytest.fixture
def said(monkeypatch):
    """The recorder's remarks."""
    remarks = []
    monkeypatch.setattr("monitorcli.attach.recorder._remark", remarks.append)
    return remarks


@contextlib.contextmanager
def filmed(directory, env, schedule=lambda turn: True, **more):
    """Within it `env` is recorded, and what the schedule chooses is filmed; closes both."""
    asked = Settings(str(directory), 0, 0, NO_FILMS, None, "training")
    recorder = Recorder(asked, Filming(schedule, **more))
    recorder.record_vector(env, "Painted")
    left = weakref.ref(env)
    del env
    yield
    if left() is not None:
        left().close()
    for writer in recorder._writers.values():
        writer.close()


def run(env, steps):
    """Step; returns how often the environment was reset by us."""
    env.reset()
    resets = 1
    for _ in range(steps):
        _, _, terminated, truncated, _ = env.step(None)
        over = terminated | truncated
        if env.mode is AutoresetMode.DISABLED and over.any():
            env.reset(options={"reset_mask": over})
            resets += 1
    return resets


def painted(films):
    """Of each film the values of its frames, by the number of its episode."""
    number = re.compile(r"video(\d+)\.mp4")
    return {
        int(number.search(name)[1]): [tuple(frame[0, 0].tolist()) for frame in film]
        for name, film in films.items()
    }


def recorded(directory):
    """Of each episode, by its number: the slot, which of the slot's it is, the length and the end."""
    rows = np.sort(log.read(next(directory.glob("*.npy"))), order="number")
    before = dict.fromkeys(range(1000), 0)
    found = {}
    for row in rows:
        slot = int(row["slot"])
        found[int(row["number"])] = slot, before[slot], int(row["length"]), int(row["end"])
        before[slot] += 1
    return found


@MODES
def test_every_film_has_its_slots_frames_once_and_in_order(tmp_path, frames, mode):
    env = Painted(SLOTS, mode)
    with filmed(tmp_path, env):
        resets = run(env, 60)
    expected = {}
    for number, (slot, episode, length, end) in recorded(tmp_path).items():
        ended = end < log.CUT_RESET
        last = length - 1 if mode is AutoresetMode.SAME_STEP and ended else length
        if length:
            expected[number] = [(slot, episode, at) for at in range(last + 1)]
    assert painted(frames) == expected
    assert len(expected) > 8 * SLOTS
    assert env.rendered <= 60 + resets  # one picture of all for whatever films run


@MODES
def test_the_files_are_films_and_the_manifest_names_them(tmp_path, mode):
    env = Painted(
        3, mode, lambda: [np.full((16, 16, 3), 70 * s + 40 + 6 * env.at[s], np.uint8) for s in range(3)]
    )
    with filmed(tmp_path, env, lambda turn: turn < 3):
        run(env, 30)
    same = mode is AutoresetMode.SAME_STEP
    episodes = recorded(tmp_path)
    for path in sorted(tmp_path.glob("*.mp4")):
        slot, _, length, _ = episodes[int(path.name[-10:-4])]
        pictures, fps = decoded(path)
        expected = 70 * slot + 40 + 6 * np.arange(length + (not same))
        np.testing.assert_allclose(pictures.mean(axis=(1, 2)), expected, atol=2)
        assert fps == 20
    assert verify(tmp_path, find_ffmpeg()) == []
    assert [film.episode for film in read(tmp_path).films] == [0, 1, 2]


def test_nothing_is_rendered_in_a_step_in_which_no_film_runs(tmp_path, frames):
    env = Painted(SLOTS, AutoresetMode.NEXT_STEP)
    with filmed(tmp_path, env, lambda turn: turn == 3):
        run(env, 100)
    ((number, film),) = painted(frames).items()
    assert (number, film[0]) == (3, (3, 0, 0))
    assert env.rendered == len(film)


def test_of_a_schedule_that_chooses_none_nothing_is_rendered(tmp_path, frames):
    env = Painted(SLOTS, AutoresetMode.SAME_STEP)
    with filmed(tmp_path, env, lambda turn: False):
        run(env, 50)
    assert (env.rendered, frames) == (0, {})


def test_a_masked_reset_ends_the_films_of_its_slots_and_begins_others_with_what_it_left(tmp_path, frames):
    env = Painted(3, AutoresetMode.DISABLED)
    with filmed(tmp_path, env):
        env.reset()
        env.step(None)
        env.reset(options={"reset_mask": np.array([False, True, False])})
        env.step(None)
        env.step(None)
    assert painted(frames) == {
        0: [(0, 0, 0), (0, 0, 1)],  # its episode has one step, and nobody reset it
        1: [(1, 0, 0), (1, 0, 1)],
        2: [(2, 0, at) for at in range(4)],
        3: [(1, 1, 0), (1, 1, 1)],  # of one step, too
    }


def test_a_film_that_a_close_cut_has_the_frames_until_then(tmp_path):
    env = Painted(3, AutoresetMode.NEXT_STEP)
    with filmed(tmp_path, env, lambda turn: turn == 2):
        run(env, 3)
    (meta,) = (json.loads(path.read_text()) for path in tmp_path.glob("*.meta.json"))
    assert (meta["episode_id"], meta["frames"]) == (2, 4)
    assert recorded(tmp_path)[2][2:] == (3, log.CUT_CLOSED)


def test_max_frames_and_frame_skip_are_rendered_for_and_no_more(tmp_path, frames):
    env = Painted(1, AutoresetMode.NEXT_STEP)
    env.num_envs = 1
    options = FilmOptions("0", max_frames=3, frame_skip=2)
    with filmed(tmp_path, env, lambda turn: turn == 0, options=options):
        env.reset()
        env.episode[:] = 2  # of 7 steps
        for _ in range(9):
            env.step(None)
    assert painted(frames) == {0: [(0, 2, 0), (0, 2, 2), (0, 2, 4)]}
    assert env.rendered == 3
    (meta,) = (json.loads(path.read_text()) for path in tmp_path.glob("*.meta.json"))
    assert (meta["shortened"], meta["fps"]) == ("max_frames", 10)


GREY = np.zeros((16, 16, 3), np.uint8)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (lambda: None, "render() gave None"),
        (lambda: GREY, "render() gave an array of shape (16, 16, 3)"),
        (lambda: np.zeros((SLOTS, 16, 3), np.uint8), f"render() gave an array of shape ({SLOTS}, 16, 3)"),
        (lambda: [GREY] * (SLOTS - 1), f"render() gave a list of {SLOTS - 1}"),
        (lambda: [GREY / 2] * SLOTS, f"render() gave a list of {SLOTS}"),
        (lambda: [None] * SLOTS, f"render() gave a list of {SLOTS}"),
        (lambda: "nonsense", "render() gave a str of 8"),
        (lambda: 1 / 0, "render() raised ZeroDivisionError: division by zero"),
    ],
    ids=["none", "one", "grey or one", "too few", "floats", "nones", "text", "raises"],
)
def test_what_is_no_picture_for_each_slot_costs_the_films_and_is_said_once(tmp_path, said, given, why):
    class Kind(Painted):
        """One of its own, because a kind that raised is not rendered again."""

    env = Kind(SLOTS, AutoresetMode.NEXT_STEP, given)
    with filmed(tmp_path, env):
        run(env, 50)
    what = "" if "raised" in why else f", not a uint8 picture for each of {SLOTS}"
    assert said == [f"no video of Painted: {why}{what}."]
    assert env.rendered == 1
    assert not list(tmp_path.glob("*video*"))
    assert len(read(tmp_path).episodes) > 5 * SLOTS


def test_pictures_that_become_nonsense_break_what_is_filmed_then_and_the_run_goes_on(tmp_path, said, frames):
    env = Painted(SLOTS, AutoresetMode.NEXT_STEP)
    with filmed(tmp_path, env):
        run(env, 3)
        env.given = lambda: "nonsense"
        for _ in range(40):
            env.step(None)
    assert said == [
        "a video is broken (render() gave a str of 8, not a uint8 picture for each of "
        f"{SLOTS}); the run goes on."
    ]
    metas = [json.loads(path.read_text()) for path in tmp_path.glob("*.meta.json")]
    assert 0 < sum(bool(meta.get("broken")) for meta in metas) <= SLOTS
    assert len(read(tmp_path).episodes) > 5 * SLOTS


@pytest.mark.parametrize("mode", [None, "human", "ansi"])
def test_without_rgb_array_there_is_no_film_and_nothing_is_rendered(tmp_path, said, mode):
    env = Painted(SLOTS, AutoresetMode.NEXT_STEP)
    env.render_mode = mode
    with filmed(tmp_path, env):
        run(env, 20)
    assert said == [
        f"no video of Painted: its render_mode is {mode!r}; films of all its slots need 'rgb_array'."
    ]
    assert env.rendered == 0


def test_pictures_may_be_one_array_or_a_tensor(tmp_path, frames):
    class Tensor:
        """As torch's on a graphics card: an array only once it is on the processor."""

        def __init__(self, values):
            self.values = values

        def detach(self):
            return self

        def cpu(self):
            return self.values

    env = Painted(SLOTS, AutoresetMode.NEXT_STEP)
    env.render = lambda: Tensor(np.stack(Painted.render(env)))
    with filmed(tmp_path, env, lambda turn: turn == 4):
        run(env, 3)
    assert painted(frames) == {4: [(4, 0, 0), (4, 0, 1), (4, 0, 2), (4, 0, 3)]}


def test_films_at_the_same_time_are_few_and_that_others_were_left_out_is_said(tmp_path, said, monkeypatch):
    running, most = set(), 0

    class Counted(InMemory):
        films = {}

        def add(self, frame):
            nonlocal most
            running.add(self)
            most = max(most, len(running))
            super().add(frame)

        def close(self):
            running.discard(self)

    monkeypatch.setattr("monitorcli.video.filming.Mp4", Counted)
    env = Painted(20, AutoresetMode.SAME_STEP)
    with filmed(tmp_path, env):
        run(env, 40)
    assert said == [
        "not every episode that was chosen is filmed: of 20 environments that are one object at most "
        f"{MOST_AT_ONCE} are filmed at the same time."
    ]
    assert most == MOST_AT_ONCE
    episodes, films = recorded(tmp_path), painted(Counted.films)
    assert 5 * MOST_AT_ONCE < len(films) < len(episodes)
    for number, film in films.items():
        assert film[0][:2] == episodes[number][:2]


def test_what_nobody_asked_to_film_is_not_rendered_for_many_slots(tmp_path, said):
    for count, rendered in ((MOST_SLOTS, True), (MOST_SLOTS + 1, False)):
        env = Painted(count, AutoresetMode.NEXT_STEP)
        asked = filming_of(FilmOptions(), find_ffmpeg())
        with filmed(tmp_path, env, asked.schedule, options=asked.options):
            run(env, 3)
        assert bool(env.rendered) is rendered
    assert said == [
        f"no video of Painted: a frame of it is {MOST_SLOTS + 1} pictures; "
        "--video cubic films it all the same."
    ]


def test_films_that_nobody_asked_for_end_when_they_cost_too_much(tmp_path, said, frames):
    env = Painted(SLOTS, AutoresetMode.NEXT_STEP)
    now = [0.0]

    def given():
        now[0] += 2.0
        env.given = None
        pictures = env.render()
        env.given = given
        return pictures

    env.given = given
    with filmed(tmp_path, env, meter=Meter(SHARE, lambda: now[0])):
        run(env, 20)
    assert said == [TOO_COSTLY]
    metas = [json.loads(path.read_text()) for path in tmp_path.glob("*.meta.json")]
    assert "time" in {meta.get("shortened") for meta in metas}
    assert now[0] < 10


def test_the_best_and_what_failed_are_kept_and_no_other_film(tmp_path, frames):
    env = Painted(SLOTS, AutoresetMode.NEXT_STEP)
    with filmed(tmp_path, env, lambda turn: False, rules=parse("best:2,failed")):
        run(env, 60)
    recording = read(tmp_path)
    episodes = recording.episodes
    completed = episodes.end < log.CUT_RESET
    best = np.sort(episodes.episode_return[completed])[-2:]
    kept = [film.episode for film in recording.films]
    assert len(kept) == 3
    assert set(best) <= set(episodes.episode_return[kept])
    assert 0 in episodes.success[kept]
    assert not list(tmp_path.glob("*undecided*"))


def test_an_episode_whose_first_step_raises_leaves_its_turn_to_the_next_of_its_slot(tmp_path, frames):
    class Moody(Painted):
        def step(self, actions):
            if self.episode[0] == 0:
                raise RuntimeError
            return super().step(actions)

    env = Moody(3, AutoresetMode.NEXT_STEP)
    turns = []
    with filmed(tmp_path, env, lambda turn: turns.append(turn) or turn == 1):
        env.reset()
        with pytest.raises(RuntimeError):
            env.step(None)
        run(env, 2)
    assert turns[:6] == [0, 1, 2, 0, 1, 2]
    assert painted({name: film for name, film in frames.items() if "0004" in name}) == {
        4: [(1, 1, 0), (1, 1, 1)]
    }


def test_an_environment_that_is_dropped_while_it_is_filmed_is_collected(tmp_path, frames):
    env = Painted(SLOTS, AutoresetMode.NEXT_STEP)
    with filmed(tmp_path, env):
        run(env, 1)
        gone = weakref.ref(env)
        del env
        gc.collect()
    assert gone() is None


def test_when_recording_stops_in_mid_episode_the_films_have_what_was_recorded(tmp_path, said, frames):
    class Broken(Painted):
        def step(self, actions):
            return super().step(actions) if self.at[1] < 3 else "nonsense"

    env = Broken(2, AutoresetMode.NEXT_STEP)
    with filmed(tmp_path, env, lambda turn: turn == 1):
        env.reset()
        assert [env.step(None) for _ in range(6)][3:] == ["nonsense"] * 3
    (remark,) = said
    assert "from here on" in remark
    assert painted(frames) == {1: [(1, 0, at) for at in (0, 1, 2, 3, 3)]}
    assert recorded(tmp_path)[1][2:] == (3, log.CUT_UNKNOWN)


def test_a_step_that_may_not_be_looked_at_is_given_back_while_it_is_filmed(tmp_path, said, frames):
    class Untouchable(tuple):
        def __len__(self):
            raise RuntimeError("not yours")

        __iter__ = __len__

    class Odd(Painted):
        def step(self, actions):
            given = super().step(actions)
            return given if self.at[1] < 2 else Untouchable(given)

    env = Odd(2, AutoresetMode.SAME_STEP)
    with filmed(tmp_path, env):
        env.reset()
        assert [type(env.step(None)) for _ in range(3)] == [tuple, Untouchable, Untouchable]
    (remark,) = said
    assert "RuntimeError" in remark


CARTPOLES = """
import gymnasium, hashlib
env = gymnasium.make_vec("CartPole-v1", num_envs=8, vectorization_mode="vector_entry_point"{more})
told = [env.render_mode, env.spec.kwargs, env.screens]
seen = hashlib.sha256(env.reset(seed=4)[0].tobytes())
env.action_space.seed(4)
for _ in range(60):
    seen.update(env.step(env.action_space.sample())[0].tobytes())
print(told, env.screens, seen.hexdigest())
env.close()
"""


@pytest.mark.parametrize("more", ["", ", render_mode='rgb_array'"])
def test_gymnasiums_own_cartpoles_are_filmed_and_the_script_sees_nothing_of_it(tmp_path, more):
    name = script(tmp_path, CARTPOLES.format(more=more))
    plain, done = (
        monitorcli("start", runs, "--video", video, "--", sys.executable, name, cwd=tmp_path)
        for runs, video in (("plain", "none"), ("runs", "first:8"))
    )
    assert (done.returncode, done.stdout) == (0, plain.stdout), done.stderr
    assert "no video" not in done.stderr
    recording = read(tmp_path / "runs")
    assert verify(tmp_path / "runs", find_ffmpeg()) == []
    assert [film.episode for film in recording.films] == list(range(8))
    for film in recording.films:
        pictures, fps = decoded(tmp_path / "runs" / film.name)
        assert pictures.shape == (recording.episodes.length[film.episode] + 1, 400, 600)
        assert fps == 50
        assert (pictures[0] != pictures[-1]).any()


FORK = """
import gymnasium, numpy, os
env = gymnasium.make_vec("CartPole-v1", num_envs=3, vectorization_mode="vector_entry_point")
env.reset(seed=4)
for _ in range(4):
    env.step(numpy.zeros(3, int))
child = os.fork()
for _ in range(20):
    env.step(numpy.zeros(3, int))
env.close()
if child:
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_films_that_run_at_a_fork_are_the_parents_and_the_child_films_what_it_begins(tmp_path):
    name = script(tmp_path, FORK)
    done = monitorcli("start", "runs", "--video", "first:5", "--", sys.executable, name, cwd=tmp_path)
    assert (done.returncode, verify(tmp_path / "runs", find_ffmpeg())) == (0, []), done.stderr
    recording = read(tmp_path / "runs")
    episodes = recording.episodes
    assert len(recording.films) == 5
    for film in recording.films:
        pictures, _ = decoded(tmp_path / "runs" / film.name)
        assert len(pictures) == episodes.length[film.episode] + 1
    began = episodes.seeded[[film.episode for film in recording.films]]
    assert began.sum() == 3  # that began before the fork, each filmed by the parent alone


ADVICE = """
import gymnasium, numpy
from gymnasium.envs.classic_control.cartpole import CartPoleVectorEnv
class NoPictures(CartPoleVectorEnv):
    def render(self):
        raise NotImplementedError("not drawn")
cartpole = "gymnasium.envs.classic_control.cartpole:CartPoleEnv"
gymnasium.register("Mine-v0", cartpole, vector_entry_point=NoPictures)
env = gymnasium.make_vec("Mine-v0", num_envs=2, vectorization_mode="vector_entry_point")
env.reset(seed=4)
for _ in range(30):
    env.step(numpy.zeros(2, int))
"""


def test_an_environment_that_could_be_made_of_several_is_named_with_the_way_to_film_it(tmp_path):
    name = script(tmp_path, ADVICE)
    done = monitorcli("start", "runs", "--", sys.executable, name, cwd=tmp_path)
    assert (done.returncode, len(read(tmp_path / "runs").films)) == (0, 0)
    assert done.stderr.splitlines()[0] == (
        "monitorcli: no video of Mine-v0: render() raised NotImplementedError: not drawn; "
        'make_vec(..., vectorization_mode="sync") can be filmed.'
    )
