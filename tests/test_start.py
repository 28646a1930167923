"""`monitorcli start DIR -- COMMAND`: real scripts in processes of their own."""

import json
import os
import signal
import stat
import subprocess
import sys
import time

import pytest
from commands import PLAY, monitorcli, record, recorded, running, script


@pytest.mark.parametrize(
    "spelling",
    [
        "import gymnasium\nmake = gymnasium.make",
        "import gymnasium as gym\nmake = gym.make",
        "from gymnasium import make",
        "from gymnasium.envs.registration import make",
        "import gymnasium.envs.registration as r\nmake = r.make",
        "import importlib\nmake = importlib.import_module('gymnasium').make",
        "import gymnasium\nmake = lambda name: gymnasium.spec(name).make()",
        "import gymnasium.wrappers\nmake = lambda name: gymnasium.make(gymnasium.spec(name))",
    ],
)
def test_an_unmodified_script_is_recorded_however_it_imports_gymnasium(tmp_path, spelling):
    done = record(script(tmp_path, spelling + PLAY), tmp_path)
    assert done.returncode == 0, done.stderr
    rows = recorded("runs", tmp_path)
    assert [float(row["return"]) for row in rows] == [float(line) for line in done.stdout.split()]
    assert [row["seed"] for row in rows] == ["0", "1", "2", "3", "4"]
    assert {row["end"] for row in rows} == {"terminated"}


