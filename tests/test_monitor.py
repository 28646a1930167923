"""The Monitor class: Gym's arguments and their meaning, one promise a test."""

import gc
import json
import subprocess
import sys
import time
import warnings

import gymnasium
import numpy as np
import pytest
from environments import Countdown, play
from writing import packed, write

from monitorcli import Monitor, load_results
from monitorcli.errors import BadRequest, DirectoryInUse, DirectoryUnusable
from monitorcli.format import log
from monitorcli.recording import read


def countdown(lengths=(3,), **kwargs):
    return gymnasium.make("Countdown-v0", lengths=lengths, **kwargs)


def names(directory, part):
    return sorted(path.name for path in directory.iterdir() if part in path.name)


def filmed(directory):
    return [json.loads(path.read_text())["episode_id"] for path in sorted(directory.glob("*.meta.json"))]


def test_directory_is_made_with_its_parents(tmp_path):
    with Monitor(countdown(), tmp_path / "runs" / "a", video_callable=False) as env:
        play(env)
    assert load_results(tmp_path / "runs" / "a")["episode_lengths"] == [3]


def test_a_file_in_the_way_of_the_directory_is_an_error(tmp_path):
    (tmp_path / "runs").touch()
    with pytest.raises(DirectoryUnusable, match="a file is in the way"):
        Monitor(countdown(), tmp_path / "runs" / "a")


def test_video_callable_none_films_cubes_and_every_thousandth_episode(tmp_path):
    with Monitor(countdown((1,), render_mode="ansi"), tmp_path) as env:
        play(env, 2001)
    assert filmed(tmp_path) == [0, 1, 8, 27, 64, 125, 216, 343, 512, 729, 1000, 2000]


def test_video_callable_false_films_nothing_and_never_renders(tmp_path):
    env = countdown(render_mode="rgb_array")
    with Monitor(env, tmp_path, video_callable=False) as monitor:
        play(monitor, 9)
    assert filmed(tmp_path) == []
    assert env.unwrapped.rendered == 0


def test_video_callable_function_chooses_by_episode_number(tmp_path):
    with Monitor(countdown(render_mode="ansi"), tmp_path, video_callable=lambda n: n in (2, 3)) as env:
        play(env, 5)
    assert filmed(tmp_path) == [2, 3]


@pytest.mark.parametrize(("value", "kind"), [(True, "bool"), (3, "int"), ("cubic", "str")])
def test_video_callable_of_any_other_kind_is_an_error_that_names_it(tmp_path, value, kind):
    with pytest.raises(BadRequest) as raised:
        Monitor(countdown(), tmp_path / "a", video_callable=value)
    assert str(raised.value) == (
        f"video_callable must be a function of the episode number, None or False, not {value!r} ({kind})."
    )
    assert not (tmp_path / "a").exists()


def test_force_removes_our_files_and_nothing_else(tmp_path):
    with Monitor(countdown(), tmp_path, video_callable=False) as env:
        play(env, 3)
    (tmp_path / "openaigym.anything").touch()
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "openaigym").mkdir()
    with Monitor(countdown(), tmp_path, video_callable=False, force=True) as env:
        play(env)
    assert load_results(tmp_path)["episode_lengths"] == [3]
    assert names(tmp_path, "") == sorted(
        [
            "notes.txt",
            "openaigym",
            *(
                name
                for name in names(tmp_path, "")
                if name.startswith("openaigym.") and name != "openaigym.anything"
            ),
        ]
    )
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_resume_goes_on_with_numbering_schedule_and_totals(tmp_path):
    with Monitor(countdown((1, 2), render_mode="ansi"), tmp_path) as env:
        play(env, 5)
    with Monitor(countdown((3, 4), render_mode="ansi"), tmp_path, resume=True) as env:
        play(env, 4)
        assert env.get_episode_lengths() == [1, 2, 1, 2, 1, 3, 4, 3, 4]
        assert env.get_episode_rewards() == [1, 2, 1, 2, 1, 3, 4, 3, 4]
        assert env.get_total_steps() == 21
    assert sorted(filmed(tmp_path)) == [0, 1, 8]
    assert read(tmp_path).episodes.length.tolist() == [1, 2, 1, 2, 1, 3, 4, 3, 4]
    assert load_results(tmp_path)["episode_lengths"] == [1, 2, 1, 2, 1, 3, 4, 3, 4]


