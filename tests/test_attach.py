"""What a recorded script does not notice, and which of its environments are recorded."""

import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from commands import monitorcli, record, recorded, script

from monitorcli.attach.settings import BOOTSTRAP

LOOK = """
import copy, os, pickle, gymnasium
env = gymnasium.make("CartPole-v1")
env.reset(seed=1)
env.step(0)
print(env, env.spec, env.render_mode, sorted(vars(env.unwrapped)))
for twin in (copy.deepcopy(env), copy.copy(env), *(pickle.loads(pickle.dumps(env, n)) for n in range(6))):
    print(type(twin), twin.step(1))
print(env.render())
"""

BUILT = """
import gymnasium
from gymnasium.envs.classic_control import CartPoleEnv
env = {}
for seed in range(3):
    env.reset(seed=seed)
    while not any(env.step(0)[2:4]):
        pass
"""

UNABLE = """
import gymnasium
class Unable(gymnasium.Env):
    metadata = {"render_modes": ["rgb_array"]}
    observation_space = action_space = gymnasium.spaces.Discrete(2)
    def __init__(self, render_mode=None):
        self.render_mode = render_mode
    def reset(self, seed=None, options=None):
        return 0, {}
    def step(self, action):
        return 0, 0.0, False, False, {}
    def render(self):
        print("asked")
        raise RuntimeError("no OpenGL")
for kind in (type("A", (Unable,), {}), type("B", (Unable,), {})):
    gymnasium.register(f"{kind.__name__}-v0", kind)
    env = gymnasium.make(f"{kind.__name__}-v0", disable_env_checker=True)
    for episode in range(3):
        env.reset()
        env.step(0)
"""

THREADS = """
import gymnasium, numpy, os, threading, time, warnings
class Slow(gymnasium.Env):
    metadata = {"render_modes": ["rgb_array"]}
    observation_space = action_space = gymnasium.spaces.Discrete(2)
    def __init__(self, pause, render_mode=None):
        self.pause, self.render_mode = pause, render_mode
    def reset(self, seed=None, options=None):
        return 0, {}
    def step(self, action):
        return 0, 0.0, False, False, {}
    def render(self):
        time.sleep(self.pause)
        print("SDL_NO_SIGNAL_HANDLERS" in os.environ)
        return numpy.zeros((16, 16, 3), numpy.uint8)
gymnasium.register("Slow-v0", Slow)
envs = [gymnasium.make("Slow-v0", pause=pause, disable_env_checker=True) for pause in (0.1, 0.3)]
show = warnings.showwarning
for env in envs:
    env.reset()
threads = [threading.Thread(target=env.step, args=(0,)) for env in envs]
for thread in threads:
    thread.start()
    time.sleep(0.05)
for thread in threads:
    thread.join()
print(warnings.showwarning is show)
"""

PYGAME = """
import gymnasium, numpy, pygame
class Own(gymnasium.Env):
    metadata = {"render_modes": ["rgb_array"]}
    observation_space = action_space = gymnasium.spaces.Discrete(2)
    def __init__(self, render_mode=None):
        self.render_mode = render_mode
    def step(self, action):
        return 0, 0.0, False, False, {}
    def render(self):
        pygame.init()
        return numpy.zeros((16, 16, 3), numpy.uint8)
gymnasium.register("Own-v0", Own)
env = gymnasium.make("Own-v0", disable_env_checker=True)
env.reset()
env.step(0)
"""

ONE = "1 episode, mean return {}"
SEVERAL = """
import gymnasium
for name in ("CartPole-v1", "MountainCar-v0", "Acrobot-v1"):
    env = gymnasium.make(name, max_episode_steps=3)
    if name != "Acrobot-v1":
        env.reset()
        while not any(env.step(0)[2:4]):
            pass
"""


def test_a_filmed_environment_looks_copies_and_pickles_as_one_that_never_was(tmp_path):
    name = script(tmp_path, LOOK)
    alone = subprocess.run([sys.executable, name], cwd=tmp_path, capture_output=True, text=True)
    done = monitorcli("start", "runs", "--video", "all", "--", sys.executable, name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, alone.stdout)
    assert done.stderr.startswith(alone.stderr)
    assert len(list((tmp_path / "runs").glob("*.mp4"))) == 1