def test_the_script_prints_and_exits_as_it_does_alone(tmp_path):
    name = script(
        tmp_path,
        "import gymnasium\nmake = gymnasium.make" + PLAY + "print(env, env.spec)\nraise SystemExit(7)",
    )
    alone = subprocess.run([sys.executable, name], cwd=tmp_path, capture_output=True, text=True)
    done = monitorcli("start", "runs", "--", sys.executable, name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (7, alone.stdout)
    assert (
        done.stderr
        == alone.stderr + "monitorcli: CartPole-v1, 5 episodes, mean return 9.4, 2 videos -> runs\n"
    )


def test_the_script_gets_the_files_that_the_shell_opened_for_it(tmp_path):
    name = script(tmp_path, "import gymnasium, os\nos.write(7, open('/dev/fd/8', 'rb').read())")
    (tmp_path / "in").write_text("handed on")
    words = f"{sys.executable} -m monitorcli start runs --video none -- {sys.executable} {name}"
    subprocess.run(f"{words} 7>out 8<in", shell=True, cwd=tmp_path, capture_output=True)
    assert (tmp_path / "out").read_text() == "handed on"


def test_the_closing_line_counts_incomplete_episodes(tmp_path):
    name = script(tmp_path, "from gymnasium import make" + PLAY + "env.reset()\nenv.step(0)")
    done = monitorcli("start", "a/b/c", "--video", "none", "--", sys.executable, name, cwd=tmp_path)
    assert done.stderr == (
        "monitorcli: CartPole-v1, 5 episodes, 1 more incomplete, mean return 9.4 -> a/b/c\n"
    )


def test_a_directory_in_use_is_refused_with_the_ways_out(tmp_path):
    name = script(tmp_path, "from gymnasium import make" + PLAY)
    monitorcli("start", "my runs", "--video", "none", "--", sys.executable, name, cwd=tmp_path)
    before = {path.name: path.read_bytes() for path in (tmp_path / "my runs").iterdir()}
    done = monitorcli("start", "my runs", "--", "python", name, cwd=tmp_path)
    manifest = next(name for name in before if "manifest" in name)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert lines[0].startswith(
        f"monitorcli: my runs already holds a recording ({manifest}). It has 5 episodes, and was last written"
    )
    assert lines[1:] == [
        "  Go on with it:    monitorcli resume 'my runs' -- python script.py",
        "  Start it afresh:  monitorcli start --force 'my runs' -- python script.py",
        "  Clear it only:    monitorcli clear 'my runs'",
        "  Or choose another directory.",
    ]
    assert {path.name: path.read_bytes() for path in (tmp_path / "my runs").iterdir()} == before


def test_force_starts_afresh(tmp_path):
    name = script(tmp_path, "from gymnasium import make" + PLAY)
    for _ in range(2):
        done = monitorcli(
            "start", "--force", "runs", "--video", "none", "--", sys.executable, name, cwd=tmp_path
        )
        assert done.returncode == 0
    assert len(recorded("runs", tmp_path)) == 5


def test_resume_goes_on_with_numbers_and_schedule(tmp_path):
    name = script(tmp_path, "from gymnasium import make" + PLAY)
    monitorcli("start", "runs", "--", sys.executable, name, cwd=tmp_path)
    done = monitorcli("resume", "runs", "--", sys.executable, name, cwd=tmp_path)
    assert done.returncode == 0
    rows = recorded("runs", tmp_path)
    assert [row["episode"] for row in rows] == [str(n) for n in range(10)]
    videos = sorted(path.name[-10:-4] for path in (tmp_path / "runs").glob("*.mp4"))
    assert videos == ["000000", "000001", "000008"]


def test_resume_of_nothing_is_refused(tmp_path):
    done = monitorcli("resume", "runs", "--", "python", "x.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        "monitorcli: runs holds no recording to resume.\n  monitorcli start runs -- python x.py\n",
    )


def test_resume_without_the_command_says_which_it_was_and_runs_nothing(tmp_path):
    name = script(tmp_path, "from gymnasium import make" + PLAY)
    record(name, tmp_path)
    done = monitorcli("resume", "runs", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        "monitorcli: resume needs the command to go on with.\n"
        f"  monitorcli resume runs --video none -- {sys.executable} script.py\n",
    )


def test_a_command_that_is_not_there_exits_127_and_leaves_no_directory(tmp_path):
    (tmp_path / "a").mkdir()
    done = monitorcli("start", "a/b/c", "--", "no-such-command", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        127,
        "monitorcli: command not found: no-such-command\n"
        "  Check its spelling, or activate the environment that has it.\n",
    )
    assert [*tmp_path.rglob("*")] == [tmp_path / "a"]


@pytest.mark.parametrize("verb", ["start", "resume"])
def test_a_forgotten_directory_is_asked_for_with_the_line_to_paste(tmp_path, verb):
    done = monitorcli(verb, "--video", "none", "--", "python", "my train.py", "--seed", "1", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        "monitorcli: DIR is missing: nothing before -- says where to record.\n"
        f"  monitorcli {verb} --video none runs/1 -- python 'my train.py' --seed 1\n",
    )
    assert [*tmp_path.iterdir()] == []
    assert monitorcli(verb, "--help", "--", "python", cwd=tmp_path).stdout.startswith("Usage: ")


def test_a_command_that_cannot_be_run_exits_126(tmp_path):
    name = script(tmp_path, "print()")
    done = monitorcli("start", "runs", "--", f"./{name}", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        126,
        "monitorcli: ./script.py cannot be run: Permission denied.\n"
        "  If it is a Python script: monitorcli start DIR -- python ./script.py\n",
    )


def test_a_program_without_a_first_line_exits_126(tmp_path):
    path = tmp_path / "tool"
    path.write_text("echo hello\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    done = monitorcli("start", "runs", "--", "./tool", cwd=tmp_path)
    assert done.returncode == 126
    assert "./tool is neither a program nor a script with a #! line." in done.stderr


def test_a_command_killed_by_a_signal_exits_as_in_a_shell(tmp_path):
    name = script(tmp_path, "from gymnasium import make" + PLAY + "import os\nos.kill(os.getpid(), 9)")
    done = record(name, tmp_path)
    assert done.returncode == 128 + signal.SIGKILL
    assert len(recorded("runs", tmp_path)) == 5


def test_a_script_that_is_killed_in_its_first_episode_leaves_a_run_that_says_so(tmp_path):
    name = script(
        tmp_path,
        "import gymnasium, os\nenv = gymnasium.make('CartPole-v1')\nenv.reset()\nenv.step(0)\n"
        "os.kill(os.getpid(), 9)\n",
    )
    done = record(name, tmp_path)
    assert done.returncode == 137
    assert done.stderr.splitlines()[:2] == [
        "monitorcli: nothing was recorded: the command was ended by SIGKILL.",
        "  Until then: the first episode of CartPole-v1 did not end.",
    ]
    assert "crashed (SIGKILL)" in monitorcli("inspect", "runs", cwd=tmp_path).stdout


def test_the_command_and_env_are_not_given_together(tmp_path):
    done = monitorcli("start", "runs", "--env", "CartPole-v1", "--", "python", "x.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "monitorcli: give either a command or --env, not both.\n")


def test_start_with_nothing_to_record_shows_both_ways(tmp_path):
    done = monitorcli("start", "runs", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        "monitorcli: nothing to record: give a command after --, or --env.\n"
        "  monitorcli start runs -- python train.py\n"
        "  monitorcli start runs --env CartPole-v1 --policy random --episodes 10\n",
    )
    assert not (tmp_path / "runs").exists()


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "runs").touch()
    done = monitorcli("start", "runs", "--", "true", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        "monitorcli: runs cannot be a monitor directory: a file is in the way.\n"
        "  Choose another directory.\n",
    )


@pytest.mark.parametrize(
    "schedule", ["sometimes", "every:0", "every:x", "first:", "-1", "1,,2", "missing.py:films"]
)
def test_a_schedule_that_is_none_is_refused_before_anything_runs(tmp_path, schedule):
    done = monitorcli("start", "runs", f"--video={schedule}", "--", "true", cwd=tmp_path)
    assert done.returncode == 2
    assert repr(schedule) in done.stderr
    assert not (tmp_path / "runs").exists()


def test_options_can_come_from_the_environment(tmp_path):
    name = script(tmp_path, "from gymnasium import make" + PLAY)
    done = monitorcli(
        "start", "runs", "--", sys.executable, name, cwd=tmp_path, MONITORCLI_START_VIDEO="none"
    )
    assert done.returncode == 0
    assert not list((tmp_path / "runs").glob("*.mp4"))


def test_a_schedule_of_ones_own_is_read_from_a_file(tmp_path):
    (tmp_path / "films.py").write_text("def odd(episode):\n    return episode % 2 == 1\n")
    name = script(tmp_path, "import os\nos.chdir('/')\nfrom gymnasium import make" + PLAY)
    done = monitorcli(
        "start", "runs", "--video", "films.py:odd", "--", sys.executable, tmp_path / name, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert sorted(path.name[-10:-4] for path in (tmp_path / "runs").glob("*.mp4")) == ["000001", "000003"]


def test_the_sitecustomize_of_the_user_still_runs(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("print('mine')")
    name = script(tmp_path, "from gymnasium import make" + PLAY)
    done = record(name, tmp_path, PYTHONPATH=str(tmp_path / "site"))
    assert done.stdout.splitlines()[0] == "mine"
    assert len(recorded("runs", tmp_path)) == 5


def test_an_environment_that_the_script_registers_itself_is_recorded(tmp_path):
    name = script(
        tmp_path,
        "import gymnasium\nfrom gymnasium.envs.classic_control import CartPoleEnv\n"
        "gymnasium.register('Mine-v3', CartPoleEnv, max_episode_steps=4)\n"
        "make = lambda name: gymnasium.make('Mine-v3')" + PLAY,
    )
    done = record(name, tmp_path)
    assert done.stderr == "monitorcli: Mine-v3, 5 episodes, mean return 4 -> runs\n"
    assert {row["end"] for row in recorded("runs", tmp_path)} == {"truncated"}


def test_environments_of_several_ids_are_kept_apart(tmp_path):
    name = script(
        tmp_path,
        "from gymnasium import make"
        + PLAY
        + PLAY.replace("CartPole-v1", "Acrobot-v1").replace("range(5)", "range(1)"),
    )
    done = record(name, tmp_path)
    assert "2 series, 6 episodes" in done.stderr
    assert len(list((tmp_path / "runs").glob("openaigym.manifest.*"))) == 2


def test_ctrl_c_stops_the_script_first_and_keeps_what_was_recorded(tmp_path):
    name = script(
        tmp_path,
        "from gymnasium import make" + PLAY + "import sys, time\n"
        "try:\n    print('ready', flush=True)\n    [time.sleep(0.01) for _ in range(6000)]\n"
        "except KeyboardInterrupt:\n    print('stopped')\n    sys.exit(3)\n",
    )
    process = running(name, tmp_path)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (3, "stopped\n")
    assert err == "monitorcli: CartPole-v1, 5 episodes, mean return 9.4 -> runs\n"


# How a script ends after Ctrl-C, what it leaves with, and whether that is said to be an interruption.
ENDS = [
    ("raise", -signal.SIGINT, True),
    ("sys.exit(130)", 130, True),
    ("sys.exit(1)", 1, False),
    ("sys.exit(0)", 0, False),
]


@pytest.mark.parametrize(("ending", "status", "interrupted"), ENDS)
def test_ctrl_c_is_called_an_interruption_with_the_line_to_go_on(tmp_path, ending, status, interrupted):
    name = script(
        tmp_path,
        "from gymnasium import make" + PLAY + "import sys, time\n"
        "try:\n    print('ready', flush=True)\n    [time.sleep(0.01) for _ in range(6000)]\n"
        f"except KeyboardInterrupt:\n    {ending}\n",
    )
    process = running(name, tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == (status if status >= 0 else 128 - status)
    go_on = (
        "monitorcli: interrupted.\n"
        f"  To go on:  monitorcli resume runs --video none -- {sys.executable} script.py\n"
    )
    assert err.endswith(
        "monitorcli: CartPole-v1, 5 episodes, mean return 9.4 -> runs\n" + go_on * interrupted
    )
    state = json.loads(monitorcli("inspect", "runs", "--format", "json", cwd=tmp_path).stdout)["runs"][0]
    assert (state["state"] == "interrupted") is interrupted
    assert ("1 run, interrupted" in monitorcli("inspect", "runs", cwd=tmp_path).stdout) is interrupted


def test_exit_status_130_without_ctrl_c_is_a_failure(tmp_path):
    name = script(tmp_path, "from gymnasium import make" + PLAY + "raise SystemExit(130)")
    assert record(name, tmp_path).returncode == 130
    assert "1 run, failed" in monitorcli("inspect", "runs", cwd=tmp_path).stdout


def test_a_schedule_whose_episodes_are_over_is_said_at_the_resume(tmp_path):
    name = script(tmp_path, "from gymnasium import make" + PLAY)
    record(name, tmp_path)
    again = ("resume", "runs", "--video")
    said = [
        monitorcli(*again, video, "--", sys.executable, name, cwd=tmp_path).stderr.splitlines()[:-1]
        for video in ("first:5", "0,4", "first:16", "none", "every:100")
    ]
    hint = "  Episodes are counted from the recording's first. For example: --video first:"
    assert said == [
        [
            "monitorcli: --video first:5 films nothing more: its last episode is 4, "
            "and this recording goes on with 5.",
            hint + "10",
        ],
        [
            "monitorcli: --video 0,4 films nothing more: its last episode is 4, "
            "and this recording goes on with 10.",
            hint + "15",
        ],
        [],
        [],
        [],
    ]


def test_kill_9_of_everything_loses_no_finished_episode(tmp_path):
    name = script(
        tmp_path,
        "from gymnasium import make"
        + PLAY
        + "env.reset()\nenv.step(0)\nprint('ready', flush=True)\n"
        + "import time\n[time.sleep(0.01) for _ in range(6000)]",
    )
    process = running(name, tmp_path, video="cubic")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    for _ in range(100):  # until the kernel has taken the script away too
        done = monitorcli("inspect", "runs", cwd=tmp_path)
        if "crashed" in done.stdout:
            break
        time.sleep(0.05)
    assert "crashed" in done.stdout
    assert [float(row["return"]) for row in recorded("runs", tmp_path)] == [11.0, 10.0, 9.0, 9.0, 8.0]


def test_a_script_in_another_virtual_environment_needs_nothing_of_ours(tmp_path):
    import venv

    venv.create(tmp_path / "other", symlinks=True)
    python = tmp_path / "other" / "bin" / "python"
    import gymnasium

    # Stands for an environment with Gymnasium in it and neither click, rich nor imageio-ffmpeg.
    site = next((tmp_path / "other" / "lib").iterdir()) / "site-packages"
    source = os.path.dirname(os.path.dirname(gymnasium.__file__))
    packages = (
        "gymnasium numpy numpy.libs cloudpickle typing_extensions.py farama_notifications pygame pygame.libs"
    )
    for package in packages.split():
        if os.path.exists(os.path.join(source, package)):
            (site / package).symlink_to(os.path.join(source, package))
    name = script(
        tmp_path,
        "from gymnasium import make"
        + PLAY
        + "try:\n    import click\nexcept ImportError:\n    print('no click')",
    )
    done = monitorcli("start", "runs", "--", python, name, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "no click"
    assert len(recorded("runs", tmp_path)) == 5
    assert len(list((tmp_path / "runs").glob("*.mp4"))) == 2


def test_completion_knows_the_environment_ids(tmp_path):
    done = monitorcli(
        cwd=tmp_path,
        _MONITORCLI_COMPLETE="bash_complete",
        COMP_WORDS="monitorcli start x --env CartP",
        COMP_CWORD="4",
    )
    assert done.stdout.split() == ["plain,CartPole-v0", "plain,CartPole-v1"]
