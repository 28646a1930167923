"""`monitorcli inspect` as it is typed, on directories that real releases of Gym left behind."""

import csv
import io
import json
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from helpers import assert_golden
from rich.console import Console

from monitorcli.cli import main, style
from monitorcli.report.layout import Span

RECORDINGS = Path(__file__).parent / "recordings"


@pytest.fixture(autouse=True)
def _among_recordings(monkeypatch):
    monkeypatch.chdir(RECORDINGS)


def inspect(*arguments, **options):
    return CliRunner(**options).invoke(main, ["inspect", *map(str, arguments)])


def answer(*arguments, **options):
    result = inspect(*arguments, **options)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


@pytest.mark.parametrize(
    "name", ["gym-0.1.0-py27-cartpole", "gym-0.21.0-nan", "gym-0.21.0-empty", "gym-mixed-versions"]
)
def test_a_table_is_what_people_get(name):
    assert_golden(f"inspect-{name}.txt", answer(name))


def test_the_table_fits_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, answer("gym-0.21.0-nan").splitlines())) <= 60


@pytest.mark.parametrize("spelled", ["ascii", "latin-1"])
def test_the_table_is_ascii_where_the_terminal_is(spelled):
    assert answer("gym-0.21.0-modes", charset=spelled).isascii()


def test_the_table_is_ascii_on_a_dumb_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert answer("gym-0.21.0-modes").isascii()


def test_colour_is_for_terminals(monkeypatch):
    assert "\x1b" not in answer("gym-0.21.0-modes")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[36m" in answer("gym-0.21.0-modes")
    assert "file://" in answer("gym-0.21.0-modes")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[36m" not in answer("gym-0.21.0-modes")


def test_only_a_path_that_is_there_is_a_link():
    to = Console(file=io.StringIO(), force_terminal=True, width=80, _environ={})
    style.show([[Span(name, "path")] for name in ("x" * 5000, "a\\x00", "gym-0.21.0-modes")], to)
    written = to.file.getvalue()
    assert written.count("file://") == written.count(f";file://{RECORDINGS}/gym-0.21.0-modes\x1b") == 1


def test_json_is_one_object():
    found = json.loads(answer("gym-0.21.0-nan", "--format", "json"), parse_constant=pytest.fail)
    assert (found["directory"], found["episodes"], found["return"]["n"]) == ("gym-0.21.0-nan", 5, 2)


def test_the_format_can_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("MONITORCLI_INSPECT_FORMAT", "csv")
    assert answer("gym-0.21.0-empty").startswith("episode,slot,mode,")


def test_json_of_several_directories_is_a_list():
    found = json.loads(answer("gym-0.21.0-nan", "gym-0.21.0-modes", "--format", "json"))
    assert [one["env_id"] for one in found] == ["TinyNaN-v0", "TinyCartPole-v0"]


def test_csv_has_a_row_for_each_episode():
    rows = list(csv.DictReader(answer("gym-0.21.0-modes", "--format", "csv").splitlines()))
    expected = json.loads((RECORDINGS / "gym-0.21.0-modes.expected.json").read_text())
    assert [float(row["return"]) for row in rows] == expected["episode_rewards"]
    assert [row["mode"][0] for row in rows] == expected["episode_types"]


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_output_is_a_file_and_one_line_on_stderr(tmp_path, form):
    file = tmp_path / "out"
    result = inspect("gym-mixed-versions", "--format", form, "--output", file)
    size = file.stat().st_size
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"monitorcli: wrote {file} ({size:,} bytes)\n"
    assert file.read_text(encoding="utf-8") == answer("gym-mixed-versions", "--format", form)


def test_output_goes_to_standard_output_when_it_is_a_dash():
    assert answer("gym-0.21.0-modes", "--output", "-") == answer("gym-0.21.0-modes")


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("missing/out.json", "there is no folder"),
        (".", "is a directory"),
        ("openaigym.run.000000.json", "named like a file of a recording"),
        ("0.monitor.csv", "named like a file of a recording"),
    ],
)
def test_an_output_that_cannot_be_written_is_refused_before_reading(tmp_path, file, reason):
    result = inspect(tmp_path / "not there", "--output", tmp_path / file)
    assert (result.exit_code, result.stdout) == (2, "")
    assert reason in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_a_full_disk_is_said():
    result = inspect("gym-0.21.0-modes", "--output", "/dev/full")
    assert result.exit_code == 2
    assert result.stderr.startswith("monitorcli: /dev/full cannot be written: No space left on device.\n")


