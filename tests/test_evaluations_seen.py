"""What `inspect` says of an evaluation: coverage, errors, proof, first observations, digest."""

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from commands import monitorcli
from jsonschema import Draft202012Validator
from writing import begin_run, packed, write

from monitorcli.cli import main
from monitorcli.evaluate.plan import Plan, changes
from monitorcli.format import log
from monitorcli.format.environment import Environment
from monitorcli.summary.coverage import coverage

DOCS = Path(__file__).parent.parent / "docs"
ABOUT = Environment(
    "Lift-v0", "1.4.0", policy="act.py:act", policy_hash="3f9a1c2b77aa", versions={"numpy": "2.0.0"}
)
ERROR = {
    "seed": 102, "error": "ArithmeticError: no such place", "place": "Raised at lift.py:7, in step.",
    "traceback": 'Traceback (most recent call last):\n  File "lift.py", line 7, in step\n'
    "ArithmeticError: no such place\n",
}  # fmt: skip
BITS = {"length": 10, "end": 1, "trace": "0a"}
DIFFERENCE = {
    "seed": 105,
    "first": {"return": (5.0).hex(), **BITS},
    "second": {"return": (7.5).hex(), **BITS, "length": 12},
}
EQUAL = {"episodes": 1, "equal": 1, "different": []}
STARTS = {"episodes": 6, "different": 6}


def episode(seed, **changes):
    """The record of the episode with this seed, of a plan that begins with 100; its return is its number."""
    return packed(seed - 100, float(seed - 100), seed=seed, seeded=1, mode=b"e", **changes)


def run(directory, seeds, *more, shard="1/1", episodes=6, about=ABOUT, how=(), **outcome):
    """A run that completed these seeds of six; `more` are records, `how` and `outcome` keys of its file."""
    plan = Plan(about, 100, episodes).document()
    asked = {
        "env": "lift:Lift-v0",
        "policy": "act.py:act",
        "episodes": episodes,
        "seed": 100,
        "video": "none",
    }
    begun = begin_run(directory, **{**asked, "kind": "evaluation", "plan": plan, "shard": shard, **dict(how)})
    write(directory, *map(episode, seeds), *more, run=begun.number, environment=about)
    begun.end(**{"exit_status": 0, "interrupted": False, "repeats": EQUAL, "first_observations": STARTS,
                 "failed": 0, "errors": [], **outcome})  # fmt: skip


def inspect(*words):
    done = CliRunner().invoke(main, ["inspect", *map(str, words)])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def as_json(*words):
    return json.loads(inspect(*words, "--format", "json"))


def about_evaluation(directory, *words):
    """The lines of the table from `covered` to the digest."""
    lines = inspect(directory, *words).splitlines()
    first = [line.startswith(" covered ") for line in lines].index(True)
    return lines[first : lines.index("", first) if "" in lines[first:] else None]


def digest_of(seeds):
    lines = "".join(f"{seed},{float(seed - 100).hex()},10,terminated\n" for seed in seeds)
    return hashlib.sha256(lines.encode()).hexdigest()


WHOLE = digest_of(range(100, 106))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def test_a_whole_evaluation_says_so_with_its_proof_and_digest(folder):
    run(folder / "eval", range(100, 106))
    assert about_evaluation("eval") == [
        " covered    6 of 6 episodes, seeds 100 to 105",
        " proof      1 of 1 episode run again elsewhere, equal bit for bit",
        f" digest     {WHOLE[:16]}   (the same for any number of workers, on this machine and versions)",
    ]
    found = as_json("eval")
    assert found["digest"] == WHOLE
    assert found["repeats"] == {"episodes": 1, "equal": 1, "different": [], "unproved": None}
    assert found["coverage"] == {
        "planned": 6, "covered": 6, "missing_seeds": [], "missing_shards": [], "commands": [],
    }  # fmt: skip
    assert found["plan"] == {
        "env": "Lift-v0", "arguments": {}, "policy": "act.py:act", "policy_hash": "3f9a1c2b77aa",
        "deterministic": True, "seed": 100, "episodes": 6, "reuse_env": False, "num_envs": None,
        "threads": {}, "versions": {"gymnasium": "1.4.0", "numpy": "2.0.0"},
    }  # fmt: skip
    assert {name: found["series"][0][name] for name in ("digest", "repeats", "plan")} == {
        name: found[name] for name in ("digest", "repeats", "plan")
    }


