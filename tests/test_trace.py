"""Traces: what they hold, byte by byte and after kill -9, and that recording them changes nothing."""

import gc
import weakref
import zlib

import gymnasium
import numpy as np
import pytest
from environments import Countdown
from gymnasium import spaces
from writing import open_writer

from monitorcli.errors import BadFile
from monitorcli.format import log, trace
from monitorcli.monitor.recorder_factory import RecordingOptions, shared_recorder
from monitorcli.video.filming import Filming
from monitorcli.video.schedule import never


def every(number):
    return True


class Walk(gymnasium.Env):
    """A random walk: observations of any kind that `shown` makes of the place, from one random generator."""

    observation_space = spaces.Box(-9, 9, (2,), np.float32)
    action_space = spaces.Discrete(3)

    def __init__(self, shown=lambda place: np.array([place, -place], np.float32), length=5, reward=float):
        self.shown, self.length, self.reward = shown, length, reward

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at, self.place = 0, self.np_random.normal()
        return self.shown(self.place), {}

    def step(self, action):
        self.at += 1
        self.place += self.np_random.normal() + float(np.sum(action))
        return self.shown(self.place), self.reward(self.place), self.at == self.length, False, {}


def recorded(env, tmp_path, actions, episodes=1, traced=every, **reset):
    """The traces of `episodes` whole episodes, by the recorder, and what the script got."""
    writer, got = open_writer(tmp_path), []
    options = RecordingOptions(Filming(never), b"t", pytest.fail, traced=traced)
    recorder = shared_recorder(env, lambda _: writer, options)
    for _ in range(episodes):
        got.append(recorder.steps.reset(**reset))
        got += map(recorder.steps.step, actions)
    recorder.steps.stop(log.CUT_CLOSED)
    writer.close()
    return traces(tmp_path), got


def traces(directory):
    return [found for path in directory.glob("*.trace.*") for found in trace.read(path)]


@pytest.mark.parametrize(
    "actions",
    [
        [0, 1, 2, 1, 0],
        [0, 1, 1, 0, 1],
        [200, 7, 0, 1, 0],
        [-1, 300, 0, 1, 0],
        [np.int64(1)] * 5,
        [np.array([0.5, -2], np.float32)] * 5,
        [np.array(1)] * 5,
    ],
    ids=str,
)
def test_a_trace_holds_the_actions_as_they_were_given(tmp_path, actions):
    (found,), _ = recorded(Walk(), tmp_path, actions, seed=1)
    assert (found.number, found.earlier, found.random) == (0, 0, {"seed": 1})
    assert [np.asarray(one).tolist() for one in found.actions] == [
        np.asarray(one).tolist() for one in actions
    ]
    assert type(found.actions[0]) is type(actions[0]) or isinstance(found.actions, np.ndarray)
    if isinstance(found.actions, np.ndarray):
        assert found.actions.dtype == actions[0].dtype


def test_the_digest_is_of_the_bytes_that_the_format_names(tmp_path):
    (found,), got = recorded(Walk(length=300), tmp_path, [1] * 300, seed=1)
    first, steps = got[0][0], got[1:]
    data = first.tobytes()
    for block in (steps[:256], steps[256:]):
        data += b"".join(step[0].tobytes() for step in block)
        data += np.array([step[1] for step in block], "<f8").tobytes()
    assert found.digest == trace.shortened(data)
    assert found.first == zlib.crc32(first.tobytes())
    golden, words = (
        0x9E3779B97F4A7C15,
        [
            (int.from_bytes(step[0].tobytes(), "little"), int(np.float64(step[1]).view(np.uint64)))
            for step in steps
        ],
    )
    checks = [(reward * golden + word * pow(golden, 3, 1 << 64)) % (1 << 64) >> 60 for word, reward in words]
    assert found.checks.tolist() == checks


def test_without_a_seed_the_state_before_the_reset_is_kept(tmp_path):
    env = Walk()
    env.reset(seed=3)
    before = env.np_random.bit_generator.state
    (found,), _ = recorded(env, tmp_path, [0] * 5)
    assert found.random == {"state": before}


