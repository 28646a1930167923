"""Vector environments: every autoreset mode, against the same episodes played one by one."""

import gc
import json
import os
import weakref

import gymnasium
import numpy as np
import pytest
from environments import Countdown
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv, VectorEnv
from writing import packed

from monitorcli.attach.recorder import Recorder
from monitorcli.attach.settings import Settings
from monitorcli.format import log
from monitorcli.format.batch import seeds
from monitorcli.format.environment import Environment
from monitorcli.format.manifest import WriterFiles
from monitorcli.format.open_file import FollowedDirectory
from monitorcli.monitor import open_log
from monitorcli.monitor.vector_episode_recorder import VectorEpisodeRecorder
from monitorcli.monitor.writer import EpisodeWriter, Target
from monitorcli.recording import read
from monitorcli.video.filming import Filming
from monitorcli.video.options import NO_FILMS
from monitorcli.video.schedule import never

# The whole proof takes a thousand episodes each: EPISODES=1000 make test ARGS="-k oracle"
EPISODES = int(os.environ.get("EPISODES", "60"))
SLOTS = 5


def plan(slot, episode):
    """Length, reward a step, truncated or not, success: staggered, and different in every episode."""
    length = 1 + (7 * slot + 3 * episode + slot * episode) % 11
    return length, 0.5 + slot + 10 * episode, (slot + episode) % 3 == 0, (slot + episode) % 2 == 0


class Planned(Countdown):
    """Follows `plan`; the oracle is this environment, one slot after the other."""

    metadata = {"render_modes": []}

    def __init__(self, slot=0):
        super().__init__()
        self.slot = slot

    def step(self, action):
        self.at += 1
        length, reward, truncated, success = plan(self.slot, self.episode)
        over = self.at == length
        return self.at, reward, over and not truncated, over and truncated, {"is_success": success}


class PlannedVector(VectorEnv):
    """The same episodes by arrays, without an environment inside, in any autoreset mode."""

    single_observation_space = observation_space = Countdown.observation_space
    single_action_space = action_space = Countdown.action_space

    def __init__(self, num_envs, mode):
        self.num_envs, self.mode = num_envs, mode
        self.metadata = {"autoreset_mode": mode}
        self.episode = np.full(num_envs, -1)
        self.at = np.zeros(num_envs, int)
        self.over = np.zeros(num_envs, bool)

    def restart(self, mask):
        self.episode[mask] += 1
        self.at[mask] = 0
        self.over[mask] = False

    def reset(self, *, seed=None, options=None):
        mask = (options or {}).pop("reset_mask", np.ones(self.num_envs, bool))
        self.restart(mask)
        return self.at.copy(), {}

    def step(self, actions):
        resetting = self.over & (self.mode is AutoresetMode.NEXT_STEP)
        self.restart(resetting)
        self.at[~resetting] += 1
        planned = [plan(slot, episode) for slot, episode in enumerate(self.episode)]
        over = np.array([length for length, *_ in planned]) == self.at
        over &= ~resetting
        truncated = over & [truncated for _, _, truncated, _ in planned]
        rewards = np.where(resetting, 0.0, [reward for _, reward, _, _ in planned])
        success, known = np.array([success for *_, success in planned]), ~resetting
        infos = {"is_success": success, "_is_success": known}
        if self.mode is AutoresetMode.SAME_STEP:
            infos = {"final_info": {"is_success": success & over, "_is_success": over}, "_final_info": over}
            self.restart(over)
        self.over = over
        return self.at.copy(), rewards, over & ~truncated, truncated, infos


def recorder(directory, **changes):
    asked = Settings(str(directory), 0, 0, NO_FILMS, None, "training")._replace(**changes)
    return Recorder(asked, Filming(never))


def made(kind, mode, record):
    """A vector environment whose slots are recorded by `record`, one of `Recorder`."""

    def one(slot):
        env = Planned(slot)
        record.record(env, "Planned")
        return env

    if kind == "native":
        env = PlannedVector(SLOTS, mode)
        record.record_vector(env, "Planned")
        return env
    factory = SyncVectorEnv if kind == "sync" else AsyncVectorEnv
    return factory([lambda slot=slot: one(slot) for slot in range(SLOTS)], autoreset_mode=mode)