def test_the_digest_is_the_same_however_the_episodes_came_together(folder):
    for number in (3, 1, 2):
        run(folder / "shards", range(99 + number, 106, 3), shard=f"{number}/3")
    run(folder / "killed", [100, 104], episode(101, end=log.CUT_CLOSED))
    run(folder / "killed", [101, 102, 103, 105])
    assert [as_json(name)["digest"] for name in ("shards", "killed")] == [WHOLE, WHOLE]


def test_missing_shards_are_named_each_with_its_command(folder):
    run(folder / "eval", [100, 104], shard="1/4")
    run(folder / "eval", [102], shard="3/4")
    line = "monitorcli start eval --env lift:Lift-v0 --policy act.py:act --episodes 6 --seed 100 --video none"
    assert about_evaluation("eval")[:3] == [
        " covered    3 of 6 episodes, seeds 100 to 105; not yet: shards 2/4, 4/4",
        f"            {line} --shard 2/4",
        f"            {line} --shard 4/4",
    ]
    found = as_json("eval")["coverage"]
    assert (found["covered"], found["missing_shards"]) == (3, ["2/4", "4/4"])
    assert found["commands"] == [f"{line} --shard 2/4", f"{line} --shard 4/4"]


def test_missing_seeds_are_named_with_the_line_that_goes_on(folder):
    made = {"env_arg": ["size=2"], "wrapper": ["w.py:w"], "reuse_env": True, "num_envs": 8}
    run(folder / "eval", [100, 101, 104], how={**made, "deterministic": False})
    assert about_evaluation("eval")[:2] == [
        " covered    3 of 6 episodes, seeds 100 to 105; not yet: seeds 102, 103, 105",
        "            monitorcli resume eval --env lift:Lift-v0 --env-arg size=2 --wrapper w.py:w"
        " --policy act.py:act --stochastic --episodes 6 --seed 100 --video none --num-envs 8 --reuse-env",
    ]


def test_parts_in_several_directories_are_one_evaluation(folder):
    for number in (1, 3):
        run(folder / f"part{number}", range(99 + number, 106, 3), shard=f"{number}/3")
    run(folder / "other", range(100, 106), about=ABOUT._replace(policy_hash="another"))
    lines = inspect("part1", "part3", "other").splitlines()
    first = lines.index(" Lift-v0 evaluation, 2 directories")
    assert lines[first + 1 : first + 5] == [
        " covered    4 of 6 episodes, seeds 100 to 105; not yet: shard 2/3",
        "            monitorcli start ANOTHER_DIR --env lift:Lift-v0 --policy act.py:act --episodes 6"
        " --seed 100 --video none --shard 2/3",
        " proof      2 of 2 episodes run again elsewhere, equal bit for bit",
        f" digest     {digest_of([100, 102, 103, 105])[:16]}   (of 4 of 6 episodes)",
    ]
    run(folder / "part2", [101, 104], shard="2/3")
    assert as_json("part1", "part2", "part3")[0]["groups"][0]["digest"] == WHOLE
    assert f"**digest**: {WHOLE[:16]}" in inspect("part1", "part2", "part3", "--format", "markdown")
    assert WHOLE in inspect("part1", "part2", "part3", "--format", "html")


def test_directories_that_disagree_have_no_digest_together(folder):
    run(folder / "one", range(100, 106))
    run(folder / "other", range(100, 105), packed(5, 99.0, seed=105, seeded=1, mode=b"e"))
    assert " digest     none: the directories differ in 1 seed" in inspect("one", "other").splitlines()
    assert as_json("one", "other")[0]["groups"][0]["digest"] is None