def test_a_generator_that_the_environment_makes_itself_is_known_by_its_entropy(tmp_path):
    env = Walk()
    (found,), got = recorded(env, tmp_path, [0] * 5)
    again = Walk()
    again.np_random = np.random.Generator(np.random.PCG64(np.random.SeedSequence(found.random["entropy"])))
    assert again.reset()[0].tolist() == got[0][0].tolist()


def test_a_wide_integer_of_the_random_numbers_takes_16_bytes_of_its_own():
    state = {
        "bit_generator": "PCG64",
        "state": {"state": (1 << 127) + 5, "inc": (1 << 64) + 1},
        "uinteger": 7,
    }
    kept = trace.Trace(3, 0, {"state": state}, None, [1, 0, 1], 9, np.array([1, 2, 3], np.uint8), bytes(16))
    packed = trace.pack(kept)
    assert b'{"state": {"wide": 0}, "inc": {"wide": 1}}' in packed
    assert ((1 << 127) + 5).to_bytes(16, "little") + ((1 << 64) + 1).to_bytes(16, "little") in packed
    found = trace.unpack(packed)
    assert (found.random, found.first, found.checks.tolist()) == ({"state": state}, 9, [1, 2, 3])
    for torn in (packed.replace(b'"wide": 1', b'"wide": 2'), packed.replace(b'"steps": 3', b'"steps": 8')):
        with pytest.raises(BadFile):
            trace.unpack(torn)


def test_nothing_is_changed_in_the_environment_and_what_it_gives_is_given_back(tmp_path):
    env = Countdown((3,))
    given, kept = [], env.step

    def step(action):
        given.append(kept(action))
        return given[-1]

    env.step = step
    found, got = recorded(env, tmp_path, [0, 1, 0])
    assert all(one is other for one, other in zip(got[1:], given, strict=True))
    assert env._np_random is None  # Gymnasium makes it when it is asked for
    assert found[0].random is None


@pytest.mark.parametrize(
    "shown",
    [
        lambda place: int(place * 100),
        lambda place: {"image": np.full((8, 8, 3), place), "mission": "go", "at": (1, place)},
        lambda place: np.full((50, 50), place)[:, ::2],
        lambda place: np.full(3 if place > 0 else 30, place),
    ],
    ids=["an integer", "a dictionary", "a part of an array", "arrays of several sizes"],
)
def test_observations_of_every_kind_are_told_apart(tmp_path, shown):
    (one,), got = recorded(Walk(shown), tmp_path / "a", [1] * 5, seed=1)
    (same,), _ = recorded(Walk(shown), tmp_path / "b", [1] * 5, seed=1)
    (other,), _ = recorded(Walk(shown), tmp_path / "c", [1] * 5, seed=2)
    assert one.digest == same.digest
    assert one.digest != other.digest
    running = trace.Running(trace.leaf(got[0][0]))
    running.add([trace.leaf(step[0]) for step in got[1:]], [step[1] for step in got[1:]])
    assert running.digest() == one.digest


@pytest.mark.parametrize(
    ("env", "actions", "why"),
    [
        (Walk(lambda place: object()), [0] * 5, "an observation is or holds a object"),
        (Walk(lambda place: np.array([None])), [0] * 5, "an observation holds objects"),
        (Walk(reward=lambda place: None), [0] * 5, "a reward is not one number"),
        (Walk(), [(0, 1)] * 5, "an action is a tuple of 2"),
        (Walk(), [0, 1, 0.5, 0, 1], "its actions are of several kinds"),
        (Walk(), [np.zeros(2), 0, 0, 0, 0], "its actions are of several kinds"),
    ],
)
def test_what_cannot_be_traced_is_not_kept_and_the_script_runs_on(tmp_path, env, actions, why):
    writer = open_writer(tmp_path)
    options = RecordingOptions(Filming(never), b"t", lambda remark: None, traced=every)
    steps = shared_recorder(env, lambda _: writer, options).steps
    steps.reset(seed=1)
    assert [len(steps.step(action)) for action in actions] == [5] * 5
    writer.close()
    assert [found.not_kept for found in traces(tmp_path)] == [why]
    assert len(log.read(next(tmp_path.glob("*episode_log*")))) == 1