def run(env, mode, episodes):
    """Step until so many episodes have ended; the number of ends of each slot."""
    env.reset(seed=[100 + slot for slot in range(SLOTS)])
    ends = np.zeros(SLOTS, int)
    while ends.sum() < episodes:
        _, _, terminated, truncated, _ = env.step(np.zeros(SLOTS, int))
        over = terminated | truncated
        ends += over
        if mode is AutoresetMode.DISABLED and over.any():
            env.reset(options={"reset_mask": over})
    env.close()
    return ends


def oracle(ends):
    """What the episodes of each slot must be, from the plain environment alone."""
    rows = set()
    for slot, count in enumerate(ends):
        env = Planned(slot)
        for episode in range(count):
            env.reset()
            total, length, over = 0.0, 0, False
            while not over:
                _, reward, terminated, truncated, info = env.step(0)
                total, length, over = total + reward, length + 1, terminated or truncated
            end = log.END_TERMINATED if terminated else log.END_TRUNCATED
            seed = 100 + slot if episode == 0 else None
            rows.add((slot, total, length, end, int(info["is_success"]), seed))
    return rows


@pytest.mark.parametrize("mode", list(AutoresetMode), ids=lambda mode: mode.name)
@pytest.mark.parametrize("kind", ["sync", "async", "native"])
def test_every_episode_is_the_oracles(tmp_path, kind, mode):
    record = recorder(tmp_path)
    env = made(kind, mode, record)
    ends = run(env, mode, EPISODES)
    del record
    episodes = read(tmp_path).episodes
    ended = episodes.end < log.CUT_RESET
    found = [
        (slot, total, length, end, success, seed if seeded else None)
        for slot, total, length, end, success, seed, seeded in zip(
            *(
                getattr(episodes, name)[ended].tolist()
                for name in ("slot", "episode_return", "length", "end", "success", "seed", "seeded")
            ),
            strict=True,
        )
    ]
    assert len(found) == ends.sum() >= EPISODES
    assert set(found) == oracle(ends)
    assert set(episodes.end[~ended].tolist()) <= {log.CUT_CLOSED}  # nobody reset early


def test_native_slots_share_one_family_and_one_write_a_call(tmp_path, monkeypatch):
    record = recorder(tmp_path)
    env = PlannedVector(SLOTS, AutoresetMode.SAME_STEP)
    record.record_vector(env, "Planned")
    written = []
    write = os.write
    count = lambda file, data: written.append(len(data)) or write(file, data)  # noqa: E731
    monkeypatch.setattr(open_log, "_write", count)
    env.reset()
    written.clear()
    overs = [env.step(None)[2:4] for _ in range(20)]
    assert len(written) == sum(bool((terminated | truncated).any()) for terminated, truncated in overs)
    assert sum(written) % log.SIZE == 0
    assert len(list(tmp_path.glob("*.npy"))) == 1


@pytest.mark.parametrize("vector", [False, True])
def test_an_environment_that_is_dropped_in_an_episode_is_collected(tmp_path, vector):
    env = PlannedVector(SLOTS, AutoresetMode.SAME_STEP) if vector else Countdown((5,))
    recorder(tmp_path).record(env, "Dropped")
    env.reset()
    env.step(0)
    gone = weakref.ref(env)
    del env
    gc.collect()
    assert gone() is None


