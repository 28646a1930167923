"""Why nothing was recorded: what was seen of it, told in true stories."""

import os
import sys

import pytest
from commands import monitorcli, script

OWN = "class {}(gymnasium.Env):\n    def reset(self):\n        return 0, {{}}\n"
NEVER = "Gymnasium was imported, but gymnasium.make was never called"
RIGHT_SCRIPT = "Is it the right script? Environments of other libraries are not recorded."
ELSEWHERE = "If it starts another Python with -I, -E or its own PYTHONPATH, install monitorcli there too."
BY_SUPER = "What is built directly is seen when its reset() calls super().reset(seed=seed)."
ZOO = "It imported pettingzoo, whose own environments are not recorded."

STORIES = {
    "no Python": (
        None,
        "no Python was started, or none that looks at PYTHONPATH.",
        "If true starts Python with -I, -E or its own PYTHONPATH, install monitorcli there too.",
    ),
    "no Gymnasium": (
        "print('hello')",
        "Python ran (1 process) but never imported Gymnasium.",
        RIGHT_SCRIPT,
        ELSEWHERE,
    ),
    "another library": (
        "import pettingzoo.classic",
        "Python ran (1 process) but never imported Gymnasium.",
        ZOO,
        ELSEWHERE,
    ),
    "another library, and Gymnasium": ("import gymnasium, pettingzoo", f"{NEVER}.", ZOO),
    "another library that is looked for and not there": (
        "import gymnasium\ntry:\n    import pgx\nexcept ImportError:\n    pass",
        f"{NEVER}.",
        RIGHT_SCRIPT,
    ),
    "nothing made": ("import gymnasium", f"{NEVER}.", RIGHT_SCRIPT),
    "make raises": (
        "import gymnasium\ntry:\n    gymnasium.make('Nothing-v0')\nexcept gymnasium.error.Error:\n    pass",
        "gymnasium.make('Nothing-v0') raised NameNotFound: Environment `Nothing` doesn't exist",
    ),
    "make_vec raises": (
        "import gymnasium\ntry:\n    gymnasium.make_vec('CartPole-v1', vectorization_mode='x')\n"
        "except ValueError:\n    pass",
        "gymnasium.make_vec('CartPole-v1') raised ValueError: ",
    ),
    "no reset": (
        "import gymnasium\ngymnasium.make('CartPole-v1')",
        "CartPole-v1 was made, but no episode was begun with reset().",
    ),
    "classes that are only defined": (
        "import gymnasium\n" + "".join(map(OWN.format, "ABCDE")),
        f"{NEVER}, and no reset() of A, B, C and 2 more classes was seen.",
        BY_SUPER,
    ),
    "a reset that keeps to itself": (
        "import gymnasium\n" + OWN.format("Own") + "Own().reset()",
        f"{NEVER}, and no reset() of Own was seen.",
        BY_SUPER,
    ),
    "classes, and another library": (
        "import gymnasium, pettingzoo\n" + OWN.format("Own"),
        f"{NEVER}, and no reset() of Own was seen.",
        BY_SUPER,
        ZOO,
    ),
}


def told(folder, code):
    """Exit status, and what we said, without the last line, which is the way to --check."""
    name = [sys.executable, script(folder, code)] if code else ["true"]
    done = monitorcli("start", "runs", "--video", "none", "--", *name, cwd=folder)
    lines = done.stderr.splitlines()
    first = next(place for place, line in enumerate(lines) if line.startswith("monitorcli: "))
    assert lines[-1].startswith("  To see how far it gets:  monitorcli start --check runs --video none ")
    return done.returncode, lines[first:-1]


@pytest.fixture(autouse=True)
def pettingzoo(tmp_path):
    """A library of that name, for scripts to import."""
    (tmp_path / "pettingzoo").mkdir()
    (tmp_path / "pettingzoo" / "__init__.py").touch()
    (tmp_path / "pettingzoo" / "classic.py").touch()


@pytest.mark.parametrize("story", STORIES)
def test_the_reason_is_what_was_seen(tmp_path, story):
    code, reason, *hints = STORIES[story]
    status, lines = told(tmp_path, code)
    assert status == 5
    assert lines[0].startswith(f"monitorcli: nothing was recorded: {reason}")
    assert lines[1:] == [f"  {hint}" for hint in hints]
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("ending", "status", "reason"),
    [
        ("raise RuntimeError", 1, "the command failed with exit status 1."),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", 137, "the command was ended by SIGKILL."),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGINT)", 130, "the command was interrupted."),
    ],
)
def test_a_command_that_failed_is_told_that_first(tmp_path, ending, status, reason):
    code = "import gymnasium\n" + OWN.format("A") + OWN.format("B") + ending
    # A process that is killed tells nothing at its exit.
    seen = f"{NEVER}." if status == 137 else f"{NEVER}, and no reset() of A, B was seen."
    assert told(tmp_path, code) == (
        status,
        [f"monitorcli: nothing was recorded: {reason}", f"  Until then: {seen}"],
    )


def test_the_remark_of_an_old_library_is_not_hidden_by_the_classes_that_it_defines(tmp_path):
    (tmp_path / "envpool").mkdir()
    (tmp_path / "envpool" / "__init__.py").touch()
    # As EnvPool 0.8 had it: the registry's method, bound.
    (tmp_path / "envpool" / "registration.py").write_text(
        "class EnvRegistry:\n    def make(self):\n        pass\nmake = EnvRegistry().make\n"
    )
    code = "import gymnasium, envpool.registration\n" + "".join(map(OWN.format, "ABCDE"))
    assert told(tmp_path, code) == (
        5,
        [
            "monitorcli: the environments of this old EnvPool are not recorded; those of 1.2 are.",
            "monitorcli: nothing was recorded: see the remark.",
        ],
    )
    check = ("start", "runs", "--check", "--video", "none", "--", sys.executable, "script.py")
    assert monitorcli(*check, cwd=tmp_path, PYTHONUTF8="1").stdout.splitlines()[-2:] == [
        " ✗ environment  see the remark.",
        "                the environments of this old EnvPool are not recorded; those of 1.2 are.",
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_process_that_may_not_write_says_so(tmp_path):
    code = (
        "import gymnasium, os\nos.setuid(65534)\n"
        "env = gymnasium.make('CartPole-v1')\nenv.reset()\nenv.step(0)"
    )
    status, lines = told(tmp_path, code)
    assert (status, len(lines)) == (5, 2)
    assert lines[0] == "monitorcli: not recorded: PermissionError: Permission denied; the run goes on."
    assert lines[1] == "monitorcli: nothing was recorded: CartPole-v1 was made; see the remark."