def test_filming_leaves_signals_to_the_script(tmp_path):
    name = script(
        tmp_path,
        "import gymnasium, os, signal\nenv = gymnasium.make('CartPole-v1')\nenv.reset()\nenv.step(0)\n"
        "os.kill(os.getpid(), signal.SIGTERM)\nprint('survived')",
    )
    done = monitorcli("start", "runs", "--video", "all", "--", sys.executable, name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (128 + 15, "")


def test_filming_without_screen_and_sound_card_is_quiet(tmp_path, monkeypatch):
    monkeypatch.delenv("SDL_AUDIODRIVER", raising=False)
    name = script(tmp_path, PYGAME)
    done = monitorcli("start", "runs", "--video", "all", "--", sys.executable, name, cwd=tmp_path)
    assert all(line.startswith(("monitorcli: ", "  ")) for line in done.stderr.splitlines()), done.stderr
    assert len(list((tmp_path / "runs").glob("*.mp4"))) == 1


def test_filming_in_two_threads_at_once_mixes_nothing_up(tmp_path):
    name = script(tmp_path, THREADS)
    done = monitorcli("start", "runs", "--video", "all", "--", sys.executable, name, cwd=tmp_path)
    assert done.stdout == "True\n" * 5


def test_environments_that_cannot_be_rendered_are_asked_once(tmp_path):
    name = script(tmp_path, UNABLE)
    done = monitorcli("start", "runs", "--video", "all", "--", sys.executable, name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "asked\n")
    assert "a video is broken (no OpenGL); the run goes on." in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is a screen")
def test_filming_without_a_screen_has_mujoco_draw_through_egl_and_leaves_no_trace(tmp_path, monkeypatch):
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "MUJOCO_GL", "PYOPENGL_PLATFORM"):
        monkeypatch.delenv(variable, raising=False)
    as_mujoco = "print(os.environ['MUJOCO_GL'])\n        os.environ['PYOPENGL_PLATFORM'] = 'egl'"
    text = f"import os\n{PYGAME.replace('pygame.init()', as_mujoco)}"
    name = script(tmp_path, text + "print([name for name in os.environ if 'GL' in name])")
    done = monitorcli("start", "runs", "--video", "all", "--", sys.executable, name, cwd=tmp_path)
    assert done.stdout.endswith("egl\n[]\n")


DM_CONTROL = """
import gymnasium, numpy, os
import dm_control._render as chosen
class Own(gymnasium.Env):
    metadata = {"render_modes": ["rgb_array"]}
    observation_space = action_space = gymnasium.spaces.Discrete(2)
    def __init__(self, render_mode=None):
        self.render_mode = render_mode
    def step(self, action):
        return 0, 0.0, False, False, {}
    def render(self):
        print(chosen.Renderer())
        return numpy.zeros((16, 16, 3), numpy.uint8)
gymnasium.register("Own-v0", Own)
env = gymnasium.make("Own-v0", disable_env_checker=True)
env.reset()
env.step(0)
print(chosen.Renderer(), [name for name in os.environ if "GL" in name])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is a screen")
@pytest.mark.parametrize(
    ("egl", "printed", "said"),
    [
        ("def EGLContext(): return 'egl'", "egl\negl\nglfw []\n", "1 video"),
        (
            "raise ImportError",
            "glfw []\n",
            "a video is broken (dm_control has neither a screen nor EGL to draw with; try MUJOCO_GL=osmesa)",
        ),
    ],
)
def test_dm_control_that_chose_a_screen_that_is_not_there_draws_through_egl(
    tmp_path, monkeypatch, egl, printed, said
):
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "MUJOCO_GL", "PYOPENGL_PLATFORM"):
        monkeypatch.delenv(variable, raising=False)
    package = tmp_path / "dm_control" / "_render" / "pyopengl"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").write_text("def Renderer(): return 'glfw'\n")
    (package / "egl_renderer.py").write_text(egl)
    name = script(tmp_path, DM_CONTROL)
    done = monitorcli("start", "runs", "--video", "all", "--", sys.executable, name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, printed), done.stderr
    assert said in done.stderr


MADE = """
import gymnasium, traceback
calls = []
class Own(gymnasium.Env):
    metadata = {"render_modes": ["rgb_array"]}
    observation_space = action_space = gymnasium.spaces.Discrete(2)
    def __init__(self, size=1, render_mode=None):
        calls.append(size)
        if size < 0:
            raise ValueError(f"size {size} with {render_mode}")
        if render_mode and size == 2:
            raise RuntimeError("cannot render")
