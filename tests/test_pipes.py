"""What stands at the ends of the command: a reader who has enough, a terminal, Ctrl-C, variables."""

import os
import pty
import re
import signal
import subprocess
import sys
import time

import pytest
from commands import monitorcli
from test_page import GYM
from writing import begin_run, packed, write

MONITORCLI = [sys.executable, "-m", "monitorcli"]


@pytest.fixture
def folder(tmp_path):
    """A finished run of 3,000 episodes in "run": more than a pipe holds, as rows and as JSON."""
    run = begin_run(tmp_path / "run")
    write(tmp_path / "run", *(packed(row, float(row % 7)) for row in range(3000)))
    run.end(exit_status=0)
    return tmp_path


def unread(folder, *arguments):
    """The command's status and what it says when nobody reads its standard output."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*MONITORCLI, *arguments], cwd=folder, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=120
    )
    os.close(writer)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        *(f"inspect run --format {form}" for form in ("table", "json", "csv", "markdown", "html", "npz")),
        "inspect run --window 1 --format json",
        "inspect run --output -",
        "inspect run --episode best",
        "clear run --dry-run",
        *(f"{command} --help" for command in ("start", "resume", "clear", "inspect")),
        "--help",
        "--version",
    ],
)
def test_a_reader_who_left_is_no_failure(folder, arguments):
    status, remark = unread(folder, *arguments.split())
    assert status == 0
    assert remark in ("", "monitorcli: would delete 4 files, 354.6 kB from run.\n")


def test_a_reader_who_leaves_in_the_middle_is_no_failure(folder):
    process = subprocess.Popen(
        [*MONITORCLI, "inspect", "run", "--format", "csv"], cwd=folder,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline().startswith("episode,slot,")
    process.stdout.close()
    assert (process.stderr.read(), process.wait(60)) == ("", 0)
    process.stderr.close()


def test_watching_ends_when_nobody_looks(folder):
    begin_run(folder / "run")  # this process records, and does not end
    write(folder / "run", packed(0), run=1, close=False)
    assert unread(folder, "inspect", "run", "--watch") == (0, "")


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_the_verdict_does_not_leave_with_the_reader(folder, form):
    gate = ("--format", form, "--fail-under")
    assert unread(folder, "inspect", "run", *gate, "mean:1")[0] == 0
    assert unread(folder, "inspect", "run", *gate, "mean:10") == (
        1,
        "monitorcli: gate not met: mean is 2.998, 7.002 below the 10 wanted.\n",
    )


def test_a_check_that_nobody_reads_still_says_whether_all_is_there(folder):
    asked = ("start", "run", "--check", "--env", "CartPole-v1", "--policy", "random", "--episodes", "1")
    status, remark = unread(folder, *asked, "--video", "none")
    assert (status, remark) == (2, "monitorcli: not ready: directory.\n")


def test_a_variable_that_no_option_has_is_named_with_the_nearest(tmp_path):
    for command in ("start", "resume", "clear", "inspect"):
        done = monitorcli(
            command, "nowhere", cwd=tmp_path, MONITORCLI_START_VIDOE="none", MONITORCLI_VERSION="1"
        )
        assert done.stderr.count("MONITORCLI_") == 2
        assert done.stderr.startswith(
            "monitorcli: MONITORCLI_START_VIDOE is the variable of no option. "
            "Did you mean MONITORCLI_START_VIDEO?\n"
        )


@pytest.mark.parametrize(
    ("given", "near"),
    [
        ("MONITORCLI_STRAT_VIDEO", "MONITORCLI_START_VIDEO"),
        ("MONITORCLI_FORMAT", "MONITORCLI_INSPECT_FORMAT"),
        ("MONITORCLI_INSPECT_FAILUNDER", "MONITORCLI_INSPECT_FAIL_UNDER"),
    ],
)
def test_the_nearest_variable_is_what_one_would_guess(given, near):
    from monitorcli.cli import main
    from monitorcli.cli.variables import misspelt

    assert list(misspelt(list(main.commands.values()), [given])) == [(given, near)]


def test_variables_that_are_known_or_somebody_elses_are_no_news():
    from monitorcli.attach.settings import HOOK, SETTINGS
    from monitorcli.attach.status_log import STATUS_LOG
    from monitorcli.cli import main
    from monitorcli.cli.variables import misspelt

    others = [HOOK, SETTINGS, STATUS_LOG, "MONITORCLI_VERSION", "MONITORCLI_INSPECT_AS", "HOME", "MONITORCLI"]
    assert list(misspelt(list(main.commands.values()), others)) == []


def test_an_interrupted_check_says_so_and_leaves_nothing_behind(tmp_path):
    (tmp_path / "script.py").write_text("import time; time.sleep(600)")
    process = subprocess.Popen(
        [*MONITORCLI, "start", "run", "--video", "none", "--check", "--", sys.executable, "script.py"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    while "hook" not in process.stdout.readline():
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "monitorcli: interrupted.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["script.py"]


def test_verifying_counts_the_films_on_a_terminal(tmp_path):
    screen, terminal = pty.openpty()
    done = subprocess.Popen(
        [*MONITORCLI, "inspect", str(GYM), "--verify"], stdout=subprocess.DEVNULL, stderr=terminal,
        env={**os.environ, "TERM": "xterm"},
    )  # fmt: skip
    os.close(terminal)
    shown = everything(screen)
    assert done.wait(60) == 0
    assert "3/3 films checked, " in shown
    assert " left" in shown
    assert shown.rstrip().endswith(": sound.")


def test_elsewhere_nothing_is_counted(tmp_path):
    done = monitorcli("inspect", GYM, "--verify", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"monitorcli: {GYM}: sound.\n")


def everything(screen):
    shown, until = b"", time.monotonic() + 60
    while time.monotonic() < until:
        try:
            part = os.read(screen, 1 << 16)
        except OSError:  # how Linux says that the other end was closed
            break
        shown += part
    os.close(screen)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
