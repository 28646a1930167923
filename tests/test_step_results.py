"""Whatever `step` gives, the script gets that very object; only what is one episode's becomes a record."""

from __future__ import annotations

import collections
import types

import gymnasium
import numpy as np
import pytest
from environments import Countdown

from monitorcli import Monitor
from monitorcli.attach import recorder as attached
from monitorcli.attach.recorder import Recorder
from monitorcli.attach.settings import Settings
from monitorcli.recording import read
from monitorcli.video.filming import Filming
from monitorcli.video.options import NO_FILMS
from monitorcli.video.schedule import never

Named = collections.namedtuple("Named", "observation reward terminated truncated info")
TimeStep = collections.namedtuple("TimeStep", "step_type reward discount observation")


class Tensor:
    """What torch has: truth and a number only of one element."""

    def __init__(self, *values):
        self.values, self.shape = values, (len(values),)

    def item(self):
        if len(self.values) != 1:
            raise RuntimeError(f"a Tensor with {len(self.values)} elements cannot be converted to Scalar")
        return self.values[0]

    def __bool__(self):
        return bool(self.item())

    def __float__(self):
        return float(self.item())


class Refuses:
    """Raises at whatever it is asked."""

    def __getattr__(self, name):
        raise ZeroDivisionError

    __bool__ = __len__ = __iter__ = __float__ = __getitem__ = lambda self, *args: 1 // 0


class TooLarge:
    """Overflows, and cannot be compared."""

    def __float__(self):
        raise OverflowError


class Claims:
    """Says that it is a tuple."""

    __class__ = tuple


class Lazy(collections.UserDict):
    """A mapping that is no dict."""


def step(reward=1.0, terminated=None, truncated=False, info=None):
    """Five values, of which `terminated` may be a function of whether the episode is over."""
    return lambda over: (
        0,
        reward,
        over if terminated is None else terminated(over),
        truncated,
        {} if info is None else info,
    )