def test_a_masked_reset_touches_only_its_slots_and_gets_its_mask_back(tmp_path):
    record = recorder(tmp_path)
    env = PlannedVector(SLOTS, AutoresetMode.DISABLED)
    record.record_vector(env, "Planned")
    env.reset(seed=9)
    env.step(None)
    options = {"reset_mask": np.array([True, False, False, True, False])}
    env.reset(options=options)
    assert options == {}  # this environment pops it, as Gymnasium's SyncVectorEnv does
    env.close()
    episodes = read(tmp_path).episodes
    cut = [
        (slot, length)
        for slot, length, end in zip(episodes.slot, episodes.length, episodes.end, strict=True)
        if end == log.CUT_RESET
    ]
    assert cut == [(3, 1)]  # slot 0 had ended by itself
    assert episodes.seed[episodes.seeded == 1].tolist() == [9] * SLOTS


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("mode", list(AutoresetMode), ids=lambda mode: mode.name)
def test_a_reset_at_any_moment_of_any_slots_cuts_what_ran_and_begins_anew(tmp_path, mode, seed):
    """Against a count by hand, slot by slot; some are just over, or not reset yet, when the reset comes."""
    random = np.random.default_rng(seed)
    record = recorder(tmp_path)
    env = PlannedVector(SLOTS, mode)
    record.record_vector(env, "Planned")
    expected = [[] for _ in range(SLOTS)]
    running = {}  # of a slot with an episode: length, return, seed
    started = set()  # slots that were reset once

    def over(slot, end):
        expected[slot].append((*running.pop(slot), end))

    for move in range(150):
        if move == 2 or (move > 2 and random.random() < 0.2):
            mask = random.random(SLOTS) < 0.6
            given = [None, 7, [70 + slot for slot in range(SLOTS)]][random.integers(3)]
            env.reset(seed=given, options=None if mask.all() else {"reset_mask": mask.copy()})
            for slot in mask.nonzero()[0].tolist():
                if slot in running:
                    over(slot, log.CUT_RESET)
                running[slot] = [0, 0.0, given[slot] if isinstance(given, list) else given]
            started |= set(running)
            continue
        resetting = env.over & (mode is AutoresetMode.NEXT_STEP)
        _, rewards, terminated, truncated, _ = env.step(None)
        for slot in range(SLOTS):
            if resetting[slot] and slot in started:
                running[slot] = [0, 0.0, None]
            elif slot in running:
                running[slot][0] += 1
                running[slot][1] += rewards[slot]
                if terminated[slot] or truncated[slot]:
                    over(slot, log.END_TERMINATED if terminated[slot] else log.END_TRUNCATED)
                    if mode is AutoresetMode.SAME_STEP:
                        running[slot] = [0, 0.0, None]
    env.close()
    for slot in list(running):
        over(slot, log.CUT_CLOSED)
    found = [[] for _ in range(SLOTS)]
    rows = np.sort(log.read(next(tmp_path.glob("*.npy"))), order="number")
    assert rows["number"].tolist() == list(range(len(rows)))
    for row in rows:
        given = int(row["seed"]) if row["seeded"] else None
        found[row["slot"]].append((int(row["length"]), float(row["return"]), given, int(row["end"])))
    assert found == expected


@pytest.mark.parametrize("mode", list(AutoresetMode), ids=lambda mode: mode.name)
def test_closing_cuts_what_runs_and_nothing_else(tmp_path, mode):
    record = recorder(tmp_path)
    env = PlannedVector(SLOTS, mode)
    record.record_vector(env, "Planned")
    env.reset()
    over = env.step(None)[2:4]
    ended = int((over[0] | over[1]).sum())
    env.close()
    ends = read(tmp_path).episodes.end
    running = SLOTS if mode is AutoresetMode.SAME_STEP else SLOTS - ended
    assert int((ends == log.CUT_CLOSED).sum()) == running
    assert int((ends < log.CUT_RESET).sum()) == ended


@pytest.mark.parametrize("seed", [1 << 100, [(1 << 100) + slot for slot in range(SLOTS)]])
def test_a_seed_of_up_to_128_bits_is_kept_of_the_first_episode(tmp_path, seed):
    record = recorder(tmp_path)
    env = PlannedVector(SLOTS, AutoresetMode.SAME_STEP)
    record.record_vector(env, "Planned")
    env.reset(seed=seed)
    env.reset()
    env.close()
    episodes = read(tmp_path).episodes
    found = seeds(episodes.seed, episodes.seed_high, episodes.seeded)
    assert found == [*(seed if isinstance(seed, list) else [seed] * SLOTS), *[None] * SLOTS]