def test_errors_are_shown_with_seed_and_place_and_whole_on_the_page_and_for_one_episode(folder):
    errors = [ERROR, {**ERROR, "seed": 103}]
    cut = [episode(seed, end=log.CUT_CLOSED) for seed in (102, 103)]
    run(folder / "eval", [100, 101, 104, 105], *cut, failed=2, errors=errors, exit_status=2)
    assert (
        " errors     seeds 102, 103: ArithmeticError: no such place. Raised at lift.py:7, in step."
        in about_evaluation("eval")
    )
    found = as_json("eval")
    assert (found["failed"], found["errors"]) == (2, errors)
    assert "- **errors**: seeds 102, 103: ArithmeticError: no such place" in inspect(
        "eval", "--format", "markdown"
    )
    page = inspect("eval", "--format", "html")
    assert "<summary>seed 103: ArithmeticError: no such place" in page
    assert '<pre tabindex="0">Traceback (most recent call last):\n' in page
    assert [line.strip() for line in inspect("eval", "--episode", "2").splitlines()[-3:]] == [
        "error      Traceback (most recent call last):",
        'File "lift.py", line 7, in step',
        "ArithmeticError: no such place",
    ]
    assert "error" not in inspect("eval", "--episode", "1")


def test_an_error_of_an_episode_that_was_completed_since_is_past(folder):
    run(folder / "eval", [100, 101], failed=1, errors=[ERROR], exit_status=2)
    run(folder / "eval", [102, 103, 104, 105])
    assert (as_json("eval")["failed"], as_json("eval")["errors"]) == (0, [])


def test_of_more_errors_than_are_kept_the_rest_is_counted(folder):
    run(folder / "eval", [100], failed=5, errors=[ERROR], exit_status=2)
    assert "            … 4 more episodes" in about_evaluation("eval")


def test_a_difference_is_shown_in_every_format_ever_after(folder):
    repeats = {"episodes": 2, "equal": 1, "different": [DIFFERENCE]}
    run(folder / "eval", range(100, 103), repeats=repeats, exit_status=1)
    run(folder / "eval", range(103, 106))  # whose own proof was fine
    said = "not reproducible: seed 105 gave return 5 in 10 steps, then return 7.5 in 12 steps."
    alone = (
        "monitorcli start ANOTHER_DIR --env lift:Lift-v0 --policy act.py:act --episodes 1 --seed 105"
        " --video none --repeat 1"
    )
    assert about_evaluation("eval")[1:] == [
        f" !          {said} (1 of",
        "            3 repeated episodes differ)",
        "            The policy or the environment keeps something from one episode to the next, or draws",
        "            random numbers that no seed decides.",
        "            One episode alone, twice:",
        f"            {alone}",
        f" digest     {WHOLE[:16]}   (of this run; another gives another)",
    ]
    found = as_json("eval")["repeats"]
    attempt = {"return": 5.0, "length": 10, "end": "terminated", "trace": "0a", "error": None}
    second = {**attempt, "return": 7.5, "length": 12}
    assert found == {
        "episodes": 3,
        "equal": 2,
        "different": [{"seed": 105, "first": attempt, "second": second}],
        "unproved": None,
    }
    assert said in inspect("eval", "--format", "markdown").replace("\\", "")
    assert said in inspect("eval", "--format", "html")
    run(folder / "sound", range(100, 106), about=ABOUT._replace(policy_hash="another"))
    beside = " ".join(inspect("eval", "--baseline", "sound").split())
    assert f"! eval: {said}" in beside
    assert f"! eval: {said}" in " ".join(inspect("eval", "sound").split())
    properties = inspect("eval", "--format", "junit", "--min-episodes", "1")
    assert '<property name="of these equal" value="2"/>' in properties


