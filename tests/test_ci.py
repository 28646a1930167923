"""What a CI job does with `inspect`: gates and exit statuses, the files it leaves, docs/ci.md typed in."""

import io
import json
import os
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import assert_golden, episodes, recording, run
from jsonschema import Draft202012Validator
from pages import ROOT, blocks
from pages import run as type_command
from test_report import HOSTILE, hostile, learning, troubled
from writing import packed, write

from monitorcli import report
from monitorcli.cli import main
from monitorcli.format.environment import Environment
from monitorcli.recording.model import Series, Writer
from monitorcli.report import ReportOptions
from monitorcli.summary.gates import at_least, no_regression
from monitorcli.summary.selection import Selection

SCHEMA = json.loads((ROOT / "docs" / "inspect.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _runs(tmp_path, monkeypatch):
    """Evaluations of ten episodes with the same seeds: one like the baseline, one worse; one of nothing."""
    monkeypatch.chdir(tmp_path)
    for name, shift in (("main-eval", 0), ("same", 0), ("worse", -3), ("better", 3)):
        records = []
        for number in range(10):
            row = 7 * number % 10  # not in the order of the seeds
            good = row > 2
            columns = {"seed": row, "seeded": 1, "mode": b"e", "success": int(good)}
            records.append(packed(number, 20.0 + row + shift * good, **columns))
        write(Path(name), *records)
    write(Path("nothing"), packed(0, 1.0, end=16, mode=b"e"))


def inspect(*arguments):
    done = CliRunner().invoke(main, ["inspect", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


MEAN = "monitorcli: gate not met: mean is 24.5, 0.5 below the 25 wanted.\n"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["same", "--fail-under", "mean:24.5"], 0, ""),
        (["same", "--fail-under", "mean:25"], 1, MEAN),
        (["same", "--fail-under", "mean:24", "--fail-under", "ci_low(mean):20"], 0, ""),
        (["same", "--min-episodes", "10"], 0, ""),
        (["same", "--min-episodes", "11"], 1,
         "monitorcli: gate not met: 10 episodes completed, at least 11 wanted.\n"),
        (["same", "--fail-under", "mean:25", "--fail-under", "success:80%"], 1,
         "monitorcli: 2 of 2 gates not met:\n  mean is 24.5, 0.5 below the 25 wanted.\n"
         "  success is 0.7, 0.1 below the 0.8 wanted.\n"),
        (["same", "worse", "--fail-under", "mean:24"], 1,
         "monitorcli: gate not met: worse: mean is 22.4, 1.6 below the 24 wanted.\n"),
        (["nothing", "--fail-under", "mean:0"], 1,
         "monitorcli: gate not met: mean cannot be judged: no completed episode has a value.\n"),
        (["same", "--mode", "training", "--fail-under", "mean:0"], 1,
         "monitorcli: gate not met: mean cannot be judged: no completed episode has a value.\n"),
        (["better", "--baseline", "main-eval", "--fail-regression", "mean:0"], 0, ""),
        (["worse", "--baseline", "main-eval", "--fail-regression", "mean:5%"], 1,
         "monitorcli: gate not met: mean fell by 8.57 %, allowed 5 %, and not by chance (p = 0.0078); "
         "n = 10 pairs can tell falls of about 6 % and more (80 % power); for 5 % take about 20 pairs.\n"),
        (["worse", "--baseline", "main-eval", "--fail-regression", "mean:10%"], 0, ""),
        (["worse", "--baseline", "main-eval", "--fail-regression", "p_improve:0.5"], 1,
         "monitorcli: gate not met: p_improve [0.03543, 0.4588] is 0.15, 0.35 below the 0.5 wanted, "
         "and not by chance (p = 0.0039).\n"),
        (["same", "--baseline", "nothing", "--fail-regression", "mean:5%"], 1,
         "monitorcli: gate not met: mean cannot be judged: the baseline has no value.\n"),
    ],
)  # fmt: skip
def test_the_exit_status_is_the_gates(arguments, status, said):
    assert (inspect(*arguments)[0], inspect(*arguments)[2]) == (status, said)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fail-under", "maen:5"], "--fail-under maen:5: there is no maen. Did you mean mean?"),
        (
            ["--fail-regression", "mean:5%"],
            "--fail-regression needs --baseline: the recording to compare with.",
        ),
        (["--format", "junit"], "junit has a test case for each gate, and none was given."),
        (["--output", "gates.xml"], "junit has a test case for each gate, and none was given."),
    ],
)
def test_a_request_without_sense_is_refused_before_anything_is_read(arguments, said):
    status, shown, remark = inspect("not there", *arguments)
    assert (status, shown, remark.splitlines()[0]) == (2, "", f"monitorcli: {said}")


