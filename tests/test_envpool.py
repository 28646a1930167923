"""EnvPool, by a stand-in of its shape: rows of any slots, in any order, from `step` or from `recv`."""

import gc
import shutil
import sys
import weakref
from pathlib import Path

import numpy as np
import pools
import pytest
from commands import monitorcli, recorded, script
from test_vector import EPISODES, SLOTS, recorder

from monitorcli.format import log
from monitorcli.recording import read

PLAY = """
import envpool
env = envpool.make("Planned-v0", {env_type!r}, num_envs=3)
env.reset()
for _ in range(20):
    env.step(None)
"""


def steps(pool):
    """Rows of all slots, time and again."""
    pool.reset()
    while True:
        yield pool.step(None)


def some_steps(pool):
    """Rows of some slots."""
    pool.reset()
    while True:
        chosen = pool.random.permutation(SLOTS)[: 1 + pool.random.integers(SLOTS)]
        yield pool.step(None, chosen)


def batches(pool):
    """The asynchronous way; with `batch_size` rows of any slots."""
    pool.async_reset()
    while True:
        result = pool.recv()
        yield result
        pool.send(None, result[-1]["env_id"])


def oracle(ends):
    rows = set()
    for slot, count in enumerate(ends):
        for episode in range(count):
            length, reward, truncated, success = pools.plan(slot, episode)
            end = log.END_TRUNCATED if truncated else log.END_TERMINATED
            rows.add((slot, length * reward, length, end, int(success)))
    return rows


def record(directory, pool, seed=None):
    recorder(directory).record_pool(pool, "Planned-v0", seed)
    return pool


@pytest.mark.parametrize("lives", [1, 3])
@pytest.mark.parametrize(
    ("play", "batch_size"), [(steps, None), (some_steps, None), (batches, None), (batches, 2)]
)
def test_every_episode_is_the_oracles(tmp_path, play, batch_size, lives):
    pool = record(tmp_path, pools.Pool(SLOTS, batch_size, lives))
    ends = np.zeros(SLOTS, int)
    for _, _, terminated, truncated, infos in play(pool):
        ends[infos["env_id"]] += terminated | truncated
        if ends.sum() >= EPISODES:
            break
    pool.close()
    episodes = read(tmp_path).episodes
    names = ("slot", "episode_return", "length", "end", "success")
    ended = episodes.end < log.CUT_RESET
    found = list(zip(*(getattr(episodes, name)[ended].tolist() for name in names), strict=True))
    assert len(found) == ends.sum()
    assert set(found) == oracle(ends)
    assert set(episodes.end[~ended].tolist()) <= {log.CUT_CLOSED}  # nobody reset early


@pytest.mark.parametrize(("seed", "seeds"), [(3, [3] * SLOTS), (list(range(SLOTS)), range(SLOTS))])
def test_the_first_episode_of_each_slot_has_the_seed_the_pool_was_made_with(tmp_path, seed, seeds):
    pool = record(tmp_path, pools.Pool(SLOTS), seed)
    for _ in range(2):
        pool.reset()
    pool.close()
    episodes = read(tmp_path).episodes
    assert episodes.seeded.tolist() == [1] * SLOTS + [0] * SLOTS
    assert sorted(episodes.seed[:SLOTS].tolist()) == list(seeds)


def test_an_early_reset_of_some_slots_cuts_those_alone(tmp_path):
    pool = record(tmp_path, pools.Pool(3))
    pool.reset()
    pool.step(None, np.array([1, 2]))
    pool.reset(np.array([2]))
    pool.close()
    episodes = read(tmp_path).episodes
    found = zip(episodes.slot.tolist(), episodes.length.tolist(), episodes.end.tolist(), strict=True)
    closed = log.CUT_CLOSED
    assert sorted(found) == [(0, 0, closed), (1, 1, closed), (2, 0, closed), (2, 1, log.CUT_RESET)]


@pytest.mark.parametrize(
    ("seen", "missed", "lengths", "unknown"), [(1, 1, [8, 1, 5], [0]), (7, 5, [7, 5, 9], [1])]
)
def test_rows_that_went_past_cost_the_return_of_their_episode_and_no_other(
    tmp_path, seen, missed, lengths, unknown
):
    pool = record(tmp_path, pools.Pool(2))
    pool.reset()
    for _ in range(seen):
        pool.step(None)
    for _ in range(missed):  # in the second case the end of the first episode, and the whole of the next
        pool.send(None, np.array([1]))
        pools.Pool.recv(pool)
    for _ in range(30):
        pool.step(None)
    pool.close()
    episodes = read(tmp_path).episodes
    mine = episodes.slot == 1
    assert episodes.length[mine][:3].tolist() == lengths
    assert np.isnan(episodes.episode_return[mine]).nonzero()[0].tolist() == unknown
    assert not np.isnan(episodes.episode_return[~mine]).any()


def test_results_pass_through_and_nothing_holds_on_to_the_pool(tmp_path):
    result = (object(), {"env_id": np.arange(2), "elapsed_step": np.zeros(2)})

    class Fixed(pools.Pool):
        def recv(self, reset=False):
            return result

    pool = record(tmp_path, Fixed(2))
    assert pool.reset() is result
    gone = weakref.ref(pool)
    gc.disable()
    try:
        del pool
        assert gone() is None
    finally:
        gc.enable()
    assert read(tmp_path).episodes.end.tolist() == [log.CUT_CLOSED] * 2


def started(folder, *options, env_type="gymnasium", text=PLAY):
    package = folder / "envpool"
    package.mkdir()
    (package / "__init__.py").write_text("from envpool.registration import make\n")
    shutil.copy(Path(pools.__file__), package / "registration.py")
    name = script(folder, text.format(env_type=env_type))
    return monitorcli("start", "runs", *options, "--", sys.executable, name, cwd=folder)


def test_a_script_that_uses_it_is_recorded_by_the_tasks_id_and_told_that_it_cannot_be_filmed(tmp_path):
    done = started(tmp_path, "--video", "all")
    assert done.returncode == 0
    assert "no video of Planned-v0: EnvPool steps all its environments as one." in done.stderr
    rows = recorded("runs", tmp_path)
    assert {row["slot"] for row in rows} == {"0", "1", "2"}
    assert "Planned-v0, " in done.stderr


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"env_type": "dm"}, 'Planned-v0 of EnvPool, made with env_type="dm"; with "gymnasium" it is.'),
        ({"text": PLAY.replace("=3", "=3, max_num_players=2")}, "Planned-v0 of EnvPool, which has several"),
        (
            {"text": PLAY.replace("env.reset()", "env.xla()\nraise SystemExit")},
            "what Planned-v0 does in the functions",
        ),
        ({"text": PLAY.replace("env.reset()", "raise SystemExit")}, "Planned-v0 was made, but no episode"),
    ],
)
def test_what_is_not_recorded_is_said(tmp_path, changes, said):
    done = started(tmp_path, "--video", "none", **changes)
    assert done.returncode == 5
    assert said in done.stderr
    assert "gymnasium.make was never called" not in done.stderr


def test_a_directory_that_is_removed_is_said_once_and_the_script_goes_on(tmp_path):
    text = PLAY.replace("env.reset()", "__import__('shutil').rmtree('runs')\nenv.reset()") + "print('done')\n"
    done = started(tmp_path, "--video", "none", text=text)
    assert done.stdout == "done\n", done.stderr
    assert done.stderr.count("No such file or directory") == 1, done.stderr


def test_skip_leaves_it_out(tmp_path):
    done = started(tmp_path, "--skip", "Planned*")
    assert "--only and --skip left out all there was: Planned-v0." in done.stderr