def test_its_json_is_what_the_schema_says(folder):
    schema = json.loads((DOCS / "inspect.schema.json").read_text(encoding="utf-8"))
    repeats = {"episodes": 2, "equal": 1, "different": [DIFFERENCE], "error": "why"}
    run(folder / "eval", [100, 101, 103], shard="1/2", repeats=repeats, failed=1, errors=[ERROR])
    run(folder / "more", [104], shard="2/2")
    for words in (["eval"], ["eval", "more"], ["eval", "--last", "1"]):
        found = [fault.message for fault in Draft202012Validator(schema).iter_errors(as_json(*words))]
        assert found == []


def test_first_observations_that_repeat_are_counted_of_several_runs_at_most(folder):
    run(folder / "eval", range(100, 103), first_observations={"episodes": 3, "different": 1})
    assert " starts     1 first observation in 3 episodes" in about_evaluation("eval")
    run(folder / "eval", range(103, 106), first_observations={"episodes": 3, "different": 2})
    assert " starts     at most 3 first observations in 6 episodes" in about_evaluation("eval")


@pytest.mark.parametrize("selection", [("--last", "3"), ("--run", "0"), ("--slot", "1")])
def test_a_part_of_the_episodes_has_no_digest_of_the_whole(folder, selection):
    run(folder / "eval", [100, 101, 102])
    run(folder / "eval", [103], episode(104, slot=1), episode(105, slot=1))
    found = as_json("eval", *selection)
    assert [found[name] for name in ("plan", "coverage", "digest", "repeats", "errors")] == [None] * 5
    assert "digest" not in inspect("eval", *selection)
    assert as_json("eval", "--env", "Lift*")["digest"] == WHOLE


def test_episode_i_has_the_seed_number_i_whatever_became_of_it(folder):
    cut = episode(102, end=log.CUT_CLOSED)
    run(folder / "failed", [103, 100, 101], cut, episode(104), episode(105))
    found = [line.split(",") for line in inspect("failed", "--format", "csv").splitlines()[1:]]
    assert [(row[0], row[8], row[7]) for row in found][2:4] == [
        ("2", "102", "incomplete"),
        ("3", "103", "terminated"),
    ]
    # Killed in 101 and 104, of which 101 was run again: the attempt that was cut is behind all.
    run(folder / "killed", [100], episode(101, end=log.CUT_CLOSED), episode(104, end=log.CUT_CLOSED))
    run(folder / "killed", [101, 102, 103, 105])
    found = [line.split(",") for line in inspect("killed", "--format", "csv").splitlines()[1:]]
    assert [(row[8], row[7][:4]) for row in found] == [
        ("100", "term"), ("101", "term"), ("102", "term"), ("103", "term"), ("104", "inco"), ("105", "term"),
        ("101", "inco"),
    ]  # fmt: skip


def test_a_running_shard_is_not_offered_to_be_run(folder):
    run(folder / "eval", [100, 103], shard="1/3")
    plan = Plan(ABOUT, 100, 6).document()
    begin_run(
        folder / "eval", kind="evaluation", env="lift:Lift-v0", policy="act.py:act", plan=plan, shard="2/3"
    )
    assert as_json("eval")["coverage"]["missing_shards"] == ["2/3", "3/3"]
    (line,) = as_json("eval")["coverage"]["commands"]
    assert line.endswith(" --shard 3/3")
    alone = begin_run(folder / "alone", kind="evaluation", env="lift:Lift-v0", policy="act.py:act", plan=plan)
    write(folder / "alone", episode(100), run=alone.number, environment=ABOUT)
    assert about_evaluation("alone")[0] == " covered    1 of 6 episodes so far, seeds 100 to 105"


@pytest.mark.parametrize(
    "plan",
    [
        None, [], {}, {"env": "Lift-v0"}, {"env": "Lift-v0", "seed": 0, "episodes": "6"},
        {"env": "Lift-v0", "seed": -1, "episodes": 6}, {"env": "Lift-v0", "seed": 0, "episodes": 0},
        {"env": 5, "seed": 0, "episodes": 6}, {"env": "Lift-v0", "seed": True, "episodes": 6},
        {"env": "Lift-v0", "seed": 0, "episodes": 10**40}, {"env": "Another-v0", "seed": 0, "episodes": 6},
    ],
)  # fmt: skip
def test_of_what_has_no_sound_plan_nothing_is_said(folder, plan):
    run(folder / "eval", range(100, 106), how={"plan": plan})
    assert as_json("eval")["digest"] is None
    assert "covered" not in inspect("eval")


