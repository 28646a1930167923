"""Records that workers send back: the same rows and films as those that they write themselves."""

import json
import os
import subprocess
import sys

import pytest
from commands import monitorcli
from test_workers import ENVIRONMENTS, POLICIES, rows

# As `monitorcli start`, but for the switch: workers send back what they recorded.
EVALUATE = """
import sys
from contextlib import nullcontext
from pathlib import Path
from monitorcli.evaluate import run
from monitorcli.evaluate.environment import EnvironmentRequest
from monitorcli.evaluate.plan import Plan
from monitorcli.evaluate.policies import PolicyRequest
from monitorcli.evaluate.worker import Task, load
from monitorcli.monitor.directory import Existing
from monitorcli.monitor.environment import describe
from monitorcli.monitor.run import RunFile
from monitorcli.video.ffmpeg import find_ffmpeg
from monitorcli.video.options import FilmOptions

if __name__ == "__main__":
    directory, env, policy, workers, sent_back, video = sys.argv[1:]
    environment, policy = EnvironmentRequest(env), PolicyRequest(policy)
    film = find_ffmpeg() if video != "none" else None
    loaded = load(environment, policy, film=film is not None)
    plan = Plan(describe(loaded.env)._replace(policy=policy.reference), 0, 12)
    file = RunFile(Path(directory), Existing.REFUSE, {"kind": "evaluation", "plan": plan.document()})
    task = Task(environment, policy, plan, directory, file.number, FilmOptions(video), film, "evaluation",
                sent_back == "sent")
    done = run.run_evaluation(
        run.Evaluation(task, plan.seeds, int(workers), 1), loaded, print, nullcontext(lambda *_: None)
    )
    print("equal:", [repeat.equal() for repeat in done.repeats])
    file.end(exit_status=0)
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "policies.py").write_text(POLICIES)
    (tmp_path / "worlds.py").write_text(ENVIRONMENTS)
    (tmp_path / "evaluate.py").write_text(EVALUATE)
    (tmp_path / "temporary").mkdir()
    return tmp_path


def evaluate(folder, directory, how, workers="2", env="CartPole-v1", policy="policies:right", video="none"):
    done = subprocess.run(
        [sys.executable, "evaluate.py", directory, env, policy, workers, how, video],
        cwd=folder, capture_output=True, text=True, timeout=120,
        env={**os.environ, "TMPDIR": str(folder / "temporary"), "WITNESS": str(folder / "it-died")},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_is_sent_back_is_recorded_in_one_file_as_workers_would_have_written_it(folder, workers):
    for how in ("written", "sent"):
        assert evaluate(folder, how, how, workers, video="first:2").endswith("equal: [True]\n")
    assert rows("sent", folder) == rows("written", folder)
    assert len(list((folder / "sent").glob("*.npy"))) == 1
    films = sorted(path.name.rpartition(".video")[2] for path in (folder / "sent").glob("*.video.*"))
    assert films == ["000000.meta.json", "000000.mp4", "000001.meta.json", "000001.mp4"]
    assert monitorcli("inspect", "sent", "--verify", cwd=folder).returncode == 0
    listed = json.loads(next((folder / "sent").glob("*.manifest.json")).read_text())
    assert sorted(film.rpartition(".video")[2] for film, _ in listed["videos"]) == films[1::2]
    assert list((folder / "temporary").iterdir()) == []


def test_a_worker_that_dies_before_it_sent_an_episode_back_leaves_no_trace_of_it(folder):
    evaluate(folder, "whole", "written", "1")
    evaluate(folder, "sent", "sent", policy="policies:dies_once")
    assert (folder / "it-died").exists()
    assert rows("sent", folder) == rows("whole", folder)


def test_an_episode_that_raises_is_recorded_as_far_as_it_came(folder):
    for how in ("written", "sent"):
        evaluate(folder, how, how, env="worlds:Broken-v0", policy="random")
    assert rows("sent", folder) == rows("written", folder)
    assert [row[3] for row in rows("sent", folder)].count("incomplete") == 2


def test_a_film_that_broke_is_sent_back_as_a_broken_one(folder):
    (folder / "worlds.py").write_text(ENVIRONMENTS + BLIND)
    said = evaluate(folder, "sent", "sent", env="worlds:Blind-v0", policy="random", video="first:1")
    assert "a video is broken (no camera); the run goes on." in said
    meta = json.loads(next((folder / "sent").glob("*.meta.json")).read_text())
    assert (meta["broken"], meta["reason"]) == (True, "no camera")
    assert not list((folder / "sent").glob("*.mp4"))


BLIND = """
class Blind(Walk):
    metadata = {"render_modes": ["rgb_array"]}
    def __init__(self, render_mode=None):
        self.render_mode = render_mode
    def render(self):
        raise RuntimeError("no camera")

gymnasium.register("Blind-v0", Blind, disable_env_checker=True)
"""
