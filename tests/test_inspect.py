"""`monitorcli inspect` as it is typed, on directories that real releases of Gym left behind."""

import csv
import io
import json
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


def test_several_directories_make_no_csv():
    result = inspect("gym-0.21.0-modes", "gym-0.21.0-nan", "--format", "csv")
    assert result.exit_code == 2
    assert result.stderr == (
        "monitorcli: csv holds the episodes of one directory, and 2 were given.\n"
        "  Run it once for each directory.\n"
    )


def test_a_directory_without_a_recording_is_an_error(tmp_path):
    result = inspect(tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "holds no recording" in result.stderr


def test_the_formats_offered_are_those_there_are():
    from monitorcli.cli.inspect_options import FORMATS
    from monitorcli.report import FORMATS as RENDERERS

    assert tuple(RENDERERS) == FORMATS
