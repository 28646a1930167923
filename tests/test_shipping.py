"""What goes to a worker without our disk: the files that were named, and the modules that they import."""

import os
import subprocess
import sys

import pytest

# Packs what `load` has read, hides it, and loads it again in another process.
PACK = """
import pickle, sys
from monitorcli.evaluate.environment import EnvironmentRequest
from monitorcli.evaluate.plan import Plan
from monitorcli.evaluate.policies import PolicyRequest
from monitorcli.evaluate.shipping import pack
from monitorcli.evaluate.worker import Task, load
from monitorcli.monitor.environment import describe
from monitorcli.video.options import NO_FILMS

sys.path.insert(0, "library")
environment, policy = EnvironmentRequest("CartPole-v1"), PolicyRequest(sys.argv[1])
loaded = load(environment, policy, film=False)
task = Task(environment, policy, Plan(describe(loaded.env), 0, 1), "", 0, NO_FILMS, None, "evaluation")
task, shipped = pack(task, loaded.policy)
print(sorted(shipped.files))
pickle.dump((task, shipped), open("../shipped", "wb"))
"""

UNPACK = """
import os, pickle
from monitorcli.evaluate.shipping import unpacked
from monitorcli.evaluate.worker import load

with unpacked(*pickle.load(open("shipped", "rb"))) as task:
    policy = load(task.environment, task.policy, film=False).policy
    print(policy._action(None), os.getcwd())
"""


@pytest.fixture
def asked(tmp_path):
    """A folder with a policy, which imports a module beside it and one from the library."""
    asked = tmp_path / "asked"
    (asked / "library/angles").mkdir(parents=True)
    (asked / "library/angles/__init__.py").write_text("from angles.own import value\n")
    (asked / "library/angles/own.py").write_text("value = 20\n")
    (asked / "beside.py").write_text("more = 3\n")
    (asked / "unused.py").write_text("")
    (asked / "policy.py").write_text(
        "from angles import value\nfrom beside import more\ndef act(observation):\n    return value + more\n"
    )
    return asked


def run(folder, code, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, text=True, timeout=60,
        env={**os.environ, "TMPDIR": str(folder)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("policy", ["policy.py:act", "{asked}/policy.py:act", "policy:act"])
def test_named_files_and_what_they_import_are_there_where_our_disk_is_not(asked, policy):
    there = asked.parent
    names = ("beside.py", "library/angles/__init__.py", "library/angles/own.py", "policy.py")
    assert run(asked, PACK, policy.format(asked=asked)) == f"{[str(asked / name) for name in names]}\n"
    asked.rename(there / "hidden")
    value, folder = run(there, UNPACK).split()
    assert value == "23"
    assert folder.startswith(f"{there}/monitorcli-")
    assert folder.endswith(str(asked))
    assert not list(there.glob("monitorcli-*"))


def test_where_the_same_files_are_those_are_used(asked):
    run(asked, PACK, "policy.py:act")
    assert run(asked.parent, UNPACK) == f"23 {asked}\n"


def test_another_file_in_the_same_place_is_not_used(asked):
    run(asked, PACK, "policy.py:act")
    (asked / "beside.py").write_text("more = 4\n")
    assert run(asked.parent, UNPACK).startswith("23 ")