def test_resume_goes_on_from_gyms_files_and_from_several_of_ours(tmp_path):
    """What was cut counts as begun, and is in no list; what cannot be read costs nothing but itself."""
    runs = tmp_path / "runs"
    runs.mkdir()
    gym = {"timestamps": [1.0, 2.0, 3.0], "episode_lengths": [5, 6, 7], "episode_rewards": [50, None, 70.5]}
    for path in (runs / "openaigym.episode_batch.0.1.stats.json", tmp_path / "elsewhere"):
        path.write_text(json.dumps(gym))
    for number, stats in enumerate(
        ["openaigym.episode_batch.0.1.stats.json", "openaigym.gone", "../elsewhere", 7]
    ):
        named = {"stats": stats, "videos": [], "env_info": {"env_id": "x", "gym_version": "0.9"}}
        (runs / f"openaigym.manifest.0.{number}.manifest.json").write_text(json.dumps(named))
    (runs / "openaigym.episode_log.0.broken.npy").write_bytes(b"no log")
    write(runs, packed(3, 1.0, length=1), packed(4, 2.0, end=log.CUT_RESET), packed(5, 3.0, length=3))
    write(runs, packed(6, 4.0, length=4), packed(7, 5.0, end=log.CUT_CLOSED))
    with Monitor(countdown((2,)), runs, resume=True, video_callable=False) as env:
        play(env)
        assert sorted(env.get_episode_lengths()) == [1, 2, 3, 4, 5, 6, 7]
        assert np.nansum(env.get_episode_rewards()) == 1 + 2 + 3 + 4 + 50 + 70.5
        assert np.isnan(env.get_episode_rewards()).sum() == 1
        assert env.get_total_steps() == 28
        newest = max(runs.glob("*.npy"), key=lambda path: path.stat().st_mtime_ns)
        assert log.read(newest)["number"].tolist() == [3 + 3 + 2]


def test_resume_goes_on_from_a_long_log(tmp_path):
    write(tmp_path, uid="u").close()
    count = 70_000
    with open(tmp_path / "openaigym.episode_log.0.u.npy", "ab") as file:
        file.write(packed(0, length=2) * count)
    with Monitor(countdown((3,)), tmp_path, resume=True, video_callable=False, uid="v") as env:
        play(env)
        assert env.get_total_steps() == 2 * count + 3
    assert log.read(tmp_path / "openaigym.episode_log.0.v.npy")["number"].tolist() == [count]


def test_a_used_directory_is_an_error_that_names_up_to_five_manifests(tmp_path):
    for number in range(7):
        Monitor(countdown(), tmp_path, video_callable=False, resume=True, uid=f"u{number}").close()
    with pytest.raises(DirectoryInUse) as raised:
        Monitor(countdown(), tmp_path)
    listed = ", ".join(f"openaigym.manifest.0.u{number}.manifest.json" for number in range(5))
    assert str(raised.value) == f"{tmp_path} already holds a recording ({listed} and 2 more)."


def test_write_upon_reset_keeps_batch_and_manifest_current(tmp_path):
    env = Monitor(countdown((2, 5)), tmp_path, video_callable=False, write_upon_reset=True, uid="u")
    for count in range(250):
        env.reset()
        batches = sorted(tmp_path.glob("*.stats.json"))
        assert sum(len(json.loads(path.read_text())["episode_lengths"]) for path in batches) == count
        for path in tmp_path.glob("openaigym.manifest.*"):
            assert (tmp_path / json.loads(path.read_text())["stats"]).exists()
        while not env.step(0)[2]:
            pass
    env.close()