@pytest.mark.parametrize("missing", [["not there"], ["same", "--baseline", "not there"]])
def test_a_directory_that_is_not_there_is_no_gate_that_is_not_met(missing):
    status, _, remark = inspect(*missing, "--fail-under", "mean:0")
    assert (status, remark.splitlines()[0]) == (2, "monitorcli: not there does not exist.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["same", "--baseline", "."], "a baseline is one recording, and . holds 5.\n  --baseline better\n"),
        (
            [".", "--format", "npz"],
            "npz holds the episodes of one recording, and there are 5.\n"
            "  monitorcli inspect better --format npz\n",
        ),
        (
            [".", "--last", "3", "--window", "2", "--format", "markdown"],
            "markdown shows windows of one recording, and there are 5.\n"
            "  monitorcli inspect better --last 3 --format markdown --window 2\n",
        ),
    ],
)
def test_what_is_of_one_recording_is_not_made_of_several(arguments, said):
    status, shown, remark = inspect(*arguments)
    assert (status, shown) == (2, "")
    assert remark.startswith(f"monitorcli: {said}")


def test_several_recordings_are_each_compared_with_one_baseline(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    status, shown, _ = inspect("better", "worse", "--baseline", "main-eval")
    assert status == 0
    _, _, table = shown.partition(" directory   mean return")
    rows = [line.split()[:2] for line in table.splitlines()[1:3]]
    assert rows == [["better", "26.6"], ["worse", "22.4"]]
    assert " [ ] Bonferroni's intervals for 2 comparisons: all of them hold together with 95 %\n" in shown


def test_a_folder_of_recordings_is_searched():
    status, shown, _ = inspect(".", "--format", "json")
    found = json.loads(shown)
    assert (status, [one["directory"] for one in found]) == (
        0,
        ["better", "main-eval", "nothing", "same", "worse"],
    )
    assert found[0]["groups"] == found[4]["groups"]
    (group,) = found[0]["groups"]
    assert (group["series"], group["of"], group["n"]) == ("CartPole-v1 evaluation", "mean", 4)
    assert group["mean"] == pytest.approx(np.mean([found[row]["return"]["mean"] for row in (0, 1, 3, 4)]))


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("a.json", b'{\n  "directory"'),
        ("a.csv", b"episode,slot,mode"),
        ("a.md", b"### "),
        ("a.xml", b"<?xml"),
        ("a.npz", b"PK"),
        ("a.txt", b" same \xc2\xb7 1 run, complete"),
        ("a.TXT", b" same \xc2\xb7 1 run, complete"),
        ("a", b" same \xc2\xb7 1 run, complete"),
    ],
)
def test_the_ending_of_the_file_chooses_the_format(name, begins):
    assert inspect("same", "--output", name, "--fail-under", "mean:0")[0] == 0
    assert Path(name).read_bytes().startswith(begins)


def test_a_format_that_is_given_wins_over_the_ending():
    inspect("same", "--output", "a.csv", "--format", "json")
    assert json.loads(Path("a.csv").read_text())["episodes"] == 10


