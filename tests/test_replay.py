"""`inspect --replay`, `--film`, `--sheet`, `--gif`: episodes made again, and no false one taken for true."""

import json
import re
import shutil
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from click.testing import CliRunner
from commands import monitorcli, script
from test_video import decoded

from monitorcli import Monitor
from monitorcli.cli import main
from monitorcli.errors import BadRequest
from monitorcli.format import log
from monitorcli.recording import read
from monitorcli.replay.environment import Typed
from monitorcli.replay.episode import play
from monitorcli.replay.run import Replayer
from monitorcli.replay.traces import traces_of
from monitorcli.video.lettering import labelled, lettered
from monitorcli.video.mp4 import Mp4

# Its wind goes on blowing over resets, so that an episode hangs on all before it.
WINDY = """
import gymnasium, numpy as np
class Windy(gymnasium.Env):
    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}
    observation_space = gymnasium.spaces.Box(-999, 999, (2,), np.float64)
    action_space = gymnasium.spaces.Discrete(3)
    def __init__(self, render_mode=None, lull=False):
        self.render_mode, self.wind, self.lull = render_mode, 0.0, lull
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at, self.place = 0, self.np_random.normal()
        self.wind *= not self.lull
        return np.array([self.place, 0.0]), {}
    def step(self, action):
        self.at += 1
        self.wind += 0.1
        self.place += action + self.wind
        return np.array([self.place, self.at]), float(self.place), self.at == 6, False, {"success": False}
    def render(self):
        return np.full((40, 160, 3), 10 * self.at, np.uint8)
"""