def test_with_write_upon_reset_the_films_of_finished_episodes_are_listed(tmp_path, frames):
    env = Monitor(
        countdown(render_mode="rgb_array"),
        tmp_path,
        video_callable=lambda number: True,
        write_upon_reset=True,
    )
    for count in range(4):
        env.reset()
        (manifest,) = tmp_path.glob("openaigym.manifest.*")
        assert len(json.loads(manifest.read_text())["videos"]) == count
        while not env.step(0)[2]:
            pass
    env.close()


def test_without_write_upon_reset_the_log_still_has_every_finished_episode(tmp_path):
    env = Monitor(countdown((2, 5)), tmp_path, video_callable=False)
    for count in range(1, 4):
        play(env)
        assert len(log.read(next(tmp_path.glob("*.npy")))) == count
    env.close()


def test_uid_is_part_of_the_file_names_dots_included(tmp_path):
    with Monitor(countdown(render_mode="ansi"), tmp_path, uid="host.7") as env:
        play(env)
    assert names(tmp_path, ".0.") == [
        "openaigym.episode_batch.0.host.7.stats.json",
        "openaigym.episode_log.0.host.7.npy",
        "openaigym.manifest.0.host.7.manifest.json",
        "openaigym.video.0.host.7.video000000.cast",
        "openaigym.video.0.host.7.video000000.meta.json",
    ]


@pytest.mark.parametrize("uid", ["", "a/b", "a\\b", "../up", "a\0b", "x" * 101, "é" * 51, "a.batch000001"])
def test_uid_that_cannot_name_a_file_is_refused(tmp_path, uid):
    with pytest.raises(BadRequest, match="uid"):
        Monitor(countdown(), tmp_path, uid=uid)
    assert names(tmp_path, "") == []


def test_uid_used_before_never_overwrites(tmp_path):
    for length in (3, 4, 5):
        with Monitor(countdown((length,)), tmp_path, video_callable=False, uid="same", resume=True) as env:
            play(env)
    assert load_results(tmp_path)["episode_lengths"] == [3, 4, 5]
    assert names(tmp_path, "same.npy") == [f"openaigym.episode_log.{n}.same.npy" for n in range(3)]


def test_a_uid_may_have_a_hundred_bytes(tmp_path):
    with Monitor(countdown(), tmp_path, video_callable=False, uid="é" * 50) as env:
        play(env)
    assert load_results(tmp_path)["episode_lengths"] == [3]


def test_mode_is_fixed_when_the_episode_begins_and_settable_between(tmp_path):
    with Monitor(countdown(), tmp_path, video_callable=False, mode="evaluation") as env:
        assert env.mode == "evaluation"
        play(env)
        env.mode = "training"
        env.reset()
        env.set_monitor_mode("evaluation")
        while not env.step(0)[2]:
            pass
        play(env)
    assert load_results(tmp_path)["episode_types"] == ["e", "t", "e"]


def test_mode_of_any_other_name_is_an_error(tmp_path):
    with pytest.raises(BadRequest, match="mode must be 'training' or 'evaluation', not 'test'"):
        Monitor(countdown(), tmp_path / "a", mode="test")
    with Monitor(countdown(), tmp_path / "b", video_callable=False) as env, pytest.raises(BadRequest):
        env.mode = "e"


def test_close_is_idempotent_and_closes_the_environment_once(tmp_path):
    env = countdown()
    closed = []
    env.close = lambda: closed.append(True)
    monitor = Monitor(env, tmp_path, video_callable=False)
    play(monitor)
    monitor.close()
    monitor.close()
    assert closed == [True]
    assert read(tmp_path).runs[0].state == "complete"


def test_garbage_collection_closes_the_recording(tmp_path):
    env = Monitor(countdown(), tmp_path, video_callable=False)
    play(env)
    env.reset()
    env.step(0)
    del env
    gc.collect()
    recording = read(tmp_path)
    assert recording.runs[0].state == "complete"
    assert recording.episodes.end.tolist() == [log.END_TERMINATED, log.CUT_CLOSED]