class Any(Own):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
class Without(gymnasium.Env):
    metadata = Own.metadata
    observation_space = action_space = Own.action_space
    def __init__(self):
        calls.append(0)
for kind in (Own, Any, Without):
    gymnasium.register(f"{kind.__name__}-v0", kind)
try:
    print(gymnasium.make(CALL, disable_env_checker=True).render_mode)
except Exception as error:
    told = error
    while told is not None:
        print(type(told), told.args)
        told = told.__cause__ or told.__context__
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "monitorcli" in frame.filename]
    assert len(ours) <= 1, ours
open("calls", "w").write(str(len(calls)))
"""


@pytest.mark.parametrize(
    ("call", "constructed"),
    [
        ("'CartPole-v1', nonsense=3", 0),
        ("'Own-v0', nonsense=3", 0),
        ("'Any-v0', nonsense=3", 0),
        ("'Without-v0', nonsense=3", 0),
        ("'Without-v0'", 1),
        ("'Own-v0', size=-1", 2),  # whether that comes of our render_mode shows only without it
        ("'Own-v0', size=2", 2),
        ("'Own-v0', max_episode_steps=3", 1),
        ("'Nobody-v0'", 0),
    ],
)
def test_what_make_raises_is_what_it_raises_alone(tmp_path, call, constructed):
    name = script(tmp_path, MADE.replace("CALL", call))
    alone = subprocess.run([sys.executable, name], cwd=tmp_path, capture_output=True, text=True)
    done = monitorcli("start", "runs", "--video", "all", "--", sys.executable, name, cwd=tmp_path)
    assert done.stdout == alone.stdout
    assert (tmp_path / "calls").read_text() == str(constructed)


@pytest.mark.parametrize(
    ("built", "end", "lengths"),
    [
        ("CartPoleEnv()", "terminated", ["11", "10", "9"]),
        ("gymnasium.wrappers.TimeLimit(CartPoleEnv(), 5)", "truncated", ["5", "5", "5"]),
    ],
)
def test_an_environment_built_from_its_class_is_recorded_with_its_time_limit(tmp_path, built, end, lengths):
    name = script(tmp_path, BUILT.format(built))
    record(name, tmp_path)
    rows = recorded("runs", tmp_path)
    assert [(row["end"], row["length"], row["seed"]) for row in rows] == [
        (end, length, str(seed)) for seed, length in enumerate(lengths)
    ]


@pytest.mark.parametrize(
    ("env", "ends"),
    [
        ("gymnasium.make('CartPole-v1').unwrapped", ["terminated 11", "terminated 10", "terminated 9"]),
        ("gymnasium.make('CartPole-v1', max_episode_steps=5)", ["truncated 5"] * 3),
        ("gymnasium.wrappers.TimeLimit(gymnasium.make('CartPole-v1').unwrapped, 5)", ["truncated 5"] * 3),
        ("copy.deepcopy(gymnasium.make('CartPole-v1')).unwrapped", None),
    ],
)
def test_what_a_script_takes_out_of_its_wrappers_is_recorded_as_it_is_used(tmp_path, env, ends):
    name = script(tmp_path, "import copy\n" + BUILT.format(env))
    done = monitorcli("start", "runs", "--", sys.executable, name, cwd=tmp_path)
    if ends is None:
        assert done.returncode == 5
        return
    assert [f"{row['end']} {row['length']}" for row in recorded("runs", tmp_path)] == ends


def test_an_environment_that_cannot_be_hashed_is_recorded_all_the_same(tmp_path):
    text = BUILT.format("gymnasium.make('Equal-v0')").replace(
        "env =",
        "class Equal(CartPoleEnv):\n    def __eq__(self, other):\n        return self is other\n"
        "gymnasium.register('Equal-v0', Equal)\nenv =",
    )
    done = monitorcli("start", "runs", "--", sys.executable, script(tmp_path, text), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(recorded("runs", tmp_path)) == 3


def test_wrappers_that_are_used_after_all_are_recorded_with_their_time_limit(tmp_path):
    text = BUILT.format("gymnasium.make('CartPole-v1', max_episode_steps=5)\nenv.unwrapped.reset(seed=7)")
    name = script(tmp_path, text)
    monitorcli("start", "runs", "--video", "none", "--", sys.executable, name, cwd=tmp_path)
    rows = recorded("runs", tmp_path)
    assert [(row["end"], row["length"], row["seed"]) for row in rows] == [
        ("incomplete", "0", "7"),
        ("truncated", "5", "0"),
        ("truncated", "5", "1"),
        ("truncated", "5", "2"),
    ]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], [ONE.format(3), ONE.format(-3), "nothing: it was never reset"]),
        (
            ["--skip", "Mountain*", "--skip", "Acrobot-v1"],
            [ONE.format(3), *["nothing: left out by --only or --skip"] * 2],
        ),
    ],
)
def test_the_closing_lines_say_what_became_of_each_environment(tmp_path, options, told):
    name = script(tmp_path, SEVERAL)
    done = monitorcli("start", "runs", "--video", "none", *options, "--", sys.executable, name, cwd=tmp_path)
    ids = ["CartPole-v1", "MountainCar-v0", "Acrobot-v1"]
    assert done.stderr.splitlines()[1:] == [
        f"  {env_id:<14}  {what}" for env_id, what in zip(ids, told, strict=True)
    ]


def test_only_that_leaves_out_everything_is_said(tmp_path):
    name = script(tmp_path, "import gymnasium\ngymnasium.make('CartPole-v1').reset()")
    done = monitorcli("start", "runs", "--only", "Taxi*", "--", sys.executable, name, cwd=tmp_path)
    assert done.returncode == 5
    assert "--only and --skip left out all there was: CartPole-v1." in done.stderr


@pytest.mark.parametrize("cut_off", [["-I"], ["-E"], []])
def test_where_monitorcli_is_installed_a_python_that_ignores_our_path_is_recorded_too(tmp_path, cut_off):
    name = script(tmp_path, BUILT.format("gymnasium.make('CartPole-v1')"))
    python = installed(tmp_path)
    bash = f"PYTHONPATH=/elsewhere {python} {' '.join(cut_off)} {name}"
    done = monitorcli("start", "runs", "--video", "none", "--", "sh", "-c", bash, cwd=tmp_path)
    assert "CartPole-v1, 3 episodes" in done.stderr
    assert (done.returncode, len(recorded("runs", tmp_path))) == (0, 3)


def test_two_ways_into_an_interpreter_count_it_once(tmp_path):
    done = monitorcli("start", "runs", "--", installed(tmp_path), "-c", "print('hello')", cwd=tmp_path)
    assert done.stdout == "hello\n"
    assert "Python ran (1 process) but never imported Gymnasium" in done.stderr


def installed(folder):
    """The interpreter of an environment with monitorcli.pth, as an installed wheel leaves it there."""
    venv.create(folder / "environment", with_pip=False)
    python = folder / "environment" / "bin" / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run([python, "-c", code], capture_output=True, text=True).stdout.strip()
    shutil.copy(BOOTSTRAP / "monitorcli.pth", packages)
    (Path(packages) / "ours.pth").write_text("\n".join(site.getsitepackages()))
    return python


def test_steps_after_the_end_are_answered_as_alone_and_belong_to_no_episode(tmp_path):
    text = "import gymnasium\nenv = gymnasium.make('CartPole-v1', max_episode_steps=3)\nenv.reset(seed=0)\n"
    name = script(tmp_path, text + "for _ in range(6):\n    print(env.step(0))\n")
    alone = subprocess.run([sys.executable, name], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert record(name, tmp_path).stdout == alone.stdout != ""
    assert [(row["length"], row["end"]) for row in recorded("runs", tmp_path)] == [("3", "truncated")]