@pytest.mark.parametrize("name", ["out.pdf", "out.v2"])
def test_an_ending_that_no_format_goes_by_is_refused_unless_a_format_is_given(tmp_path, name):
    result = inspect("gym-0.21.0-modes", "--output", tmp_path / name)
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert result.stderr == (
        f"monitorcli: {tmp_path / name}: no format goes by the ending {name[3:]}.\n"
        "  There are .txt, .json, .csv, .md, .xml, .html, .npz, .parquet; or say which with --format.\n"
    )
    assert inspect("gym-0.21.0-modes", "--output", tmp_path / name, "--format", "csv").exit_code == 0
    assert (tmp_path / name).read_text().startswith("episode,slot,")


def test_parquet_without_its_package_is_refused_before_anything_is_read(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = inspect("not there", "--format", "parquet")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "monitorcli: parquet needs pyarrow: pip install 'monitorcli[parquet]'\n"


def test_the_ending_of_the_file_wins_over_a_format_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("MONITORCLI_INSPECT_FORMAT", "json")
    inspect("gym-0.21.0-modes", "--output", tmp_path / "a.csv")
    inspect("gym-0.21.0-modes", "--output", tmp_path / "b")
    assert (tmp_path / "a.csv").read_text().startswith("episode,slot,")
    assert json.loads((tmp_path / "b").read_text())["schema"] == 3


def test_a_folder_of_recordings_is_searched_whatever_is_asked_for(tmp_path):
    shutil.copytree("gym-0.21.0-modes", tmp_path / "runs" / "one")
    best = inspect(tmp_path / "runs", "--episode", "0")
    assert (best.exit_code, best.stderr) == (0, "")
    shutil.copytree("gym-0.21.0-nan", tmp_path / "runs" / "two")
    verified = inspect(tmp_path / "runs", "--verify")
    one, two = tmp_path / "runs" / "one", tmp_path / "runs" / "two"
    assert (verified.exit_code, verified.stderr) == (
        0,
        f"monitorcli: {one}: sound.\nmonitorcli: {two}: sound.\n",
    )
    refused = inspect(tmp_path / "runs", "--episode", "best")
    assert (refused.exit_code, refused.stderr) == (
        2,
        "monitorcli: --episode is of one recording, and there are 2.\n"
        f"  monitorcli inspect {one} --episode best\n  monitorcli inspect {two} --episode best\n",
    )


def test_an_episode_outside_of_the_selection_is_refused():
    result = inspect("gym-0.21.0-modes", "--last", "2", "--episode", "0")
    assert result.exit_code == 2
    assert " has no episode 0 among the last 2 completed episodes.\n" in result.stderr
    nothing = inspect("gym-0.21.0-modes", "--mode", "unknown", "--episode", "best")
    assert nothing.stderr.startswith("monitorcli: gym-0.21.0-modes holds no episode of unknown mode.\n")


def test_windows_of_several_directories_stand_under_each_series():
    both = ("gym-0.21.0-modes", "gym-0.21.0-nan", "--window", "2")
    assert " gym-0.21.0-nan · TinyNaN-v0\n return of" in answer(*both)
    found = json.loads(answer(*both, "--format", "json"))
    assert all(series["windows"] for one in found for series in one["series"])


def test_several_recordings_are_sorted_by_the_column_that_is_named():
    names = ("gym-0.21.0-empty", "gym-0.1.0-py27-cartpole", "gym-mixed-versions")

    def order(*options):
        lines = answer(*names, *options).splitlines()[1 : 1 + len(names)]
        return [line.split()[0] for line in lines]

    assert order() == list(names)
    assert order("--sort", "directory") == sorted(names)
    assert order("--sort", "episodes") == ["gym-mixed-versions", "gym-0.1.0-py27-cartpole", names[0]]
    assert order("--sort", "return") == ["gym-0.1.0-py27-cartpole", "gym-mixed-versions", names[0]]


def test_a_column_that_is_sorted_by_is_shown_however_narrow_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "83")
    both = ("gym-0.1.0-py27-cartpole", "gym-mixed-versions")
    assert " steps" not in answer(*both).splitlines()[0]
    assert " steps" in answer(*both, "--sort", "steps").splitlines()[0]