def test_the_file_is_written_although_a_gate_is_not_met():
    assert inspect("same", "--output", "a.json", "--fail-under", "mean:25")[0] == 1
    (gate,) = json.loads(Path("a.json").read_text())["gates"]
    assert gate == {
        "gate": "--fail-under mean:25", "met": False, "outcome": "not met", "found": 24.5,
        "baseline": None, "n": 10, "n_old": 0, "paired": False, "p": None, "detectable": None, "needed": None,
        "says": "mean is 24.5, 0.5 below the 25 wanted",
    }  # fmt: skip


def test_npz_has_the_columns_and_no_objects():
    inspect("same", "--last", "3", "--output", "a.npz")
    with np.load("a.npz", allow_pickle=False) as columns:
        assert columns["episode"].tolist() == [7, 8, 9]
        assert columns["episode_return"].tolist() == [29.0, 26.0, 23.0]
        assert columns["seed"].tolist() == [9, 6, 3]
        assert columns["run"].tolist() == [0, 0, 0]
        names = {
            name: columns[f"{name}_names"][columns[name]].tolist() for name in ("env_id", "series", "video")
        }
    assert names == {
        "env_id": ["CartPole-v1"] * 3, "series": ["CartPole-v1 evaluation"] * 3, "video": [""] * 3
    }  # fmt: skip


def test_a_selection_keeps_the_numbers_of_episodes():
    shown = inspect("same", "--last", "3", "--format", "csv")[1]
    assert [line.split(",")[0] for line in shown.splitlines()] == ["episode", "7", "8", "9"]
    assert "only the last 3 completed episodes" in inspect("same", "--last", "3")[1]


def test_windows_are_of_completed_episodes_by_their_start():
    found = json.loads(inspect("same", "--window", "4", "--format", "json")[1])["windows"]
    assert [(one["first"], one["last"], one["n"], one["mean"]) for one in found] == [
        (0, 3, 4, 23.0), (4, 7, 4, 26.0), (8, 9, 2, 24.5)
    ]  # fmt: skip


def test_more_windows_than_anybody_reads_are_refused(monkeypatch):
    monkeypatch.setattr("monitorcli.report.model.MOST_WINDOWS", 4)
    status, _, remark = inspect("same", "--window", "2")
    assert status == 2
    assert (
        remark
        == "monitorcli: --window 2 makes 5 windows of same; 4 are the most.\n  For example: --window 3\n"
    )


def test_the_table_has_the_last_windows_and_counts_the_others(monkeypatch):
    monkeypatch.setattr("monitorcli.report.windows._MOST", 2)
    shown = inspect("same", "--window", "4")[1]
    assert " 4 to 7" in shown
    assert " 0 to 3" not in shown
    assert " … 1 window before these\n" in shown


def test_the_summary_is_appended_where_github_says(monkeypatch):
    Path("summary").write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary")
    inspect("same")
    assert Path("summary").read_text() == "before\n"
    inspect("same", "--summary", "--format", "csv")
    assert Path("summary").read_text().startswith("before\n### same\n")
    Path("summary").write_text("x" * 1_023_900)
    assert "larger than 1,024,000 bytes; nothing was added" in inspect("same", "--summary")[2]


def test_without_github_there_is_no_summary():
    assert inspect("same", "--summary") == inspect("same")


def comparison():
    return report.make_report(
        [learning()],
        ReportOptions(gates=(no_regression("mean:5%"), at_least("mean:300"))),
        recording([450, 470, 500]),
    )


def shown(form, answer):
    return b"".join(report.render(form, answer)).decode()


