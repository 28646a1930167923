"""Clusters of Ray's on this machine."""

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))  # commands.py, test_workers.py

from test_workers import ENVIRONMENTS, POLICIES

RAY = Path(sys.executable).with_name("ray")


@pytest.fixture(autouse=True)
def _a_cluster_of_its_own(monkeypatch):
    """No evaluation joins a cluster that runs here for somebody else."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "policies.py").write_text(POLICIES)
    (tmp_path / "worlds.py").write_text(ENVIRONMENTS)
    return tmp_path


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """The address of a cluster whose workers cannot read what is in the folder `asked` of `tmp_path`.

    As on another machine, a file there is not there; Python's audit hooks see every `open`.
    """
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/sitecustomize.py").write_text(
        "import sys\n"
        "def refuse(event, arguments):\n"
        f"    if event == 'open' and str(arguments[0]).startswith({str(tmp_path / 'asked')!r}):\n"
        "        raise FileNotFoundError(arguments[0])\n"
        "sys.addaudithook(refuse)\n"
    )
    # Of this cluster alone: by default Ray takes the one that the user has, if there is one.
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
    variables = {**os.environ, "PYTHONPATH": str(tmp_path / "elsewhere")}
    process = subprocess.Popen(
        [RAY, "start", "--head", "--block", "--num-cpus=2", "--port=0", "--include-dashboard=false",
         "--disable-usage-stats"],
        cwd=tmp_path / "elsewhere", env=variables, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    told = ""
    while not (found := re.search(r"--address='(\S+)'", told)):
        line = process.stdout.readline()
        assert line, told
        told += line
    yield found[1]
    process.terminate()
    process.communicate()