SCRIPT = """
import gymnasium
from windy import Windy
gymnasium.register("Windy-v0", Windy)
envs = gymnasium.make_vec("CartPole-v1", 2, "sync")
envs.action_space.seed(1)
envs.reset(seed=5)
for _ in range(80):
    envs.step(envs.action_space.sample())
for env in (gymnasium.make("Windy-v0"), gymnasium.make("FrozenLake-v1", map_name="8x8")):
    env.action_space.seed(2)
    for _ in range(4):
        env.reset()
        for _ in range(9):
            if any(env.step(env.action_space.sample())[2:4]):
                break
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with an evaluation of CartPole, `eval`, and the recording of a script, `runs`."""
    folder = tmp_path_factory.mktemp("replay")
    (folder / "windy.py").write_text(WINDY)
    evaluation = ("--env", "CartPole-v1", "--policy", "random", "--episodes", "12", "--seed", "3")
    for words in (
        ("start", "eval", *evaluation, "--workers", "2", "--video", "first:1"),
        ("start", "runs", "--trace", "all", "--video", "none", "--", sys.executable, script(folder, SCRIPT)),
        ("start", "untraced", *evaluation, "--trace", "none", "--video", "none"),
        (
            "start",
            "windy",
            "--env",
            "windy.py:Windy",
            *evaluation[2:],
            "--video",
            "none",
            "--reuse-env",
            "--repeat",
            "0",
        ),
    ):
        done = monitorcli(*words, cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder(made, tmp_path, monkeypatch):
    """A copy of it, which is the current folder."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def inspect(*words):
    """Status, stdout and stderr."""
    done = CliRunner().invoke(main, ["inspect", *map(str, words)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def test_all_episodes_of_an_evaluation_are_made_again(folder):
    assert inspect("eval", "--replay", "all") == (0, "12 of 12 episodes replayed exactly.\n", "")


def test_what_a_monitor_in_a_script_traced_is_made_again(folder):
    env = Monitor(gymnasium.make("CartPole-v1"), folder / "mine", video_callable=False, trace="first:2")
    for seed in (7, None, None):
        env.reset(seed=seed)
        while not env.step(env.action_space.sample())[2]:
            pass
    env.close()
    assert inspect("mine", "--replay", "all") == (
        0,
        "2 of 2 episodes replayed exactly; 2 of 3 have a trace.\n",
        "",
    )
    with pytest.raises(BadRequest, match="trace 'frist' is not a schedule"):
        Monitor(gymnasium.make("CartPole-v1"), folder / "other", trace="frist")
    assert not (folder / "other").exists()


def test_so_many_episodes_as_are_asked_for_are_drawn_by_the_seed(folder, monkeypatch):
    drawn = []
    plain = Replayer.replay
    monkeypatch.setattr(Replayer, "replay", lambda self, rows: drawn.append(rows) or plain(self, rows))
    for words in ((), (), ("--seed", "8")):
        assert inspect("eval", "--replay", "3", *words)[:2] == (0, "3 of 3 episodes replayed exactly.\n")
    assert drawn[0] == drawn[1] != drawn[2]
    assert [len(rows) for rows in drawn] == [3, 3, 3]


def test_slots_of_a_vector_environment_are_made_again_though_only_their_first_resets_had_a_seed(folder):
    status, said, _ = inspect("runs", "--replay", "all", "--env", "CartPole-v1")
    assert (status, re.sub(r"[0-9]+", "N", said)) == (0, "N of N episodes replayed exactly.\n")
    assert inspect("runs", "--replay", "all", "--env", "FrozenLake-v1")[0] == 0


def test_a_return_that_was_altered_by_hand_is_found(folder):
    path = sorted(folder.glob("eval/*episode_log*"))[0]
    records = np.load(path, mmap_mode="r+")
    number, was = int(records["number"][0]), float(records["return"][0])
    records["return"][0] = was + 1
    records.flush()
    status, said, remark = inspect("eval", "--replay", "all")
    assert (status, said) == (1, "11 of 12 episodes replayed exactly.\n")
    assert remark == (
        "monitorcli: 1 episode is not as recorded:\n"
        f"  episode {number}: step {round(was)}: a return of {was + 1} recorded, {was} replayed.\n"
    )


def traced(directory, row=0):
    recording = read(directory)
    return recording, traces_of(recording, [row])[row], Replayer(recording, Typed())


@pytest.mark.parametrize("step", [1, 4, 7])
def test_an_altered_action_is_found_at_its_step(folder, step):
    _, trace, replayer = traced("eval")
    actions = list(trace.actions)
    actions[step - 1] = 1 - actions[step - 1]
    with replayer.fresh(0, trace) as env:
        found = play(env, trace._replace(actions=actions), replayer.record(0))
    assert found.step == step
    assert found.was == "another reward or observation"


def test_other_random_numbers_are_found_at_the_reset(folder):
    _, trace, replayer = traced("eval")
    with replayer.fresh(0, trace) as env:
        assert play(env, trace._replace(random={"seed": 99}), replayer.record(0)).step == 0


@pytest.mark.parametrize("changed", ["checks", "digest", "first"])
def test_no_part_of_a_trace_can_be_changed_unseen(folder, changed):
    _, trace, replayer = traced("eval")
    other = {"checks": trace.checks ^ 1, "digest": trace.digest[::-1], "first": trace.first ^ 1}[changed]
    with replayer.fresh(0, trace) as env:
        assert play(env, trace._replace(**{changed: other}), replayer.record(0)) is not None


@pytest.mark.parametrize("end", [log.END_TRUNCATED, log.CUT_RESET, 3])
def test_another_end_is_found(folder, end):
    _, trace, replayer = traced("eval")
    with replayer.fresh(0, trace) as env:
        assert play(env, trace, replayer.record(0)._replace(end=end)) is not None


def test_an_environment_of_other_physics_is_found_and_its_versions_are_said(folder):
    for path in folder.glob("eval/*manifest*"):
        path.write_text(re.sub(r'"numpy": "[^"]*"', '"numpy": "0.1"', path.read_text()))
    status, said, remark = inspect("eval", "--replay", "all", "--env-arg", "sutton_barto_reward=true")
    assert (status, said) == (1, "0 of 12 episodes replayed exactly.\n")
    assert remark.startswith("monitorcli: 12 episodes are not as recorded:\n  episode 0: step 1: ")
    assert re.search(rf"Versions here: numpy {re.escape(np.__version__)} \(0\.1 recorded\)\.\n$", remark)


def test_a_directory_never_makes_us_run_code(folder):
    status, said, remark = inspect("windy", "--replay", "all")
    assert (status, said) == (2, "")
    assert remark.splitlines()[0] == (
        "monitorcli: Windy is not registered by Gymnasium itself, and no code is run because a directory "
        "names it."
    )
    assert inspect("windy", "--replay", "all", "--make", "windy.py:Windy")[0] == 0


def test_a_wrapper_and_an_argument_that_may_load_things_must_be_typed(folder):
    words = ("--policy", "random", "--episodes", "2", "--seed", "0", "--video", "none")
    wrapper = ("--wrapper", "gymnasium.wrappers:FlattenObservation")
    assert monitorcli("start", "w", "--env", "CartPole-v1", *wrapper, *words, cwd=folder).returncode == 0
    status, _, remark = inspect("w", "--replay", "all")
    assert (status, f"--replay 20 {' '.join(wrapper)}" in remark) == (2, True)
    assert inspect("w", "--replay", "all", *wrapper)[0] == 0
    for path in folder.glob("eval/*manifest*"):
        path.write_text(
            path.read_text().replace('"arguments": {', '"arguments": {"xml_file": "/tmp/x.xml", ')
        )
    status, _, remark = inspect("eval", "--replay", "all")
    assert (status, "the argument xml_file" in remark) == (2, True)


def test_an_environment_that_remembers_is_gone_through_from_its_first_episode(folder):
    typed = ("--make", "windy.py:Windy")
    assert inspect("windy", "--replay", "all", *typed)[:2] == (0, "12 of 12 episodes replayed exactly.\n")
    assert inspect("runs", "--env", "Windy-v0", "--replay", "all", *typed)[:2] == (
        0,
        "4 of 4 episodes replayed exactly.\n",
    )
    status, said, remark = inspect("windy", "--replay", "all", *typed, "--env-arg", "lull=true")
    assert (status, said) == (1, "1 of 12 episodes replayed exactly.\n")
    assert "(also with all that its environment did before)" in remark


def test_of_one_that_remembers_no_episode_may_be_missing(folder):
    words = ("--env", "windy.py:Windy", "--policy", "random", "--episodes", "4", "--seed", "0", "--reuse-env")
    done = monitorcli(
        "start", "some", *words, "--trace", "0,2", "--repeat", "0", "--video", "none", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    status, said, remark = inspect("some", "--replay", "all", "--make", "windy.py:Windy")
    assert (status, said) == (1, "1 of 2 episodes replayed exactly; 2 of 4 have a trace.\n")
    assert "(of its environment's earlier episodes, 1 has no trace)" in remark


@pytest.mark.parametrize("what", [("--replay", "all"), ("--film", "3")])
def test_without_traces_it_is_said_how_to_have_them(folder, what):
    status, said, remark = inspect("untraced", *what)
    assert (status, said) == (2, "")
    assert remark.startswith("monitorcli: untraced holds no episode that can be made again: ")
    assert remark.endswith("  Traces are kept while recording:  monitorcli start --trace all\n")


def test_a_film_that_is_made_later_has_the_frames_of_the_one_that_was_made_live(folder, monkeypatch):
    live, _ = decoded(next(folder.glob("eval/*.mp4")))
    status, said, _ = inspect("eval", "--film", "0", "--output", "again.mp4")
    assert (status, said) == (0, f"again.mp4: episode 0, {len(live)} frames.\n")
    assert (decoded(Path("again.mp4"))[0] == live).all()


def test_the_film_goes_into_the_recording_which_stays_sound(folder):
    status, said, _ = inspect("eval", "--film", "best")
    assert status == 0
    path = Path(said.partition(":")[0])
    meta = json.loads(path.with_name(path.name[: -len(".mp4")] + ".meta.json").read_text())
    assert (meta["frames"], meta["replayed"]) == (len(decoded(path)[0]), {"exact": True})
    assert inspect("eval", "--verify")[0] == 0
    assert str(path) in inspect("eval", "--episode", "best")[1]
    status, _, remark = inspect("eval", "--film", "best")
    assert (status, remark.splitlines()[0][-len(path.name) - 1 :]) == (2, f"{path.name}.")
    assert [name.name for name in folder.glob("eval/*tmp*")] == []


def test_a_film_that_would_be_false_is_refused_and_nothing_is_left(folder):
    before = sorted(folder.rglob("*"))
    words = ("windy", "--film", "best", "--make", "windy.py:Windy", "--env-arg", "lull=true")
    status, said, remark = inspect(*words, "--run", "0", "--output", "false.mp4")
    assert (status, said) == (1, "")
    assert re.search(r"is not the recorded one:\n  step 1: another reward or observation recorded, ", remark)
    assert remark.endswith("  To film it all the same, and labelled so:  --anyway\n")
    assert [path for path in folder.rglob("*") if path.suffix in (".mp4", ".json", ".bin")] == [
        path for path in folder.rglob("*") if path in before and path.suffix in (".mp4", ".json", ".bin")
    ]
    status, said, _ = inspect(*words, "--output", "false.mp4", "--anyway")
    assert (status, said.partition(":")[0]) == (1, "false.not-exact.mp4")
    meta = json.loads(Path("false.not-exact.meta.json").read_text())
    assert meta["replayed"]["exact"] is False
    frames, _ = decoded(Path("false.not-exact.mp4"))
    assert frames[0].max() > 200  # the label
    assert frames[1].max() < 40


def test_what_is_remembered_is_filmed_too(folder):
    status, said, _ = inspect("windy", "--film", "last", "--make", "windy.py:Windy")
    assert (status, said.endswith(": episode 11, 7 frames.\n")) == (0, True)


def test_the_frames_are_the_same_before_they_are_encoded(folder, monkeypatch):
    kept, plain = [], Mp4.add
    monkeypatch.setattr(Mp4, "add", lambda self, frame: kept.append(np.array(frame)) or plain(self, frame))
    assert inspect("eval", "--film", "2", "--output", "a.mp4")[0] == 0
    replayed = kept[:]
    kept.clear()
    _, trace, replayer = traced("eval", 2)
    with Replayer(replayer._recording, Typed(), film=True).fresh(2, trace) as env:
        env.unwrapped.render_mode = "rgb_array"
        env.reset(seed=5)
        live = [env.unwrapped.render()]
        for action in trace.actions:
            env.step(action)
            live.append(env.unwrapped.render())
    assert len(live) == len(replayed)
    assert all((one == other).all() for one, other in zip(live, replayed, strict=True))


def test_a_sheet_has_a_row_for_each_film_and_a_gif_is_of_one_episode(folder):
    assert inspect("eval", "--film", "best")[0] == 0
    assert inspect("eval", "--sheet", "sheet.png") == (
        0,
        "",
        f"monitorcli: wrote sheet.png ({Path('sheet.png').stat().st_size:,} bytes)\n",
    )
    head = Path("sheet.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")) == (1242, 2 * 186)
    assert inspect("eval", "--episode", "best", "--gif", "best.gif")[0] == 0
    assert Path("best.gif").read_bytes()[:6] == b"GIF89a"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--sheet", "s.png"), "untraced holds no episode with an mp4."),
        (("--episode", "0", "--gif", "s.gif"), "untraced holds no episode 0 with an mp4."),
        (("--film", "failed"), "untraced has no failed episode with a finite return."),
        (("--film", "0", "--output", "no/s.mp4"), "no/s.mp4 cannot be written: there is no folder no."),
        (("--replay", "none"), "'none' is not a number of episodes, and not all."),
    ],
)
def test_what_cannot_be_done_is_said(folder, words, sentence):
    status, said, remark = inspect("untraced", *words)
    assert (status, said) == (2, "")
    assert sentence in remark


def test_verify_finds_a_damaged_trace(folder):
    path = max(folder.glob("eval/*trace*"), key=lambda file: file.stat().st_size)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    status, _, remark = inspect("eval", "--verify")
    assert (status, f"{path.name}: a trace is damaged, and what follows it cannot be read" in remark) == (
        1,
        True,
    )
    assert inspect("eval", "--replay", "all")[0] == 0  # those before it


def test_every_letter_is_another_and_a_label_leaves_the_picture_as_it_was():
    words = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ?.-+:/,()_#"
    assert len({lettered(letter).tobytes() for letter in words}) == len(words)
    picture = np.full((60, 90, 3), 7, np.uint8)
    found = labelled(picture, "no")
    assert (picture == 7).all()
    assert set(np.unique(found)) == {0, 7, 255}


def test_after_kill_9_every_finished_episode_can_be_made_again(folder):
    text = """
import os, signal, gymnasium
env = gymnasium.make("CartPole-v1")
for _ in range(30):
    env.reset()
    while not any(env.step(env.action_space.sample())[2:4]):
        pass
env.reset()
env.step(0)
os.kill(os.getpid(), signal.SIGKILL)
"""
    (folder / "dies.py").write_text(text)
    monitorcli(
        "start", "died", "--trace", "all", "--video", "none", "--", sys.executable, "dies.py", cwd=folder
    )
    assert inspect("died", "--replay", "all")[:2] == (0, "30 of 30 episodes replayed exactly.\n")