@pytest.mark.parametrize("mode", list(AutoresetMode), ids=lambda mode: mode.name)
def test_the_autoreset_mode_may_be_given_by_its_value(tmp_path, mode):
    record = recorder(tmp_path)
    env = PlannedVector(SLOTS, mode)
    env.metadata = {"autoreset_mode": mode.value}
    record.record_vector(env, "Planned")
    ends = run(env, mode, EPISODES)
    episodes = read(tmp_path).episodes
    ended = episodes.end < log.CUT_RESET
    assert np.bincount(episodes.slot[ended]).tolist() == ends.tolist()
    found = set(zip(episodes.slot[ended].tolist(), episodes.length[ended].tolist(), strict=True))
    assert found == {(row[0], row[2]) for row in oracle(ends)}


@pytest.mark.parametrize("said", ["a dictionary a slot", "objects", "not of every slot"])
def test_success_is_read_however_the_infos_are_laid_out(tmp_path, said):
    class Told(PlannedVector):
        def step(self, actions):
            *result, infos = super().step(actions)
            success, over = infos["final_info"]["is_success"], infos["_final_info"]
            if said == "a dictionary a slot":  # as before Gymnasium 1.0
                final = [
                    {"is_success": bool(one)} if ended else None
                    for one, ended in zip(success, over, strict=True)
                ]
                final[2] = {"lives": 3} if over[2] else "nothing"
                infos = {"final_info": np.array(final, dtype=object)}
            elif said == "objects":
                found = [bool(one) if ended else None for one, ended in zip(success, over, strict=True)]
                infos = {"final_info": {"is_success": np.array(found, dtype=object)}}
            else:
                known = over & (np.arange(SLOTS) != 2)
                infos = {"final_info": {"is_success": success, "_is_success": known}}
            return *result, infos

    record = recorder(tmp_path)
    env = Told(SLOTS, AutoresetMode.SAME_STEP)
    record.record_vector(env, "Planned")
    ends = run(env, env.mode, EPISODES)
    episodes = read(tmp_path).episodes
    ended = episodes.end < log.CUT_RESET
    names = ("slot", "episode_return", "success")
    found = set(zip(*(getattr(episodes, name)[ended].tolist() for name in names), strict=True))
    untold = None if said == "objects" else 2
    assert found == {(row[0], row[1], -1 if row[0] == untold else row[4]) for row in oracle(ends)}


def test_lists_tensors_and_odd_shapes_are_counted_too(tmp_path):
    class Tensor:
        """As torch's on a graphics card: an array only once it is detached and on the processor."""

        def __init__(self, values, where="cuda"):
            self.values, self.where = values, where

        def detach(self):
            return self

        def cpu(self):
            return Tensor(self.values, "cpu")

        def __array__(self, dtype=None, copy=None):
            assert self.where == "cpu"
            return np.asarray(self.values, dtype)

    class Odd(PlannedVector):
        def step(self, actions):
            observation, rewards, terminated, truncated, infos = super().step(actions)
            return observation, Tensor(rewards.reshape(-1, 1)), terminated.tolist(), Tensor(truncated), infos

    record = recorder(tmp_path)
    env = Odd(SLOTS, AutoresetMode.NEXT_STEP)
    record.record_vector(env, "Planned")
    ends = np.zeros(SLOTS, int)
    env.reset(seed=[100 + slot for slot in range(SLOTS)])
    for _ in range(40):
        result = env.step(None)
        ends += np.array(result[2]) | result[3].values
    env.close()
    episodes = read(tmp_path).episodes
    found = set(
        zip(episodes.slot.tolist(), episodes.episode_return.tolist(), episodes.length.tolist(), strict=True)
    )
    assert {row[:3] for row in oracle(ends)} <= found