def test_the_end_of_the_interpreter_closes_the_recording(tmp_path):
    script = (
        "import gymnasium, monitorcli\n"
        f"env = monitorcli.Monitor(gymnasium.make('CartPole-v1'), {str(tmp_path)!r}, video_callable=False)\n"
        "env.reset()\nenv.step(0)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    recording = read(tmp_path)
    assert recording.runs[0].state == "complete"
    assert recording.episodes.end.tolist() == [log.CUT_CLOSED]


def test_totals_are_those_of_complete_episodes(tmp_path):
    with Monitor(countdown((2, 4)), tmp_path, video_callable=False) as env:
        play(env, 2)
        env.reset()
        env.step(0)
        assert (env.get_total_steps(), env.get_episode_rewards(), env.get_episode_lengths()) == (
            6,
            [2, 4],
            [2, 4],
        )


def test_true_reward_in_info_is_what_counts(tmp_path):
    class Shaped(Countdown):
        def step(self, action):
            observation, reward, terminated, truncated, _ = super().step(action)
            return observation, reward, terminated, truncated, {"true_reward": 10.0}

    with (
        pytest.warns(RuntimeWarning, match="no spec"),
        Monitor(Shaped((3,)), tmp_path, video_callable=False) as env,
    ):
        play(env)
        assert env.get_episode_rewards() == [30.0]


@pytest.mark.parametrize("key", ["autoreset", "semantics.autoreset"])
def test_an_environment_that_resets_itself_needs_one_reset(tmp_path, key):
    class Restless(Countdown):
        metadata = {**Countdown.metadata, key: True}

        def step(self, action):
            result = super().step(action)
            if result[2]:
                self.reset()
            return result

    with pytest.warns(RuntimeWarning, match="no spec"):
        env = Monitor(Restless((2, 3), render_mode="ansi"), tmp_path, video_callable=lambda n: True)
    env.reset(seed=5)
    for _ in range(2 + 3 + 2):
        env.step(0)
    env.close()
    episodes = read(tmp_path).episodes
    assert episodes.length.tolist() == [2, 3, 2, 0]
    assert episodes.seeded.tolist() == [1, 0, 0, 0]


def test_gyms_autoreset_wrapper_resets_within_the_step(tmp_path):
    """Gym 0.26's and Gymnasium 0.29's, known by its name; here beneath another wrapper."""

    class AutoResetWrapper(gymnasium.Wrapper):
        __module__ = "gymnasium.wrappers.autoreset"

        def step(self, action):
            result = self.env.step(action)
            if result[2]:
                self.env.reset()
            return result

    inner = AutoResetWrapper(countdown((2, 3)))
    with Monitor(gymnasium.Wrapper(inner), tmp_path, video_callable=False) as env:
        env.reset()
        for _ in range(2 + 3 + 1):
            env.step(0)
    assert read(tmp_path).episodes.length.tolist() == [2, 3, 1]


def test_gymnasiums_autoreset_wrapper_resets_in_the_step_after(tmp_path):
    with Monitor(gymnasium.wrappers.Autoreset(countdown((2, 3))), tmp_path, video_callable=False) as env:
        env.reset()
        ends = [env.step(0)[2] for _ in range(2 + 1 + 3 + 1 + 1)]
    assert ends == [False, True, False, False, False, True, False, False]
    episodes = read(tmp_path).episodes
    assert episodes.length.tolist() == [2, 3, 1]
    assert episodes.end.tolist() == [
        log.END_TERMINATED,
        log.END_TERMINATED,
        log.CUT_CLOSED,
    ]


def test_episode_id_is_the_number_of_the_next_episode_as_in_gym(tmp_path):
    seen = []
    with Monitor(countdown((2,)), tmp_path, video_callable=False) as env:
        seen.append(env.episode_id)
        for _ in range(2):
            env.reset()
            seen.append(env.episode_id)
            env.step(0)
            env.step(0)
            seen.append(env.episode_id)
    with Monitor(countdown(), tmp_path, video_callable=False, resume=True) as env:
        seen.append(env.episode_id)
    assert seen == [0, 1, 1, 2, 2, 2]


def test_steps_outside_an_episode_need_a_reset(tmp_path):
    with Monitor(countdown(), tmp_path, video_callable=False) as env:
        with pytest.raises(gymnasium.error.ResetNeeded):
            env.step(0)
        play(env)
        with pytest.raises(gymnasium.error.ResetNeeded):
            env.step(0)
    assert load_results(tmp_path)["episode_lengths"] == [3]


def test_an_early_reset_is_an_incomplete_episode_and_no_error(tmp_path):
    with Monitor(countdown((5,)), tmp_path, video_callable=False) as env:
        env.reset(seed=1)
        env.step(0)
        env.step(0)
        env.reset(seed=2)
        play(env, seed=3)
    episodes = read(tmp_path).episodes
    assert episodes.length.tolist() == [2, 0, 5]
    assert episodes.end.tolist() == [log.CUT_RESET, log.CUT_RESET, log.END_TERMINATED]
    assert episodes.seed.tolist() == [1, 2, 3]
    assert load_results(tmp_path)["episode_lengths"] == [5]


def test_results_pass_through_untouched(tmp_path):
    class Odd(Countdown):
        given = ("observation", np.float32(0.1), np.bool_(False), np.bool_(True), {"x": 1})

        def step(self, action):
            return self.given

    with pytest.warns(RuntimeWarning, match="no spec"), Monitor(Odd(), tmp_path, video_callable=False) as env:
        env.reset()
        assert env.step(0) is Odd.given
    assert Odd.given[4] == {"x": 1}
    assert read(tmp_path).episodes.episode_return.tolist() == [float(np.float32(0.1))]


@pytest.mark.parametrize(
    ("reward", "expected"),
    [
        (np.float32(0.1), float(np.float32(0.1)) * 3),
        (np.array([2.0]), 6.0),
        (True, 3.0),
        pytest.param(10**400, np.inf, id="huge"),
        pytest.param(-(10**400), -np.inf, id="huge and negative"),
        (np.inf, np.inf),
        (np.nan, np.nan),
        (np.array([1.0, 2.0]), np.nan),
        (None, np.nan),
    ],
)
def test_any_kind_of_reward_is_summed_in_double_precision(tmp_path, reward, expected):
    class Odd(Countdown):
        def step(self, action):
            observation, _, terminated, truncated, info = super().step(action)
            return observation, reward, terminated, truncated, info

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with Monitor(Odd(), tmp_path, video_callable=False) as env:
            env.reset()
            while not env.step(0)[2]:
                pass
    told = [f"{warning.message}" for warning in caught if "NaN" in str(warning.message)]
    assert len(told) == (reward is None or np.size(reward) > 1)
    np.testing.assert_array_equal(read(tmp_path).episodes.episode_return, [expected])


@pytest.mark.parametrize("seed", [0, 7, 2**63, 2**64 + 1, 2**128 - 1])
def test_a_seed_of_up_to_128_bits_is_kept(tmp_path, seed):
    with Monitor(countdown(), tmp_path, video_callable=False) as env:
        play(env, seed=seed)
    assert json.loads(next(tmp_path.glob("*.stats.json")).read_text())["episode_seeds"] == [seed]


@pytest.mark.parametrize("seed", [1 << 128, -1])
def test_a_seed_that_128_bits_do_not_hold_is_known_to_have_been_given(tmp_path, seed):
    class Any(Countdown):
        def reset(self, *, seed=None, options=None):
            return super().reset()

    with pytest.warns(RuntimeWarning, match="no spec"), Monitor(Any(), tmp_path, video_callable=False) as env:
        play(env, seed=seed)
    (row,) = log.read(next(tmp_path.glob("*.npy")))
    assert (row["seed"], row["seed_high"], row["seeded"]) == (0, 0, 2)


def test_a_success_that_is_neither_yes_nor_no_is_not_told(tmp_path):
    class Vague(Countdown):
        def step(self, action):
            *result, _ = super().step(action)
            return *result, {"success": np.array([True, False])}

    with (
        pytest.warns(RuntimeWarning, match="no spec"),
        Monitor(Vague(), tmp_path, video_callable=False) as env,
    ):
        play(env)
    assert read(tmp_path).episodes.success.tolist() == [-1]


@pytest.mark.parametrize("told", [{}, {"lives": 3}])
def test_no_success_is_made_up_where_the_environment_says_nothing_of_it(tmp_path, told):
    class Silent(Countdown):
        def step(self, action):
            *result, _ = super().step(action)
            return *result, told

    with (
        pytest.warns(RuntimeWarning, match="no spec"),
        Monitor(Silent(), tmp_path, video_callable=False) as env,
    ):
        play(env)
    assert read(tmp_path).episodes.success.tolist() == [-1]


def test_success_is_recorded_when_the_environment_says_so(tmp_path):
    class Goal(Countdown):
        def step(self, action):
            observation, reward, terminated, truncated, _ = super().step(action)
            return observation, reward, terminated, truncated, {"is_success": self.episode == 1}

    with (
        pytest.warns(RuntimeWarning, match="no spec"),
        Monitor(Goal(), tmp_path, video_callable=False) as env,
    ):
        play(env, 2)
    assert read(tmp_path).episodes.success.tolist() == [0, 1]


def test_batches_are_sealed_when_full_and_never_written_again(tmp_path, monkeypatch):
    monkeypatch.setattr("monitorcli.monitor.writer.BATCH", 4)
    sealed = {}
    with Monitor(countdown((1,)), tmp_path, video_callable=False, uid="u") as env:
        for _ in range(10):
            play(env)
            for path in tmp_path.glob("*.stats.json"):
                content = path.read_bytes()
                if len(json.loads(content)["timestamps"]) == 4:
                    assert sealed.setdefault(path.name, (content, path.stat().st_mtime_ns)) == (
                        content,
                        path.stat().st_mtime_ns,
                    )
    assert len(sealed) == 2
    sizes = [
        len(json.loads((tmp_path / name).read_text())["timestamps"]) for name in names(tmp_path, "stats")
    ]
    assert sorted(sizes) == [2, 4, 4]


@pytest.mark.parametrize("write_upon_reset", [False, True])
def test_every_batch_says_when_the_first_episode_began(tmp_path, monkeypatch, write_upon_reset):
    monkeypatch.setattr("monitorcli.monitor.writer.BATCH", 2)
    before = time.time()
    with Monitor(countdown(), tmp_path, video_callable=False, write_upon_reset=write_upon_reset) as env:
        play(env, 5)
    after = time.time()
    first = read(tmp_path).episodes.started_at[0]
    assert before <= first <= after
    said = {json.loads(path.read_text())["initial_reset_timestamp"] for path in tmp_path.glob("*.stats.json")}
    assert said == {first}


def test_numpy_opens_the_log_of_a_closed_recording(tmp_path):
    with Monitor(countdown((2, 4)), tmp_path, video_callable=False) as env:
        play(env, 3)
    assert np.load(next(tmp_path.glob("*.npy")))["length"].tolist() == [2, 4, 2]


def test_an_environment_without_a_spec_is_recorded_as_unknown_with_one_warning(tmp_path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with Monitor(Countdown(), tmp_path, video_callable=False) as env:
            play(env, 2)
    assert [str(warning.message) for warning in caught] == [
        "monitorcli: the environment has no spec (gymnasium.make gives one); recorded as (unknown)."
    ]
    assert read(tmp_path).env_ids == ("(unknown)",)