# What `step` gives, the episode that is recorded of three steps (return, length and end), and what is said.
WHOLE, UNKNOWN = (3.0, 3, 1), (np.nan, 3, 1)
NAN = "returns of Odd are NaN: step gave {} as reward, not one number."
LEFT = "Odd is not recorded from here on: step gave {}."
ONE = LEFT.format("{}, not what one environment gives")
SHAPES = {
    "five plain values": (step(), WHOLE, None),
    "a list of five": (lambda over: [0, 1.0, over, False, {}], WHOLE, None),
    "a named tuple of five": (lambda over: Named(0, 1.0, over, False, {}), WHOLE, None),
    "reward a NumPy scalar": (step(np.float32(1)), WHOLE, None),
    "reward an array of no dimension": (step(np.array(1.0)), WHOLE, None),
    "reward an array of one": (step(np.ones(1)), WHOLE, None),
    "reward a tensor of one": (step(Tensor(1.0)), WHOLE, None),
    "reward a bool": (step(True), WHOLE, None),
    "reward NaN": (step(np.nan), UNKNOWN, None),
    "reward infinite": (step(np.inf), (np.inf, 3, 1), None),
    "reward too large for a float": (step(10**400), (np.inf, 3, 1), None),
    "reward None": (step(None), UNKNOWN, NAN.format("None")),
    "reward a string": (step("high"), UNKNOWN, NAN.format("a str of 4")),
    "reward of several objectives": (step(np.ones(2)), UNKNOWN, NAN.format("an array of shape (2,)")),
    "reward an agent's each": (step({"a": 1.0, "b": 2.0}), UNKNOWN, NAN.format("a dict of 2")),
    "reward that refuses": (step(Refuses()), UNKNOWN, NAN.format("a Refuses")),
    "reward too large for anything": (step(TooLarge()), UNKNOWN, NAN.format("a TooLarge")),
    "terminated a NumPy bool": (step(terminated=np.bool_), WHOLE, None),
    "terminated 0 or 1": (step(terminated=int), WHOLE, None),
    "terminated an array of one": (step(terminated=lambda over: np.array([over])), WHOLE, None),
    "terminated a tensor of one": (step(terminated=Tensor), WHOLE, None),
    "truncated None": (step(truncated=None), WHOLE, None),
    "a batch of arrays": (
        lambda over: (np.zeros((4, 2)), np.ones(4), np.full(4, over), np.zeros(4, bool), {}),
        None,
        ONE.format("an array of shape (4,) as reward"),
    ),
    "a batch of tensors": (
        lambda over: (0, Tensor(1.0, 1.0), Tensor(over, over), Tensor(False, False), {}),
        None,
        ONE.format("an array of shape (2,) as reward"),
    ),
    "a batch of lists": (
        lambda over: ([0, 0], [1.0, 1.0], [over, over], [False, False], [{}, {}]),
        None,
        ONE.format("a list of 2 as reward"),
    ),
    "a dictionary an agent": (
        lambda over: ({}, {"a": 1.0}, {"a": over, "__all__": over}, {"__all__": False}, {"a": {}}),
        None,
        ONE.format("a dict of 1 as reward"),
    ),
    "terminated an array of several": (
        step(terminated=lambda over: np.array([over, over])),
        None,
        ONE.format("an array of shape (2,) as terminated"),
    ),
    "terminated a dictionary": (
        step(terminated=lambda over: {"__all__": over}),
        None,
        ONE.format("a dict of 1 as terminated"),
    ),
    "truncated a string": (step(truncated="no"), None, ONE.format("a str of 2 as truncated")),
    "terminated that refuses": (
        step(terminated=lambda over: Refuses()),
        None,
        LEFT.format("what raises ZeroDivisionError when it is looked at"),
    ),
    "info None": (lambda over: (0, 1.0, over, False, None), WHOLE, None),
    "info a number": (step(info=7), WHOLE, None),
    "info an array": (step(info=np.ones(3)), WHOLE, None),
    "info a list of dictionaries": (step(info=[{}, {}]), WHOLE, None),
    "info a string": (step(info="with a true_reward"), WHOLE, None),
    "info another mapping": (step(info=Lazy(true_reward=2.0)), (6.0, 3, 1), None),
    "info that refuses": (step(info=Refuses()), WHOLE, None),
    "four values, as in Gym before 0.26": (
        lambda over: (0, 1.0, over, {}),
        None,
        LEFT.format("4 values, not five"),
    ),
    "a time step of dm_env": (lambda over: TimeStep(1, 1.0, 1.0, 0), None, LEFT.format("4 values, not five")),
    "two values": (lambda over: (0, {}), None, LEFT.format("2 values, not five")),
    "six values": (lambda over: (0, 1.0, over, False, {}, 6), None, LEFT.format("6 values, not five")),
    "a dictionary": (lambda over: {"reward": 1.0}, None, LEFT.format("a dict of 1, not five values")),
    "a default dictionary": (
        lambda over: collections.defaultdict(float),
        None,
        LEFT.format("a defaultdict of 0, not five values"),
    ),
    "a namespace": (
        lambda over: types.SimpleNamespace(reward=1.0),
        None,
        LEFT.format("a SimpleNamespace, not five values"),
    ),
    "an array": (lambda over: np.zeros(5), None, LEFT.format("an array of shape (5,), not five values")),
    "a generator": (lambda over: (n for n in range(5)), None, LEFT.format("a generator, not five values")),
    "nothing": (lambda over: None, None, LEFT.format("None, not five values")),
    "what refuses": (lambda over: Refuses(), None, LEFT.format("a Refuses, not five values")),
    "what says that it is a tuple": (lambda over: Claims(), None, LEFT.format("a Claims, not five values")),
}


class Odd(Countdown):
    """Gives what `shape` makes of whether the episode is over; of the first `good` steps, what is usual."""

    def __init__(self, shape, good=0):
        super().__init__((3,))
        self.shape, self.good, self.given = shape, good, None

    def step(self, action):
        self.good -= 1
        usual = super().step(action)
        self.given = usual if self.good >= 0 else self.shape(self.at == 3)
        return self.given