def test_the_results_are_the_environments_own_objects(tmp_path):
    result = (object(), np.ones(SLOTS), np.zeros(SLOTS, bool), np.zeros(SLOTS, bool), {})

    class Fixed(PlannedVector):
        def step(self, actions):
            return result

    record = recorder(tmp_path)
    env = Fixed(SLOTS, AutoresetMode.NEXT_STEP)
    record.record_vector(env, "Fixed")
    env.reset()
    assert env.step(None) is result
    assert (result[1] == 1).all()
    assert result[4] == {}


def test_65536_slots_are_one_family(tmp_path):
    record = recorder(tmp_path)
    env = PlannedVector(1 << 16, AutoresetMode.SAME_STEP)
    env.step = lambda actions: (
        None,
        np.ones(1 << 16),
        np.arange(1 << 16) % 7 == 0,
        np.zeros(1 << 16, bool),
        {},
    )
    record.record_vector(env, "Wide")
    env.reset()
    for _ in range(2):
        env.step(None)
    assert len(log.read(next(tmp_path.glob("*.npy")))) == 2 * len(range(0, 1 << 16, 7))
    assert len(list(tmp_path.glob("*.npy"))) == 1
    env.close()


def test_asynchronous_workers_keep_their_slot_numbers(tmp_path):
    record = recorder(tmp_path)
    env = made("async", AutoresetMode.NEXT_STEP, record)
    run(env, AutoresetMode.NEXT_STEP, SLOTS)
    assert set(read(tmp_path).episodes.slot.tolist()) == set(range(SLOTS))


def test_an_environment_that_gymnasium_knows_is_recorded_by_its_id(tmp_path):
    record = recorder(tmp_path)
    env = gymnasium.make_vec("CartPole-v1", num_envs=2)
    record.record_vector(env)
    env.reset(seed=1)
    for _ in range(30):
        env.step(np.zeros(2, int))
    env.close()
    assert read(tmp_path).env_ids == ("CartPole-v1",)


def test_a_batch_that_the_disk_refuses_is_tried_again_when_it_would_be_full_again(tmp_path, monkeypatch):
    monkeypatch.setattr("monitorcli.monitor.writer.BATCH", 3)
    tried, write = [], WriterFiles.write

    def refuse(files, part, durable=True):
        if files.directory != tmp_path:  # an environment of another test that is collected now
            return write(files, part, durable)
        tried.append(len(part.records))
        raise OSError(28, "No space left on device")

    remarks = []
    writer = EpisodeWriter(Target(FollowedDirectory(tmp_path), 0), Environment("x", "1"), remarks.append)
    with monkeypatch.context() as full:
        full.setattr(WriterFiles, "write", refuse)
        for number in range(8):
            writer.append(packed(number))
    assert (tried, len(remarks)) == ([3, 6], 1)
    writer.append(packed(8))
    writer.close()
    batches = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("*.stats.json"))]
    assert sorted(len(batch["timestamps"]) for batch in batches) == [0, 9]


def test_times_are_those_of_the_clock_at_the_first_and_the_last_step(tmp_path):
    clock = iter([10.0, 12.5, 14.0, 20.0])
    writer = EpisodeWriter(Target(FollowedDirectory(tmp_path), 0), Environment("x", "1"), pytest.fail)
    writer.epoch = 1.7e9
    slots = VectorEpisodeRecorder(3, lambda: writer, b"t", pytest.fail, lambda: next(clock))
    one, no = np.array([1]), np.zeros(3, bool)
    slots.begin(np.arange(3), 0)
    slots.end(one, 4, ~no, no, None)
    slots.begin(one, 4)
    slots.end_incomplete(np.arange(3), 9, log.CUT_CLOSED)
    writer.close()
    records = writer.records()
    found = zip(
        *(records[name].tolist() for name in ("slot", "started_at", "duration", "length")), strict=True
    )
    assert list(found) == [
        (1, 1.7e9 + 10, 2.5, 4),
        (0, 1.7e9 + 10, 10, 9),
        (1, 1.7e9 + 14, 6, 5),
        (2, 1.7e9 + 10, 10, 9),
    ]