@pytest.mark.parametrize(
    ("x", "foot"),
    [("episodes", ("episode 0 ", " 11")), ("steps", ("20 steps ", " 204 steps")), ("time", ("s ", " s"))],
)
def test_a_curve_is_drawn_by_episodes_steps_or_time(x, foot):
    (line,) = [line for line in answer("gym-mixed-versions", "--x", x).splitlines() if "└" in line]
    assert foot[0] in line.split("─")[0]
    assert line.endswith(foot[1])


def test_the_best_episode_of_several_series_is_asked_for_with_lines_to_paste():
    result = inspect("gym-0.21.0-modes", "--episode", "best", "--last", "3")
    assert (result.exit_code, result.stderr) == (
        2,
        "monitorcli: gym-0.21.0-modes has 2 series, and the best episode is of one.\n"
        "  monitorcli inspect gym-0.21.0-modes --series TinyCartPole-v0 --last 3 --episode best\n"
        "  monitorcli inspect gym-0.21.0-modes --series 'TinyCartPole-v0 evaluation' --last 3 "
        "--episode best\n",
    )
    assert " return " in answer("gym-0.21.0-modes", "--episode", "best", "--mode", "evaluation")
    assert " return " in answer("gym-0.21.0-modes", "--episode", "3")
    assert " return " in answer("gym-0.21.0-modes", "--episode", "last")


def test_in_a_folder_of_which_nothing_is_running_nothing_is_watched(tmp_path):
    for name in ("one", "two"):
        shutil.copytree("gym-0.21.0-modes", tmp_path / name)
    result = inspect(tmp_path, "--watch")
    assert (result.exit_code, result.stdout, result.stderr) == (
        2,
        "",
        "monitorcli: --watch follows a recording that is running, and none of these 2 is.\n"
        f"  monitorcli inspect {tmp_path / 'one'}\n  monitorcli inspect {tmp_path / 'two'}\n",
    )


def test_several_directories_make_one_csv_that_names_each():
    both = ("gym-0.21.0-modes", "gym-0.21.0-nan")
    rows = list(csv.DictReader(answer(*both, "--format", "csv").splitlines()))
    for name in both:
        alone = list(csv.DictReader(answer(name, "--format", "csv").splitlines()))
        assert [row for row in rows if row["directory"] == name] == [
            {**row, "directory": name} for row in alone
        ]
    assert {row["directory"] for row in rows} == {*both}


def test_a_directory_without_a_recording_is_an_error(tmp_path):
    result = inspect(tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "holds no recording" in result.stderr


def test_the_formats_offered_are_those_there_are():
    from monitorcli.cli.inspect_options import FORMATS
    from monitorcli.report import FORMATS as RENDERERS

    assert tuple(RENDERERS) == FORMATS


def test_the_columns_offered_are_those_there_are():
    from monitorcli.cli.inspect_options import COLUMNS
    from monitorcli.report.order import COLUMNS as SORTED

    assert COLUMNS == SORTED