EVIL = "\x1b[31m\u202e|`<blink>"


@pytest.mark.parametrize(
    "outcome",
    [
        {"repeats": None}, {"repeats": {"episodes": -5, "equal": "all"}},
        {"repeats": {"episodes": 1, "equal": 9}},
        {"repeats": {"different": [5, {"seed": EVIL}, {"seed": 1, "first": 7, "second": {"return": EVIL}}]}},
        {"repeats": {"different": [{"seed": 1, "first": {"error": EVIL}, "second": {"return": "0x1p9999"}}]}},
        {"repeats": {"error": EVIL}}, {"first_observations": [1]}, {"failed": "many"},
        {"first_observations": {"episodes": 10**400, "different": 1.5}}, {"errors": {"seed": 1}},
        {"errors": [None, {"seed": 102, "error": 5}, {"seed": 103, "error": EVIL, "traceback": EVIL}]},
        {"how": {"shard": "9/3"}}, {"how": {"shard": "1/999999999"}},
        {"how": {"env": EVIL, "policy": EVIL, "env_arg": [5], "wrapper": EVIL}}, {"how": {"policy": 5}},
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["table", "markdown", "json", "html"])
def test_what_a_stranger_wrote_is_not_believed_and_never_shown_as_it_is(folder, outcome, form):
    run(folder / "eval", [100, 101, 104], episode(103, end=log.CUT_CLOSED), **outcome)
    report, one = inspect("eval", "--format", form), inspect("eval", "--episode", "2")
    said = report + one
    assert "\x1b" not in said
    assert "\u202e" not in said
    if form in ("html", "markdown"):
        assert "<blink>" not in report


def test_a_plan_of_any_size_costs_what_is_recorded():
    found = coverage(range(5, 5 + 10**18), {5, 6, 7}, 10**9)
    assert (found.covered, found.lacking, found.shards[0], found.seeds[0]) == (3, 10**9, 1, 8)


def test_of_fewer_episodes_than_shards_the_others_lack_nothing():
    assert coverage(range(2), {0}, 5) == (2, 1, 5, 1, (2,), (1,))


def test_a_model_that_was_moved_is_the_same_by_its_hash():
    def named(policy, sha="1"):
        return Plan(ABOUT._replace(policy=policy, policy_hash=sha), 0, 5)

    known = named("models/ppo.zip").document()
    assert changes(known, named("/elsewhere/best.zip")) == []
    assert changes(known, named("models/ppo.zip", "2")) == [("SHA-256 of the policy's file", "1", "2")]
    drawn = named("models/ppo.zip --stochastic")
    assert changes(known, drawn) == [("policy", "models/ppo.zip", "models/ppo.zip --stochastic")]
    assert changes(drawn.document(), named("best.zip --stochastic")) == []


SULKS = """
import multiprocessing
if multiprocessing.current_process().name != "MainProcess":
    raise ImportError("only here")

def act(observation):
    return 0
"""


def test_a_proof_that_cannot_be_run_is_said_after_what_was_recorded(folder):
    (folder / "sulks.py").write_text(SULKS)
    done = monitorcli(
        "start", "eval", "--env", "CartPole-v1", "--policy", "sulks.py:act", "--episodes", "3", "--seed", "0",
        "--video", "none", cwd=folder,
    )  # fmt: skip
    lines = done.stderr.splitlines()
    assert done.returncode == 1
    assert lines[0].startswith("monitorcli: CartPole-v1, 3 episodes, mean return 10 -> ")
    why = "the policy 'sulks.py:act' does not import: ImportError: only here"
    assert lines[1].startswith(f"  proof     it could not be run: {why}")
    assert why in as_json("eval")["repeats"]["unproved"]