ANSWERS = {
    "comparison": comparison,
    "several": lambda: report.make_report([learning(), troubled(), recording()]),
    "windows": lambda: report.make_report(
        [learning()], ReportOptions(window=100, selection=Selection(mode="training", last=150))
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize(("form", "ending"), [("table", "txt"), ("markdown", "md"), ("json", "json")])
def test_an_answer_looks_like_this(name, form, ending):
    assert_golden(f"answer-{name}.{ending}", shown(form, ANSWERS[name]()))


def faults(answer):
    """Where and how an answer breaks the schema: of alternatives (`anyOf`), how it misses each."""
    errors = Draft202012Validator(SCHEMA).iter_errors(answer)
    return [f"{part.json_path}: {part.message}" for error in errors for part in error.context or [error]]


@pytest.mark.parametrize("name", [*ANSWERS, "learning", "troubled", "empty", "hostile"])
def test_json_is_what_its_schema_says(name):
    alone = {"learning": learning, "troubled": troubled, "empty": recording, "hostile": hostile}
    answer = ANSWERS[name]() if name in ANSWERS else report.make_report([alone[name]()])
    assert faults(json.loads(shown("json", answer))) == []


def test_the_schema_knows_each_key_and_no_other():
    found = json.loads(shown("json", report.make_report([recording()])))
    assert list(found) == list(SCHEMA["$defs"]["recording"]["properties"])
    for change in ({"more": 1}, {"episodes": "0"}, {"schema": 2}, {"return": {}}, {"series": []}):
        assert faults({**found, **change}) != []


def of_series():
    """A training and its evaluation from another line, and one with an argument of its own."""
    short, whole = ({"max_episode_steps": steps, "size": 2} for steps in (200, 500))
    about = Environment("CartPole-v1", arguments=whole, policy="p.py:act")
    made = [
        ("CartPole-v1", "training", "train.py:31", Environment("CartPole-v1", arguments=short)),
        ("CartPole-v1 evaluation", "evaluation", "train.py:40", about),
        ("Odd | *v1*", "training", "train.py:52", Environment("Odd | *v1*")),
    ]
    number = np.arange(240)
    columns = {"series": np.repeat([0, 1, 2], [220, 15, 5]), "mode": np.where(number // 220, b"e", b"t")}
    return recording(
        episodes=episodes(np.round(20 + number + 9 * np.sin(number**2)), **columns),
        series=tuple(Series(*one, (0,)) for one in made),
    )


SERIES = {
    "series": lambda: report.make_report([of_series()], ReportOptions(window=100), of_series()),
    "series-several": lambda: report.make_report([of_series(), of_series(), learning()]),
    "series-one": lambda: report.make_report(
        [of_series()],
        ReportOptions(selection=Selection(series="CartPole-v1 evaluation"), gates=(at_least("recent:300"),)),
    ),
}


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize(("form", "ending"), [("table", "txt"), ("markdown", "md")])
def test_an_answer_keeps_series_apart(name, form, ending):
    assert_golden(f"answer-{name}.{ending}", shown(form, SERIES[name]()))


def test_markdown_of_more_series_than_anybody_reads_is_a_row_each():
    series = tuple(Series(f"A-v{n}", "training", "", Environment(f"A-v{n}"), (0,)) for n in range(250))
    numbered = episodes(range(250), series=range(250))
    text = shown("markdown", report.make_report([recording(episodes=numbered, series=series)]))
    assert text.startswith("### runs/ppo\n\n| directory | series |")
    assert (text.count("| runs/ppo |"), "\n… 50 more\n" in text) == (200, True)


def test_markdown_shows_strings_from_files_and_does_nothing_else():
    writers = (Writer("0.k3f9x2", 0, "<img src=x> [a](http://b) @all `c` |", "1.4.0", True),)
    text = shown("markdown", report.make_report([recording([1], writers=writers)]))
    assert "\\<img src=x\\> \\[a\\]\\(http:\\/\\/b\\) \\@all \\`c\\` \\|" in text


def test_markdown_of_very_much_fits_the_summary():
    many = [recording([1, 2], directory=Path("x" * 5000), notes=("y" * 5000,) * 50)] * 1000
    assert len(shown("markdown", report.make_report(many, ReportOptions(window=1))).encode()) < 1_024_000


def junit(recordings, *gates):
    return shown("junit", report.make_report(recordings, ReportOptions(gates=tuple(map(at_least, gates)))))


def test_junit_names_the_series_where_there_are_several():
    suite = ET.fromstring(shown("junit", SERIES["series-one"]()))[0]
    assert suite.attrib["name"] == "runs/ppo, CartPole-v1 evaluation"
    assert suite.find("testcase").attrib["classname"] == "monitorcli.runs/ppo, CartPole-v1 evaluation"
    assert suite.find("properties/property[@name='series']").attrib["value"] == "CartPole-v1 evaluation"


def test_junit_looks_like_this():
    assert_golden("gates.xml", junit([learning(), recording()], "mean:200", "iqm:1e9"))


@pytest.mark.parametrize(
    "of", [learning(), recording(), hostile(), recording([1], runs=(run(started_at=1e300),))]
)
def test_junit_is_what_the_common_schema_wants(of):
    """The rules of github.com/windyroad/JUnit-Schema: order of elements, attributes and their types."""
    suites = ET.parse(io.StringIO(junit([of, of], "mean:2", "success:1"))).getroot()
    assert (suites.tag, suites.attrib) == ("testsuites", {})
    for number, suite in enumerate(suites):
        assert suite.tag == "testsuite"
        assert [child.tag for child in suite] == [
            "properties",
            "testcase",
            "testcase",
            "system-out",
            "system-err",
        ]
        assert set(suite.attrib) == {
            "package", "id", "name", "timestamp", "hostname", "tests", "failures", "errors", "time"
        }  # fmt: skip
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
        assert (suite.attrib["id"], suite.attrib["tests"], suite.attrib["errors"]) == (str(number), "2", "0")
        assert suite.attrib["name"]
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        for one in suite.find("properties"):
            assert (one.tag, set(one.attrib), bool(one.attrib["name"])) == (
                "property",
                {"name", "value"},
                True,
            )
        for case in suite.findall("testcase"):
            assert set(case.attrib) == {"name", "classname", "time"}
            for failure in case:
                assert (failure.tag, set(failure.attrib)) == ("failure", {"message", "type"})


def test_junit_says_a_hostile_name_as_text():
    assert HOSTILE not in junit([hostile()], "mean:2")


JOBS = [body for language, _, body in blocks("docs/ci.md") if language == "yaml"]
INSTALLING = 'pip install wheels/monitorcli-*.whl "gymnasium[classic-control]"'  # fetches 100 MB


def lines_of(job, main_eval):
    """The commands of a job, in order, where a main-eval of the main branch is there or not."""
    if "script:\n" in job:
        script = job.partition("script:\n")[2].partition("artifacts:\n")[0]
        return re.findall(r"^    - (.*)$", script, re.MULTILINE)
    steps = job.split("\n      - ")[1:]
    return [
        re.search(r"run: (.*)", step)[1]
        for step in steps
        if "run: " in step and ("if: " not in step or main_eval or "hashFiles('main-eval" not in step)
    ]


@pytest.mark.parametrize("job", JOBS, ids=["github", "gitlab"])
def test_the_jobs_to_copy_work(tmp_path, job):
    """For the first commit of the main branch, and for one after it."""
    (policy,) = (body for _, name, body in blocks("docs/ci.md") if name == "policy.py")
    for main_eval in (False, True):
        work = tmp_path / f"checkout {main_eval}"
        work.mkdir()
        (work / "policy.py").write_text(policy)
        if main_eval:
            shutil.copytree(tmp_path / "checkout False" / "main-eval", work / "main-eval")
        typed = lines_of(job, main_eval)
        assert typed[0] == INSTALLING
        for command in typed[1:]:
            done = type_command(
                command,
                work,
                GITHUB_STEP_SUMMARY=str(work / "summary.md"),
                CI_COMMIT_BRANCH="main",
                CI_DEFAULT_BRANCH="main",
            )
            assert done.returncode == 0, done.stdout
        assert ET.parse(work / "gates.xml").getroot()[0].attrib["failures"] == "0"
        assert (work / "summary.md").exists() == ("--summary" in job)
        assert {"page.html", "eval", "main-eval"} <= set(os.listdir(work))
