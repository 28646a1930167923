"""`start` and `resume` judge an evaluation, and stop it as soon as the verdicts are known."""

import json
import signal

import pytest
from commands import monitorcli, recorded
from pages import type_in

from monitorcli.evaluate.order import drawn
from monitorcli.summary.anytime import anytime_rate

ENVIRONMENTS = """
import os, pathlib, signal
import gymnasium
from gymnasium import spaces

class Lucky(gymnasium.Env):
    '''Of a share of the seeds, drawn by the seed, one step's reward is 1 and a success; else 0.'''
    observation_space, action_space = spaces.Discrete(2), spaces.Discrete(2)
    def __init__(self, rate=0.95, wild=-1, bad=-1, silent=False, deadly=""):
        self.rate, self.wild, self.bad, self.silent, self.deadly = rate, wild, bad, silent, deadly
    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        self.seed = seed
        self.won = bool(self.np_random.random() < self.rate)
        return 0, {}
    def step(self, action):
        if self.seed == self.bad:
            raise ArithmeticError("no such place")
        began = len(list(pathlib.Path(".").glob("began*")))
        if self.deadly and began >= 12 and not os.path.exists(self.deadly):
            pathlib.Path(self.deadly).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if self.deadly:
            pathlib.Path(f"began{self.seed}").touch()
        reward = 612.0 if self.seed == self.wild else float(self.won)
        return 0, reward, True, False, {} if self.silent else {"is_success": self.won}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "envs.py").write_text(ENVIRONMENTS)
    return tmp_path


def evaluate(folder, directory, *options, verb="start", episodes=200, **arguments):
    """`monitorcli start DIRECTORY` of the random policy in Lucky with these arguments."""
    typed = [word for name, value in arguments.items() for word in ("--env-arg", f"{name}={value}")]
    plan = ("--env", "envs.py:Lucky", *typed, "--policy", "random", "--episodes", episodes, "--seed", 7)
    return monitorcli(verb, directory, *plan, "--video", "none", *options, cwd=folder)


def decision(folder, directory, run=0):
    return json.loads((folder / directory / f"openaigym.run.{run:06}.json").read_text())["decision"]


def verdicts(done):
    return [line.strip() for line in done.stderr.splitlines() if line.strip().startswith(("gate", "stop"))]


STOP = ("--fail-under", "success:80%", "--stop-when-decided")


def test_one_command_runs_and_judges_as_inspect_does(folder):
    gates = ("--fail-under", "mean:0.5", "--fail-under", "success:100%", "--min-episodes", "20")
    done = evaluate(folder, "runs", *gates, episodes=20)
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if "gate" in line] == [
        "  gate      20 episodes completed, at least 20 wanted",
        "  gate      mean is 0.95, at least 0.5 wanted",
        "monitorcli: gate not met: success is 0.95, 0.05 below the 1 wanted.",
    ]
    inspected = monitorcli("inspect", "runs", *gates, cwd=folder)
    assert (inspected.returncode, inspected.stderr) == (1, done.stderr.splitlines()[-1] + "\n")
    assert evaluate(folder, "well", "--fail-under", "mean:0.5", episodes=20).returncode == 0


def test_an_evaluation_whose_gate_is_not_met_has_not_failed_itself(folder):
    assert evaluate(folder, "runs", "--fail-under", "mean:2", episodes=5).returncode == 1
    assert "1 run, complete" in monitorcli("inspect", "runs", cwd=folder).stdout


def test_it_is_compared_with_a_baseline(folder):
    evaluate(folder, "old", rate=1, episodes=30)
    gate = ("--baseline", "old", "--fail-regression", "mean:20%")
    assert evaluate(folder, "same", *gate, rate=1, episodes=30).returncode == 0
    done = evaluate(folder, "worse", *gate, rate=0.3, episodes=30)
    assert (done.returncode, "gate not met: mean fell by" in done.stderr) == (1, True)


def test_what_is_complete_is_judged_by_resume(folder):
    evaluate(folder, "runs", episodes=20)
    done = evaluate(folder, "runs", "--fail-under", "mean:2", verb="resume", episodes=20)
    assert (done.returncode, done.stderr) == (
        1,
        "monitorcli: nothing is missing: runs holds all 20 episodes.\n"
        "monitorcli: gate not met: mean is 0.95, 1.05 below the 2 wanted.\n",
    )
    assert evaluate(folder, "runs", "--fail-under", "mean:0.9", verb="resume", episodes=20).returncode == 0


def test_an_evaluation_with_a_failed_episode_is_not_judged(folder):
    done = evaluate(folder, "runs", "--fail-under", "mean:2", episodes=5, bad=9)
    assert (done.returncode, "gate" in done.stderr.replace("--fail-under", "")) == (2, False)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--stop-when-decided",), "--stop-when-decided needs a gate: what is to be decided?"),
        (("--min-episodes", "9", "--stop-when-decided"), "--stop-when-decided needs a gate"),
        (("--error", "0.1"), "--error needs --stop-when-decided."),
        (("--return-range", "0:1"), "--return-range needs --stop-when-decided."),
        (
            ("--fail-under", "median:1", "--stop-when-decided"),
            "--stop-when-decided cannot decide --fail-under median:1: only success and mean can be known",
        ),
        (
            ("--fail-under", "mean:1", "--stop-when-decided"),
            "--stop-when-decided needs --return-range LOW:HIGH for --fail-under mean:1.",
        ),
        (
            ("--fail-under", "mean:1", "--stop-when-decided", "--return-range", "9:1"),
            "--return-range '9:1' is not LOW:HIGH.",
        ),
        (
            (*STOP, "--shard", "1/2"),
            "--shard does not go together with --fail-under, --stop-when-decided: each job knows of no",
        ),
        (
            ("--fail-regression", "mean:1"),
            "--fail-regression needs --baseline: the recording to compare with.",
        ),
        (("--baseline", "old"), "--baseline needs --fail-regression."),
        (("--baseline", "old", "--fail-regression", "mean:1"), "old does not exist."),
        ((*STOP, "--error", "0.6"), "Invalid value for '--error': 0.6 is not above 0 and at most 0.5."),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_is_run(folder, options, said):
    done = evaluate(folder, "runs", *options)
    assert (done.returncode, said in done.stderr) == (2, True)
    assert not (folder / "runs").exists()


def test_a_command_is_not_stopped(folder):
    done = monitorcli("start", "runs", *STOP, "--", "true", cwd=folder)
    assert done.returncode == 2
    assert done.stderr == (
        "monitorcli: only evaluations (--env) are judged while they run, and a command was given with "
        "--fail-under, --stop-when-decided.\n"
        "  `monitorcli inspect` judges what a command recorded.\n"
    )


@pytest.mark.parametrize(
    ("options", "rate", "status"),
    [
        (STOP, 0.95, 0),
        (STOP, 0.5, 1),
        (("--fail-under", "mean:0.8", "--stop-when-decided", "--return-range", "0:1"), 0.5, 1),
        ((*STOP, "--min-episodes", "60"), 0.95, 0),
    ],
)
def test_any_number_of_workers_stops_after_the_same_episodes(folder, options, rate, status):
    found = []
    for workers in (1, 2, 4):
        done = evaluate(folder, f"by{workers}", *options, "--workers", workers, rate=rate)
        assert done.returncode == status, done.stderr
        seeds = sorted(int(row["seed"]) for row in recorded(f"by{workers}", cwd=folder))
        found.append((seeds, decision(folder, f"by{workers}"), verdicts(done)))
    assert found[0] == found[1] == found[2]
    seeds, decided, _ = found[0]
    assert decided["episodes"] == len(seeds) < 200
    assert seeds == sorted(drawn(range(7, 207), 7)[: len(seeds)])  # what was judged, and nothing else


def test_it_says_so_and_so_does_inspect(folder):
    done = evaluate(folder, "runs", *STOP)
    count = decision(folder, "runs")["episodes"]
    (stopped, gate) = verdicts(done)
    assert stopped == f"stopped   when decided, after {count} of 200 episodes"
    assert gate.startswith(
        "gate      --fail-under success:80% is met over all 200 episodes (error at most 5 %): "
    )
    assert f"monitorcli: {200 - count} episodes not needed." in done.stderr
    shown = monitorcli("inspect", "runs", "--fail-under", "success:80%", cwd=folder, COLUMNS="200")
    assert shown.returncode == 0
    assert f" covered    stopped when decided, {count} of 200 episodes, seeds 7 to 206\n" in shown.stdout
    assert f" gates      ✓ {gate.removeprefix('gate      ')}\n" in shown.stdout
    assert "95 %" not in shown.stdout  # no interval that supposes a fixed number
    junit = monitorcli(
        "inspect", "runs", "--format", "junit", "--fail-under", "success:80%", cwd=folder
    ).stdout
    assert (junit.count("interval"), gate.removeprefix("gate      ") in junit) == (1, True)
    other = monitorcli("inspect", "runs", "--fail-under", "mean:0.1", cwd=folder)
    assert (other.returncode, other.stderr) == (
        1,
        "monitorcli: gate not met: mean cannot be judged: "
        f"the evaluation was stopped when decided, {count} of 200.\n",
    )


def test_a_paired_regression_is_decided(folder):
    evaluate(folder, "old", rate=0.9)
    gate = (
        "--baseline",
        "old",
        "--fail-regression",
        "mean:10%",
        "--stop-when-decided",
        "--return-range",
        "0:1",
    )
    same, worse = evaluate(folder, "same", *gate, rate=0.9), evaluate(folder, "worse", *gate, rate=0.5)
    assert (same.returncode, worse.returncode) == (0, 1)
    assert decision(folder, "same")["episodes"] < 150
    assert decision(folder, "worse")["episodes"] < 50


def test_what_was_stopped_is_no_baseline(folder):
    evaluate(folder, "old", *STOP)
    count = decision(folder, "old")["episodes"]
    gate = ("--baseline", "old", "--fail-regression", "success:10%")
    done = evaluate(folder, "new", *gate, "--stop-when-decided")
    assert (done.returncode, f"the baseline old was stopped when decided, {count} of 200" in done.stderr) == (
        2,
        True,
    )
    done = evaluate(folder, "new", *gate, episodes=20)
    why = f"the baseline was stopped when decided, {count} of 200"
    assert (done.returncode, f"gate not met: success cannot be judged: {why}." in done.stderr) == (1, True)


def test_a_certain_verdict_says_that_no_other_episode_could_change_it(folder):
    done = evaluate(folder, "runs", "--fail-under", "success:100%", "--stop-when-decided", rate=0.5)
    assert done.returncode == 1
    assert decision(folder, "runs")["gates"][0]["certain"]
    left = 200 - decision(folder, "runs")["episodes"]
    assert f"is not met, whatever the other {left} episodes give: " in done.stderr


def test_a_return_outside_of_the_range_ends_deciding_but_not_the_evaluation(folder):
    first = drawn(range(7, 47), 7)[1]
    gate = ("--fail-under", "mean:0.1", "--stop-when-decided", "--return-range", "0:1", "--workers", "2")
    done = evaluate(folder, "runs", *gate, episodes=40, wild=first)
    assert done.returncode == 0
    said, gate = verdicts(done)
    assert said == (
        f"stopping  given up, for the episode with seed {first} has the return 612, "
        "outside of --return-range 0:1: all 40 episodes were run"
    )
    assert gate.startswith("gate      mean is 16.")
    assert gate.endswith(", at least 0.1 wanted")
    assert decision(folder, "runs") is None


def test_where_nothing_is_said_of_success_nothing_is_decided(folder):
    done = evaluate(folder, "runs", *STOP, episodes=9, silent="true")
    first = drawn(range(7, 16), 7)[0]
    assert done.returncode == 1
    assert f"the episode with seed {first} did not say whether it was a success" in done.stderr
    assert "gate not met: success cannot be judged" in done.stderr


def test_an_episode_that_fails_ends_deciding(folder):
    done = evaluate(folder, "runs", *STOP, episodes=30, bad=drawn(range(7, 37), 7)[0])
    assert (done.returncode, len(recorded("runs", cwd=folder))) == (2, 30)
    assert decision(folder, "runs") is None


def test_what_is_never_decided_is_judged_over_all(folder):
    done = evaluate(folder, "runs", *STOP, episodes=2, rate=1)
    assert done.returncode == 0
    assert verdicts(done) == [
        "stopping  not decided before the last of 2 episodes: the verdict is that of all",
        "gate      success is 1, at least 0.8 wanted",
    ]


def test_resume_runs_the_rest_of_what_was_decided(folder):
    evaluate(folder, "runs", *STOP)
    count = decision(folder, "runs")["episodes"]
    again = evaluate(folder, "runs", *STOP, verb="resume")
    assert again.returncode == 0
    assert f"nothing is left to run: runs was stopped when decided, {count} of 200." in again.stderr
    rest = evaluate(folder, "runs", "--fail-under", "success:80%", verb="resume")
    assert (rest.returncode, len(recorded("runs", cwd=folder))) == (0, 200)
    evaluate(folder, "whole")
    digests = [json.loads(monitorcli("inspect", name, "--format", "json", cwd=folder).stdout)["digest"]
               for name in ("runs", "whole")]  # fmt: skip
    assert digests[0] == digests[1] is not None


def test_more_episodes_go_on_with_those_that_were_looked_at(folder):
    evaluate(folder, "runs", *STOP, episodes=60)
    seeds = {row["seed"] for row in recorded("runs", cwd=folder)}
    done = evaluate(
        folder, "runs", "--fail-under", "success:90%", "--stop-when-decided", verb="resume", episodes=400
    )
    decided = decision(folder, "runs", run=1)
    assert decided["of"] == 400
    assert decided["episodes"] == len(recorded("runs", cwd=folder))
    assert seeds < {row["seed"] for row in recorded("runs", cwd=folder)}, done.stderr


def test_after_a_look_the_intervals_are_those_that_hold_at_every_look(folder):
    evaluate(folder, "runs", episodes=20)
    once = json.loads(monitorcli("inspect", "runs", "--format", "json", cwd=folder).stdout)
    assert once["return"]["intervals"]["median"] == [1.0, 1.0]
    evaluate(folder, "runs", verb="resume", episodes=40)
    shown = monitorcli("inspect", "runs", cwd=folder, COLUMNS="200").stdout
    assert "more episodes were asked for later, so means and rates have intervals" in shown
    twice = json.loads(monitorcli("inspect", "runs", "--format", "json", cwd=folder).stdout)
    successes = round(twice["success"]["rate"] * 40)
    interval = anytime_rate(successes, 40, 0.95)
    assert (twice["success"]["interval"], twice["success"]["method"]) == (
        [interval.low, interval.high],
        "anytime",
    )
    assert (twice["return"]["intervals"]["median"], twice["return"]["intervals"]["method"]) == (
        None,
        "anytime",
    )


@pytest.mark.parametrize("workers", [1, 2])
def test_what_was_killed_goes_on_to_the_same_decision(folder, workers):
    evaluate(folder, "never", *STOP, rate=0.9)
    killed = evaluate(folder, "runs", *STOP, "--workers", workers, rate=0.9, deadly="died")
    evaluate(
        folder,
        "runs",
        *STOP,
        "--workers",
        workers,
        "--accept-changes",
        verb="resume",
        rate=0.9,
        deadly="died",
    )
    last = max(int(path.name.split(".")[2]) for path in (folder / "runs").glob("openaigym.run.*"))
    assert killed.returncode == (-signal.SIGKILL if workers == 1 else 0)
    assert decision(folder, "runs", run=last) == decision(folder, "never")


def test_a_decision_in_a_strangers_file_is_checked_and_printed_safely(folder):
    evaluate(folder, "runs", *STOP)
    path = folder / "runs" / "openaigym.run.000000.json"
    document = json.loads(path.read_text())
    document["decision"]["gates"][0]["gate"] = "\x1b[31mred"
    path.write_text(json.dumps(document))
    assert "\\x1b[31mred is met" in monitorcli("inspect", "runs", cwd=folder).stdout
    for nonsense in ({"episodes": "many"}, [], {"gates": [3], "episodes": 3, "of": 9, "error": 0.1}):
        path.write_text(json.dumps({**document, "decision": nonsense}))
        shown = monitorcli("inspect", "runs", cwd=folder)
        assert (shown.returncode, "decided" in shown.stdout) == (0, False)


def test_what_the_page_on_stopping_types_does_what_it_shows(tmp_path):
    type_in("docs/stopping.md", tmp_path)