def recorded(tmp_path, monkeypatch, env, steps):
    """Make so many steps of episodes of three; the complete records, how many are not, and what was said."""
    said: list[str] = []
    monkeypatch.setattr(attached, "_remark", said.append)
    record = Recorder(Settings(str(tmp_path), 0, 0, NO_FILMS, None, "training"), Filming(never))
    record.record(env, type(env).__name__)
    for number in range(steps):
        if number % 3 == 0:
            env.reset()
        assert env.step(0) is env.given
    env.close()
    del record
    if not list(tmp_path.iterdir()):
        return [], [], said
    rows = read(tmp_path).episodes
    table = list(zip(rows.episode_return, rows.length, rows.end, strict=True))
    return [row for row in table if row[2] < 16], [row[:2] for row in table if row[2] >= 16], said


@pytest.mark.parametrize(("shape", "episode", "remark"), SHAPES.values(), ids=SHAPES)
def test_the_script_gets_what_the_environment_gave(tmp_path, monkeypatch, shape, episode, remark):
    complete, cut, said = recorded(tmp_path, monkeypatch, Odd(shape), steps=6)
    np.testing.assert_array_equal(complete, [] if episode is None else [episode] * 2)
    assert cut == []
    assert said == ([] if remark is None else [remark])


@pytest.mark.parametrize("name", [name for name, (_, episode, _) in SHAPES.items() if episode is None])
def test_what_was_right_before_is_kept(tmp_path, monkeypatch, name):
    shape, _, remark = SHAPES[name]
    complete, cut, said = recorded(tmp_path, monkeypatch, Odd(shape, good=5), steps=9)
    assert (complete, cut, said) == ([(3.0, 3, 1)], [(2.0, 2)], [remark])


def test_a_default_dictionary_gets_no_entries(tmp_path, monkeypatch):
    env = Odd(SHAPES["a default dictionary"][0])
    recorded(tmp_path, monkeypatch, env, steps=1)
    assert env.given == {}


def test_a_generator_is_not_used_up(tmp_path, monkeypatch):
    env = Odd(SHAPES["a generator"][0])
    recorded(tmp_path, monkeypatch, env, steps=1)
    assert list(env.given) == [0, 1, 2, 3, 4]


def test_a_monitor_lets_pass_what_it_cannot_record(tmp_path):
    env = Odd(SHAPES["a batch of arrays"][0])
    with pytest.warns(RuntimeWarning) as caught, Monitor(env, tmp_path, video_callable=False) as monitor:
        monitor.reset()
        assert monitor.step(0) is env.given
        assert monitor.step(0) is env.given  # not ResetNeeded: nothing is known of it any more
        monitor.reset()
    assert [str(warning.message) for warning in caught][1:] == [
        "monitorcli: (unknown) is not recorded from here on: "
        "step gave an array of shape (4,) as reward, not what one environment gives."
    ]
    assert len(read(tmp_path).episodes) == 0


@pytest.mark.parametrize("seed", ["name", object(), [1, 2]])
def test_a_seed_that_is_no_number_costs_no_episode(tmp_path, monkeypatch, seed):
    class AnySeed(Odd):
        def reset(self, *, seed=None):
            return super().reset()

    env = AnySeed(SHAPES["five plain values"][0])
    record = Recorder(Settings(str(tmp_path), 0, 0, NO_FILMS, None, "training"), Filming(never))
    record.record(env, "AnySeed")
    env.reset(seed=seed)
    for _ in range(3):
        env.step(0)
    env.close()
    assert read(tmp_path).episodes.seeded.tolist() == [2]


class Batch(gymnasium.Env):
    """Several environments in one object, as ManiSkill and Isaac Lab have them: slot k lasts 2 + k steps."""

    observation_space = action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, num_envs=3, mode=None, array=np.asarray, within=False):
        self.num_envs, self.array, self.within = num_envs, array, within
        self.metadata = {} if mode is None else {"autoreset_mode": mode}
        self.at, self.given = np.zeros(num_envs, int), None

    def reset(self, *, seed=None, options=None):
        which = slice(None) if not options or "env_idx" not in options else options["env_idx"]
        self.at[which] = 0
        return self.at.copy(), {}

    def step(self, action):
        self.at += 1
        over = self.at == 2 + np.arange(self.num_envs)
        if self.within:
            self.at[over] = 0
        self.given = (
            self.at.copy(), self.array(np.ones(self.num_envs)), self.array(over),
            self.array(np.zeros(self.num_envs, bool)), {},
        )  # fmt: skip
        return self.given


