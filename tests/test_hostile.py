"""Directories that mean harm: nothing hangs, nothing escapes, nothing outside is touched."""

import json
import math
import os
import re
import resource
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from commands import monitorcli
from hypothesis import given
from hypothesis import strategies as st
from writing import begin_run, packed, write

from monitorcli.errors import DirectoryUnusable, MonitorError
from monitorcli.format import json_files
from monitorcli.monitor import directory as monitor_directory
from monitorcli.monitor.active_writers import refuse_living
from monitorcli.monitor.history import read_history
from monitorcli.monitor.recovery import recover
from monitorcli.recording import read
from monitorcli.report import curve

FUZZ = Path(__file__).parent / "fuzz"


@pytest.fixture
def directory(tmp_path):
    made = tmp_path / "run"
    begin_run(made)
    write(made, packed(0, 5.0))
    return made


def the(pattern, directory):
    (found,) = directory.glob(f"openaigym.{pattern}")
    return found


def test_hundreds_of_damaged_directories_are_read_without_harm():
    done = subprocess.run(
        [sys.executable, FUZZ, "--directories", "300"], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert "       300  directories\n         0  crashes\n         0  hangs\n" in done.stdout


# What `clear` deletes.


def test_clear_takes_links_and_leaves_what_they_lead_to(directory, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "openaigym.x").write_text("mine")
    (directory / "openaigym.folder").symlink_to(tmp_path / "elsewhere")
    (directory / "openaigym.gone").symlink_to(tmp_path / "nowhere")
    os.mkfifo(directory / "openaigym.fifo")
    monitor_directory.clear(directory)
    assert [path.name for path in directory.iterdir()] == ["openaigym.fifo"]
    assert (tmp_path / "elsewhere" / "openaigym.x").read_text() == "mine"


def test_a_directory_may_be_named_by_a_link(directory, tmp_path):
    (tmp_path / "link").symlink_to(directory)
    assert len(monitor_directory.clear(tmp_path / "link")) == 4
    assert (tmp_path / "link").is_symlink()
    assert not list(directory.iterdir())


def test_clear_stays_in_the_directory_it_opened_when_that_is_swapped(directory, tmp_path, monkeypatch):
    precious = tmp_path / "precious"
    shutil.copytree(directory, precious)
    unlink = os.unlink

    def swapped(path, **how):
        if not directory.is_symlink():
            directory.rename(tmp_path / "moved")
            directory.symlink_to(precious)
        unlink(path, **how)

    monkeypatch.setattr(os, "unlink", swapped)
    monitor_directory.clear(directory)
    assert len(list(precious.iterdir())) == 4
    assert not list((tmp_path / "moved").iterdir())


def test_clear_does_not_follow_what_the_directory_was_swapped_for_before_it_is_open(
    directory, tmp_path, monkeypatch
):
    precious = tmp_path / "precious"
    shutil.copytree(directory, precious)
    realpath = os.path.realpath

    def swapped(path, **how):
        found = realpath(path, **how)
        directory.rename(tmp_path / "moved")
        directory.symlink_to(precious)
        return found

    monkeypatch.setattr(os.path, "realpath", swapped)
    with pytest.raises(DirectoryUnusable):
        monitor_directory.clear(directory)
    assert len(list(precious.iterdir())) == 4


def test_a_file_that_vanishes_while_it_is_listed_hides_no_other(directory, monkeypatch):
    (directory / "openaigym.tmp.0").write_text("")
    scandir = os.scandir

    def vanishing(place):
        entries = list(scandir(place))
        (directory / "openaigym.tmp.0").unlink(missing_ok=True)
        return _Entries(entries)

    monkeypatch.setattr(os, "scandir", vanishing)
    assert len(monitor_directory.files(directory)) == 4


class _Entries(list):
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


# What would take all memory, or all day.

NESTED = "[" * 100_000
HUGE = '{"env_info": {}, "videos": [], "stats": ' + "9" * 5_000_000 + "}"


@pytest.mark.parametrize("content", [NESTED, '{"a":' * 100_000, HUGE], ids=["lists", "objects", "digits"])
@pytest.mark.parametrize("pattern", ["manifest.*", "run.*", "episode_batch.*"])
def test_deep_nesting_and_endless_digits_cost_only_their_file(directory, pattern, content):
    the(pattern, directory).write_text(content)
    assert read(directory).episodes.episode_return.tolist() == [5.0]
    assert read_history(directory).returns == [5.0]


@pytest.mark.parametrize("content", [NESTED, HUGE, '{"stats": 1}', '{"stats": "openaigym.x"}'])
def test_resuming_beside_a_strangers_manifest_counts_it_as_nothing(directory, content):
    (directory / "openaigym.manifest.0.stranger.manifest.json").write_text(content)
    assert read_history(directory) == (1, 1, [5.0], [10])


def test_a_return_that_is_no_float_costs_only_its_batch(directory):
    (directory / "openaigym.manifest.0.gym.manifest.json").write_text('{"stats": "openaigym.s"}')
    (directory / "openaigym.s").write_text(
        '{"timestamps": [1], "episode_lengths": [1], "episode_rewards": [1%s]}' % ("0" * 400)
    )
    assert read_history(directory).returns == [5.0]


def test_digits_are_limited_on_a_python_that_does_not_limit_them(directory, monkeypatch):
    monkeypatch.setattr(json_files, "_PARSE_INT", json_files._parse_int)
    the("manifest.*", directory).write_text(HUGE)
    assert "a number of 5,000,000 digits" in read(directory).problems[0]


def test_a_large_file_of_empty_lists_is_not_read(directory, monkeypatch):
    monkeypatch.setattr(json_files, "MOST_JSON", 1000)  # what counts as large
    lists = ",".join(["[]"] * 20_000)
    the("episode_batch.*", directory).write_text(f'{{"timestamps": [{lists}]}}')
    the("episode_log.*", directory).unlink()
    assert "too many lists and objects" in "".join(read(directory).problems)


def test_a_sound_file_that_ends_in_a_hole_is_not_read_through_it(directory):
    the("episode_log.*", directory).unlink()
    batch = the("episode_batch.*", directory)
    os.truncate(batch, json_files.MOST_STATS)
    assert f"{batch.name}: not JSON: it has zero bytes" in read(directory).problems


def test_a_log_that_claims_a_terabyte_is_no_reason_not_to_resume(directory):
    log = the("episode_log.*", directory)
    os.truncate(log, 1 << 40)
    found = read_history(directory)
    assert (found.returns, found.lengths) == ([5.0], [10])
    assert read(directory).episodes.episode_return.tolist() == [5.0]


def as_if_killed(directory, **changes):
    """The writer was not closed, and its process is gone from here."""
    manifest = the("manifest.*", directory)
    document = json.loads(manifest.read_text())
    document["monitorcli"].update(closed=False, **changes)
    document["monitorcli"]["lease"].update(pid=None)
    manifest.write_text(json.dumps(document))


@pytest.mark.parametrize("size", [6_000_000_000, 1 << 40])
def test_the_log_of_a_dead_writer_is_sealed_up_to_the_hole_in_it(directory, size):
    path = the("episode_log.*", directory)
    path.write_bytes(path.read_bytes() + packed(1, 6.0))
    os.truncate(path, size)
    as_if_killed(directory)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    recover(directory)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB
    batches = sorted(directory.glob("openaigym.episode_batch.*"))
    assert [json.loads(batch.read_text())["episode_rewards"] for batch in batches] == [[6.0], [5.0]]
    assert np.load(path, mmap_mode="r")["return"].tolist() == [5.0, 6.0]


@pytest.mark.parametrize("changes", [{"writer": ["x"]}, {"writer": {}}, {"writer": None}, {"batch": "x"}])
@pytest.mark.parametrize("gone", [False, True], ids=["odd", "gone"])
def test_a_manifest_that_names_no_writer_is_nobodys(directory, changes, gone):
    as_if_killed(directory, **changes)
    if gone:
        manifest = the("manifest.*", directory)
        document = json.loads(manifest.read_text())
        del document["monitorcli"][next(iter(changes))]
        manifest.write_text(json.dumps(document))
    os.truncate(the("run.*", directory), 0)
    recover(directory)
    refuse_living(directory)


def test_a_batch_whose_number_is_a_path_is_let_be(directory, tmp_path):
    for path in [*directory.iterdir()]:
        path.rename(directory / re.sub(r"0\.[0-9a-f]{8}", "0.u", path.name))
    as_if_killed(directory, writer="0.u", batch="/../../evil", log="openaigym.episode_log.0.u.npy")
    (directory / "openaigym.episode_batch.0.u.batch").mkdir()
    (directory / "openaigym.manifest.0.u.batch").mkdir()
    recover(directory)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_full_disk_overwrites_nothing_through_a_link(tmp_path):
    (tmp_path / "precious").write_bytes(b"mine" * 100)
    (tmp_path / "openaigym.x").symlink_to(tmp_path / "precious")
    assert not json_files._overwrite(tmp_path / "openaigym.x", b"{}")
    assert (tmp_path / "precious").read_bytes() == b"mine" * 100


def test_links_that_are_swapped_for_files_all_the_time_are_never_followed(directory, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(json.dumps({"kind": "SECRET", "version": 1, "command": ["SECRET"]}))
    run, aside = the("run.*", directory), directory / "aside"
    stop = threading.Event()

    def swap():
        while not stop.is_set():
            run.rename(aside)
            run.symlink_to(secret)
            run.unlink()
            aside.rename(run)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        for _ in range(300):
            recording = read(directory)
            assert recording.episodes.episode_return.tolist() == [5.0]
            assert "SECRET" not in repr(recording.runs)
    finally:
        stop.set()
        swapping.join()


# What reaches a terminal.


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_nothing_in_a_file_reaches_the_terminal_unescaped(directory, tmp_path, form):
    evil = "\x1b]0;owned\x07\x1b[2J[bold]x[/bold]<script>\r\n\x9b31m\u202e"
    for pattern in ("manifest.*", "run.*"):
        content = json.loads(the(pattern, directory).read_text())
        content["env_info"] = {"env_id": evil, "gym_version": evil}
        content["command"] = [evil]
        content["videos"] = [[evil, evil]]
        the(pattern, directory).write_text(json.dumps(content))
    (directory / "openaigym.manifest.\x1b[31m.manifest.json").write_text(evil)
    done = monitorcli("inspect", "run", "--format", form, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert all(char == "\n" or char.isprintable() for char in done.stdout + done.stderr)


@pytest.mark.parametrize("evil", ["\x1b[2J", "\u202e", "a\nb"])
def test_nothing_in_a_file_reaches_the_terminal_through_an_error_that_nobody_caught(directory, evil):
    path = the("run.*", directory)
    content = json.loads(path.read_text())
    content["lease"].update(host=evil, pid=-1, boot="elsewhere")
    path.write_text(json.dumps(content))
    with pytest.raises(MonitorError) as refused:
        refuse_living(directory)
    assert str(refused.value).isprintable()


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 3), st.booleans())
def test_returns_that_are_neighbouring_floats_can_be_drawn(value, apart, in_ascii):
    other = value
    for _ in range(apart):
        other = math.nextafter(other, math.inf)
    for points in ([value, other], [other, value, value]):
        if np.isfinite(points).all():
            drawn = curve.draw(np.array(points), 72, 4, in_ascii)
            assert {len(line) for line in drawn} == {72}


@given(st.binary(max_size=300))
def test_no_bytes_in_place_of_json_are_more_than_a_bad_file(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("json") / "openaigym.x"
    path.write_bytes(content)
    try:
        assert isinstance(json_files.read_json(path), dict)
    except MonitorError:
        pass


def test_a_writer_whose_name_is_a_path_is_let_be(tmp_path):
    inside = tmp_path / "runs"
    for name in ("episode_log", "episode_batch", "manifest"):
        (inside / f"openaigym.{name}.0.a").mkdir(parents=True)
    stem = "0.a/../../evil"
    write(tmp_path / "made", packed(0), uid="u", close=False)
    (made,) = (tmp_path / "made").glob("*.npy")
    (tmp_path / "evil.npy").write_bytes(made.read_bytes())
    (path,) = (tmp_path / "made").glob("openaigym.manifest.*")
    document = json.loads(path.read_text())
    document["monitorcli"].update(writer=stem, lease={**document["monitorcli"]["lease"], "pid": None})
    (inside / "openaigym.manifest.0.a.manifest.json").write_text(json.dumps(document))
    recover(inside)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evil.npy", "made", "runs"]