class Harmful(list):
    """A result that must not be looked into."""

    def __getitem__(self, place):
        raise SystemExit("looked into")


def test_a_result_that_is_no_tuple_is_not_looked_into(tmp_path):
    env = Walk()
    plain, env.reset = env.reset, lambda **kwargs: Harmful()
    writer = open_writer(tmp_path)
    options = RecordingOptions(Filming(never), b"t", lambda remark: None, traced=every)
    steps = shared_recorder(env, lambda _: writer, options).steps
    plain(seed=1)
    assert isinstance(steps.reset(), Harmful)
    assert len(steps.step(0)) == 5
    steps.stop(log.CUT_CLOSED)
    writer.close()
    assert [found.not_kept for found in traces(tmp_path)] == ["reset gave a Harmful of 0"]


def test_arguments_of_reset_that_json_cannot_hold_are_not_kept(tmp_path):
    (kept,), _ = recorded(Walk(), tmp_path / "a", [0], options={"low": 0.5}, seed=1)
    (lost,), _ = recorded(Walk(), tmp_path / "b", [0], options={"low": (1, 2)}, seed=1)
    assert kept.options == {"low": 0.5}
    assert lost.not_kept == "its reset options are more than plain values"


def test_an_environment_that_resets_itself_within_a_step_is_not_kept(tmp_path):
    env = Walk(length=1)
    env.metadata = {"autoreset": True}
    found, _ = recorded(env, tmp_path, [0, 0, 0], seed=1)
    why = "the environment resets itself within the step before"
    assert [one.not_kept for one in found] == ["", why]


def test_a_schedule_chooses_by_number_and_traces_nothing_else(tmp_path):
    found, _ = recorded(Walk(), tmp_path, [0] * 5, episodes=9, traced=lambda number: number % 4 == 0, seed=1)
    assert [(one.number, one.earlier) for one in found] == [(0, 0), (4, 4), (8, 8)]
    recorded(Walk(), tmp_path / "none", [0], traced=never)
    assert [path.name for path in (tmp_path / "none").glob("*trace*")] == []


def test_an_environment_that_is_dropped_is_collected_all_the_same(tmp_path):
    env = Walk()
    kept = weakref.ref(env)
    writer = open_writer(tmp_path)
    options = RecordingOptions(Filming(never), b"t", pytest.fail, traced=every)
    recorder = shared_recorder(env, lambda _: writer, options)
    recorder.steps.reset()
    recorder.steps.step(0)
    weakref.finalize(env, recorder.steps.stop, log.CUT_CLOSED)
    del env, recorder
    gc.collect()
    writer.close()
    assert kept() is None


@pytest.fixture
def file(tmp_path):
    """A file of 20 traces, and where each frame ends."""
    recorded(Walk(), tmp_path, [0] * 5, episodes=20)
    (path,) = tmp_path.glob("*trace*")
    return path


def test_every_finished_episode_can_be_read_wherever_the_file_ends(file):
    data, whole = file.read_bytes(), 0
    for size in range(len(trace.HEADER), len(data) + 1):
        file.write_bytes(data[:size])
        found = len(list(trace.read(file)))
        assert found in (whole, whole + 1)
        whole = found
    assert whole == 20


def test_a_damaged_trace_is_an_error_and_never_another_trace(file):
    data = file.read_bytes()
    whole = [str(one) for one in trace.read(file)]
    for place in range(0, len(data), 7):
        file.write_bytes(data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :])
        found = []
        try:
            found += map(str, trace.read(file))
        except BadFile:
            pass
        assert found == whole[: len(found)]


def test_a_small_file_that_claims_to_be_a_large_trace_is_refused(file, monkeypatch):
    monkeypatch.setattr(trace, "_MOST", 1000)
    frame = trace.Compressor().frame(bytes(100_000))
    file.write_bytes(trace.HEADER + frame)
    with pytest.raises(BadFile, match="a trace of more than 1,000 bytes is not read"):
        list(trace.read(file))