def batch(tmp_path, monkeypatch, env, steps, options=lambda over: None):
    """Reset once, step, reset what `options` says; lengths by slot, of cut ones negative; what was said."""
    said: list[str] = []
    monkeypatch.setattr(attached, "_remark", said.append)
    record = Recorder(Settings(str(tmp_path), 0, 0, NO_FILMS, None, "training"), Filming(never))
    record.record(env, "Batch")
    env.reset(seed=7)
    for _ in range(steps):
        assert env.step(0) is env.given
        chosen = options(np.asarray(env.given[2]))
        if chosen is not None:
            env.reset(options=chosen)
    env.close()
    del record
    rows = read(tmp_path).episodes if list(tmp_path.iterdir()) else None
    slots = [[] for _ in range(env.num_envs)]
    for slot, length, end in zip(rows.slot, rows.length, rows.end, strict=True) if rows else ():
        slots[slot].append(int(length) if end < 16 else -int(length))
    return slots, said


def test_a_batch_that_says_how_it_resets_is_recorded_by_slot(tmp_path, monkeypatch):
    env = Batch(mode=gymnasium.vector.AutoresetMode.SAME_STEP, within=True)
    assert batch(tmp_path, monkeypatch, env, 6) == ([[2, 2, 2, 0], [3, 3, 0], [4, -2]], [])


def test_a_batch_whose_script_resets_the_slots_that_ended_is_recorded_by_slot(tmp_path, monkeypatch):
    def ended(over):
        return {"env_idx": over.nonzero()[0]} if over.any() else None

    slots, said = batch(tmp_path, monkeypatch, Batch(), 6, ended)
    assert (slots, said) == ([[2, 2, 2, 0], [3, 3, 0], [4, -2]], [])


def test_a_batch_that_does_not_say_is_recorded_as_far_as_it_is_known(tmp_path, monkeypatch):
    slots, said = batch(tmp_path, monkeypatch, Batch(within=True), 6)
    assert slots == [[2], [-2], [-2]]
    assert said == [
        "Batch is not recorded from here on: a slot was stepped on after its end, "
        "and metadata has no autoreset_mode to say what that means."
    ]


@pytest.mark.parametrize("array", [list, lambda values: Tensor(*values)], ids=["lists", "tensors"])
def test_a_batch_of_other_arrays_is_recorded_or_named(tmp_path, monkeypatch, array):
    slots, said = batch(tmp_path, monkeypatch, Batch(array=array), 2)
    if array is list:
        assert (slots, said) == ([[2], [-2], [-2]], [])
    else:  # this one has nothing that NumPy could read
        assert (slots, said[-1:]) == (
            [[], [], []],
            [
                "Batch is not recorded from here on: "
                "step gave an array of shape (3,) as terminated, not one for each of 3."
            ],
        )


@pytest.mark.parametrize("options", [7, {"reset_mask": "no"}, {"env_idx": 99}, object()])
def test_a_batch_gets_whatever_options_it_is_reset_with(tmp_path, monkeypatch, options):
    class Takes(Batch):
        def reset(self, *, seed=None, options=None):
            self.options = options
            return super().reset()

    env = Takes()
    batch(tmp_path, monkeypatch, env, 1, lambda over: options)
    assert env.options is options


def test_rewards_of_objects_are_numbers_all_the_same(tmp_path, monkeypatch):
    def objects(values):
        return values.astype(object) if values.dtype == float else values

    mode = gymnasium.vector.AutoresetMode.SAME_STEP
    env = Batch(mode=mode, within=True, array=objects)
    assert batch(tmp_path, monkeypatch, env, 2) == ([[2, 0], [-2], [-2]], [])
