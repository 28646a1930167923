"""Our own directories read back: complete, killed, mixed, damaged, and hostile."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from writing import START, begin_run, open_writer, packed, write

from monitorcli import summary
from monitorcli.cli.watch_news import _end_of
from monitorcli.errors import MonitorError, NoRecording
from monitorcli.format import log
from monitorcli.format.environment import Environment
from monitorcli.recording import load_results, read

RECORDINGS = Path(__file__).parent / "recordings"


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "run"


def the(pattern, directory):
    (found,) = directory.glob(f"openaigym.{pattern}")
    return found


def edit(path, **changes):
    document = json.loads(path.read_text())
    document.update(changes)
    path.write_text(json.dumps(document))


def edit_lease(path, **changes):
    document = json.loads(path.read_text())
    (document["lease"] if "lease" in document else document["monitorcli"]["lease"]).update(changes)
    path.write_text(json.dumps(document))


# What is read of a sound directory.


def test_an_episode_is_read_as_it_was_written(directory):
    begin_run(directory, command=["python", "train.py"]).end(exit_status=0)
    seed = (5 << 64) + 7
    write(
        directory,
        packed(0, float("nan"), length=3, end=log.END_TRUNCATED, mode=b"e", success=1, slot=2),
        packed(1, seed=seed & (1 << 64) - 1, seed_high=seed >> 64, seeded=1, end=log.CUT_RESET),
    )
    recording = read(directory)
    episodes = recording.episodes
    assert np.isnan(episodes.episode_return[0])
    assert episodes.length.tolist() == [3, 10]
    assert episodes.started_at.tolist() == [START, START + 1]
    assert episodes.duration.tolist() == [0.5, 0.5]
    assert episodes.completed.tolist() == [True, False]
    assert episodes.mode.tolist() == [b"e", b"t"]
    assert episodes.success.tolist() == [1, -1]
    assert episodes.slot.tolist() == [2, 0]
    assert int(episodes.seed_high[1]) << 64 | int(episodes.seed[1]) == seed
    assert recording.env_ids == ("CartPole-v1",)
    how = recording.runs[0].how
    assert {**how, "lease": None} == {"kind": "start", "command": ["python", "train.py"], "lease": None}
    assert (recording.runs[0].recorder, recording.writers[0].version) == ("monitorcli", "1.4.0")
    assert (recording.problems, recording.notes) == ((), ())


def test_episodes_that_overlap_are_numbered_by_their_start(directory):
    write(directory, packed(1, 11.0), packed(0, 10.0), packed(2, 12.0))
    assert read(directory).episodes.episode_return.tolist() == [10.0, 11.0, 12.0]


def test_writers_of_one_run_are_interleaved_by_time(directory):
    write(directory, packed(0, 1.0, started_at=START), packed(1, 3.0, started_at=START + 20))
    write(directory, packed(0, 2.0, started_at=START + 10))
    recording = read(directory)
    assert recording.episodes.episode_return.tolist() == [1.0, 2.0, 3.0]
    assert len(recording.writers) == 2
    assert [run.episodes for run in recording.runs] == [3]


def test_a_later_run_comes_after_an_earlier_one_whatever_the_clock_said(directory):
    write(directory, packed(0, 1.0, started_at=START + 500), run=0)
    write(directory, packed(1, 2.0, started_at=START), run=1)
    assert read(directory).episodes.episode_return.tolist() == [1.0, 2.0]


def test_gym_runs_come_before_ours_in_a_directory_that_was_resumed(directory):
    shutil.copytree(RECORDINGS / "gym-0.7.4-cartpole", directory)
    begin_run(directory).end(exit_status=0)
    write(directory, packed(10, 99.0))
    recording = read(directory)
    assert [(run.number, run.recorder, run.episodes) for run in recording.runs] == [
        (0, "gym 0.7.4", 10),
        (1, "monitorcli", 1),
    ]
    assert recording.episodes.episode_return[10] == 99.0
    assert recording.env_ids == ("CartPole-v0", "CartPole-v1")


def test_several_environments_are_named_in_the_order_they_appear(directory):
    for run, name in enumerate(("Pong-v5", "Acrobot-v1", "Pong-v5")):
        write(directory, packed(0), run=run, environment=Environment(name, "1.4.0"))
    assert read(directory).env_ids == ("Pong-v5", "Acrobot-v1")


def test_a_million_episodes_are_columns_that_share_what_is_the_same(directory):
    writer = write(directory)
    records = np.frombuffer(packed(0), log.RECORD).repeat(1_000_000)
    records["number"] = np.arange(len(records))
    with open(the("episode_log.*", directory), "ab") as file:
        file.write(records.tobytes())
    recording = read(directory)
    assert writer.closed
    assert summary.summarise(recording.episodes).steps == 10_000_000
    assert recording.episodes.seed.strides == (0,)


# What became of a run.


def test_a_run_that_ended_by_itself_is_complete(directory):
    begin_run(directory).end(exit_status=0)
    assert read(directory).runs[0].state == "complete"


def test_a_run_whose_command_failed_says_so_with_its_status(directory):
    begin_run(directory).end(exit_status=3)
    run = read(directory).runs[0]
    assert (run.state, run.exit_status) == ("failed", 3)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ({"exit_status": None, "signal": 2, "interrupted": True}, "interrupted"),
        ({"exit_status": None, "signal": 2}, "interrupted"),  # by a version that said no more
        ({"exit_status": 130, "signal": None, "interrupted": True}, "interrupted"),
        ({"exit_status": 130, "signal": None, "interrupted": False}, "failed"),
        ({"exit_status": 0, "signal": None, "interrupted": "yes"}, "complete"),
    ],
)
def test_a_run_that_ctrl_c_ended_was_interrupted(directory, outcome, state):
    begin_run(directory).end(**outcome)
    run = read(directory).runs[0]
    assert (run.state, "interrupted" in run.how) == (state, False)
    if state == "interrupted":
        assert _end_of(run) == "run 0 was interrupted; it has 0 episodes."


def test_a_run_whose_command_was_killed_has_crashed(directory):
    begin_run(directory).end(exit_status=137, signal=9)
    assert read(directory).runs[0].state == "crashed"


def test_a_run_whose_process_lives_is_running(directory):
    begin_run(directory)
    assert read(directory).runs[0].state == "running"


def test_a_run_whose_process_is_gone_has_crashed(directory):
    edit_lease(begin_run(directory).path, pid=2**22 + 1)
    assert read(directory).runs[0].state == "crashed"


def test_a_run_elsewhere_that_went_silent_is_stale(directory):
    path = begin_run(directory).path
    edit_lease(path, boot="another machine")
    assert read(directory).runs[0].state == "running"
    os.utime(path, (START - 1e6, START - 1e6))
    assert read(directory).runs[0].state == "stale"


def test_a_run_elsewhere_is_alive_while_its_writers_are(directory):
    path = begin_run(directory).path
    edit_lease(path, boot="another machine")
    os.utime(path, (START - 1e6, START - 1e6))
    write(directory, packed(0), close=False)
    assert read(directory).runs[0].state == "running"


@pytest.mark.parametrize("pid", [-1, 10**4000, True, "7", None])
def test_a_lease_of_nonsense_belongs_to_nobody(directory, pid):
    edit_lease(begin_run(directory).path, pid=pid)
    assert read(directory).runs[0].state == "crashed"


def test_a_writer_without_a_run_file_tells_by_itself(directory):
    write(directory, packed(0))
    write(directory, packed(0), run=1, close=False)
    killed = write(directory, packed(0), run=2, close=False)
    edit_lease(the(f"manifest.{killed.stem}.*", directory), process_started=-5)
    recording = read(directory)
    assert [run.state for run in recording.runs] == ["complete", "running", "crashed"]
    assert [writer.closed for writer in recording.writers] == [True, False, False]


def test_kill_9_loses_no_finished_episode(directory):
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from writing import packed, write\n"
        "write(Path(sys.argv[1]), *map(packed, range(7)), close=False)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    folders = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parent.parent)])
    command = [sys.executable, "-c", program, str(directory)]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": folders}, check=False)
    recording = read(directory)
    assert len(recording.episodes) == 7
    assert [run.state for run in recording.runs] == ["crashed"]


# Videos.


def film(directory, stem, number, meta, content=b"film"):
    base = f"openaigym.video.{stem}.video{number:06}"
    (directory / f"{base}.meta.json").write_text(json.dumps(meta))
    if content is not None:
        (directory / f"{base}.mp4").write_bytes(content)


def test_a_video_belongs_to_the_episode_of_its_number(directory):
    writer = write(directory, packed(8), packed(9), packed(10))
    film(directory, writer.stem, 9, {"episode_id": 9, "content_type": "video/mp4", "frames": 11})
    (video,) = read(directory).videos
    assert (video.episode, video.size, video.finished, video.broken) == (1, 4, True, False)


def test_a_video_of_two_writers_is_told_apart_by_its_writer(directory):
    first = write(directory, packed(0), packed(1, started_at=START + 9))
    second = write(directory, packed(0, started_at=START + 1), packed(1, started_at=START + 5))
    for writer in (first, second):
        film(directory, writer.stem, 1, {"frames": 11})
    names = {video.name.split(".")[3]: video.episode for video in read(directory).videos}
    assert names == {first.stem[2:]: 3, second.stem[2:]: 2}


def test_a_video_still_being_written_is_not_finished(directory):
    writer = write(directory, packed(0), close=False)
    film(directory, writer.stem, 1, {"episode_id": 1, "content_type": "video/mp4", "frames": None})
    (video,) = read(directory).videos
    assert (video.episode, video.finished, video.broken) == (None, False, False)


def test_a_broken_video_is_listed_though_its_file_is_gone(directory):
    writer = write(directory, packed(0))
    film(directory, writer.stem, 0, {"frames": 3, "broken": True, "reason": "x"}, content=None)
    (video,) = read(directory).videos
    assert (video.name[-15:], video.size, video.broken) == ("video000000.mp4", 0, True)


# Damage: each file that is not sound is named, and hides no other.


def test_no_directory_is_no_recording(tmp_path):
    with pytest.raises(NoRecording) as caught:
        read(tmp_path / "missing")
    assert caught.value.hint


@pytest.mark.parametrize("name", ["notes.txt", "openaigym.tmp.0123", "episode-0.mp4"])
def test_a_directory_without_files_of_ours_is_no_recording(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(NoRecording):
        read(tmp_path)


def test_a_file_in_place_of_the_directory_is_no_recording(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NoRecording):
        read(tmp_path / "file")


def test_a_log_without_its_manifest_is_read_all_the_same(directory):
    begin_run(directory).end(exit_status=0)
    write(directory, packed(0), packed(1))
    the("manifest.*", directory).unlink()
    recording = read(directory)
    assert len(recording.episodes) == 2
    assert len(recording.runs) == 1
    assert recording.env_ids == ("(unknown)",)
    assert "no manifest" in recording.problems[0]


def test_without_its_log_a_writers_sealed_batches_are_read(directory):
    writer = open_writer(directory)
    writer.append(packed(0, 1.0, seed=3, seeded=1))
    writer.append(packed(1, end=log.CUT_RESET))
    writer.seal_batch()
    writer.append(packed(2, 3.0, end=log.END_TRUNCATED, mode=b"e"))
    writer.close()
    the("episode_log.*", directory).write_bytes(b"not a log")
    recording = read(directory)
    assert recording.episodes.episode_return.tolist() == [1.0, 3.0]
    assert recording.episodes.end.tolist() == [log.END_TERMINATED, log.END_TRUNCATED]
    assert recording.episodes.mode.tolist() == [b"t", b"e"]
    assert recording.episodes.seeded.tolist() == [1, 0]
    assert "episode_log" in recording.problems[0]
    assert "1 incomplete" in recording.notes[0]


def test_with_nothing_left_but_its_batch_a_writer_is_still_read(directory):
    write(directory, packed(0, 4.0, end=log.END_TRUNCATED))
    the("manifest.*", directory).unlink()
    the("episode_log.*", directory).write_bytes(b"")
    recording = read(directory)
    assert recording.episodes.episode_return.tolist() == [4.0]
    assert recording.episodes.end.tolist() == [log.END_TRUNCATED]
    assert [run.recorder for run in recording.runs] == ["monitorcli"]
    assert len(recording.problems) == 2


def test_a_damaged_manifest_hides_no_sound_one(directory):
    write(directory, packed(0, 1.0))
    bad = write(directory, packed(0, 2.0, started_at=START + 5), environment=Environment("Lost-v0"))
    the(f"manifest.{bad.stem}.*", directory).write_text('{"stats": ')
    recording = read(directory)
    assert sorted(recording.episodes.episode_return.tolist()) == [1.0, 2.0]
    assert "CartPole-v1" in recording.env_ids
    assert any(bad.stem in problem and "not JSON" in problem for problem in recording.problems)


def test_records_of_zeros_as_a_power_cut_leaves_them_are_left_out(directory):
    write(directory, packed(0, 1.0))
    with open(the("episode_log.*", directory), "ab") as file:
        file.write(bytes(128) + packed(3, 2.0))
    recording = read(directory)
    assert recording.episodes.episode_return.tolist() == [1.0, 2.0]
    assert recording.problems[0].endswith("2 records are damaged, and are left out")


def test_an_endless_sparse_log_is_given_up(directory):
    write(directory, packed(0, 1.0))
    os.truncate(the("episode_log.*", directory), 1 << 40)
    recording = read(directory)
    assert recording.episodes.episode_return.tolist() == [1.0]
    assert any("is not read" in problem for problem in recording.problems)


def test_lost_episodes_are_mentioned(directory):
    write(directory, packed(0))
    manifest = the("manifest.*", directory)
    ours = json.loads(manifest.read_text())["monitorcli"]
    edit(manifest, monitorcli={**ours, "lost": 4})
    assert "4 episodes" in read(directory).problems[0]


def test_a_log_cut_at_any_byte_gives_its_whole_records(directory):
    write(directory, packed(0), packed(1), packed(2))
    path = the("episode_log.*", directory)
    whole = path.read_bytes()
    start = len(log.header(0))
    for size in range(start, len(whole)):
        path.write_bytes(whole[:size])
        recording = read(directory)
        assert len(recording.episodes) == (size - start) // log.SIZE
        assert bool(recording.problems) == bool((size - start) % log.SIZE)


# Hostile: no name leads out, nothing but a regular file is opened, no type is believed.


@pytest.mark.parametrize(
    "name", ["../secret.npy", "/etc/passwd", "openaigym.x/../../y", "sub/dir.npy", 7, None, []]
)
@pytest.mark.parametrize("key", ["stats", "log"])
def test_a_manifest_cannot_point_out_of_the_directory(directory, key, name):
    write(directory, packed(0, 5.0))
    manifest = the("manifest.*", directory)
    if key == "log":
        ours = json.loads(manifest.read_text())["monitorcli"]
        edit(manifest, monitorcli={**ours, "log": name})
        assert manifest.name in read(directory).problems[0]
    else:
        edit(manifest, stats=name)
        the("episode_log.*", directory).unlink()
        assert any(manifest.name in problem for problem in read(directory).problems)


def test_a_video_named_outside_the_directory_is_refused(directory):
    write(directory, packed(0))
    edit(the("manifest.*", directory), videos=[["../a.mp4", "/b.json"], "x", ["openaigym.video.a"]])
    assert len(read(directory).problems) == 3
    assert load_results(directory)["videos"] == []


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
@pytest.mark.parametrize("pattern", ["manifest.*", "episode_log.*", "run.*", "video.*.mp4"])
def test_only_regular_files_are_opened(directory, pattern, kind):
    begin_run(directory)
    writer = write(directory, packed(0))
    film(directory, writer.stem, 0, {"frames": 2})
    path = the(pattern, directory)
    away = path.rename(directory.parent / "away")
    {"link": lambda: path.symlink_to(away), "fifo": lambda: os.mkfifo(path), "folder": path.mkdir}[kind]()
    assert f"{path.name}: not a regular file; not read" in read(directory).problems


def test_a_huge_json_file_is_not_read(directory):
    write(directory, packed(0))
    os.truncate(the("manifest.*", directory), 1 << 40)
    assert "more than is read" in read(directory).problems[0]


@pytest.mark.parametrize(
    "content", ["", "[" * 100_000, "1" * 5000, "null", "[]", '"x"', "\x00", '{"a":', '{"x": 1e999}', "{}"]
)
@pytest.mark.parametrize("pattern", ["manifest.*", "run.*", "video.*.meta.json"])
def test_a_file_of_nonsense_costs_only_itself(directory, pattern, content):
    begin_run(directory)
    writer = write(directory, packed(0, 5.0))
    film(directory, writer.stem, 0, {"frames": 2})
    the(pattern, directory).write_text(content)
    recording = read(directory)
    assert recording.episodes.episode_return.tolist() == [5.0]
    assert [video.episode for video in recording.videos] == [0]


def test_half_a_surrogate_pair_in_an_id_can_still_be_printed(directory):
    write(directory, packed(0))
    edit(the("manifest.*", directory), env_info={"env_id": "\ud800", "gym_version": "\udfff"})
    recording = read(directory)
    assert recording.env_ids == ("?",)
    assert recording.writers[0].version == "?"


def test_a_newer_manifest_is_not_guessed_at(directory):
    write(directory, packed(0))
    manifest = the("manifest.*", directory)
    ours = json.loads(manifest.read_text())["monitorcli"]
    edit(manifest, monitorcli={**ours, "version": 2})
    assert "newer than this monitorcli" in read(directory).problems[0]


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
OUR_KEYS = ("version", "run", "writer", "log", "first", "count", "opened_at", "closed", "lost", "lease")
RUN_KEYS = ("version", "started_at", "ended_at", "lease", "exit_status", "signal", "kind")
STATS_KEYS = (
    "initial_reset_timestamp", "timestamps", "episode_lengths", "episode_rewards", "episode_types",
    "episode_ends", "episode_seeds", "incomplete",
)  # fmt: skip


def never_fails(directory):
    """Read in every way there is; gives the recording, or None when there is none."""
    for way in (load_results, read):
        try:
            found = way(directory)
        except MonitorError:
            found = None
    if found is not None:
        summary.summarise(found.episodes)
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    directory = tmp_path_factory.mktemp("whole") / "run"
    begin_run(directory).end(exit_status=0)
    writer = write(directory, packed(0), packed(1, end=log.CUT_RESET), packed(2, seed=1, seeded=1))
    film(directory, writer.stem, 2, {"episode_id": 2, "content_type": "video/mp4", "frames": 4})
    return directory


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_type_in_any_field_is_believed(whole, tmp_path_factory, data):
    directory = tmp_path_factory.mktemp("damaged") / "run"
    shutil.copytree(whole, directory)
    pattern, keys = data.draw(
        st.sampled_from(
            [
                ("manifest.*", ("stats", "videos", "env_info", "monitorcli")),
                ("run.*", RUN_KEYS),
                ("video.*.meta.json", ("episode_id", "content_type", "frames", "broken")),
                ("episode_batch.*", STATS_KEYS),
            ]
        )
    )
    edit(the(pattern, directory), **{data.draw(st.sampled_from(keys)): data.draw(ANY_JSON)})
    if data.draw(st.booleans()):
        manifest = the("manifest.*", directory)
        ours = json.loads(manifest.read_text()).get("monitorcli")
        if isinstance(ours, dict):
            edit(manifest, monitorcli={**ours, data.draw(st.sampled_from(OUR_KEYS)): data.draw(ANY_JSON)})
    if data.draw(st.booleans()):
        the("episode_log.*", directory).unlink()
    assert never_fails(directory) is not None


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_byte_of_any_file_is_believed(whole, tmp_path_factory, data):
    directory = tmp_path_factory.mktemp("damaged") / "run"
    shutil.copytree(whole, directory)
    path = data.draw(st.sampled_from(sorted(directory.iterdir())))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    assert never_fails(directory) is not None


def test_every_file_can_be_cut_at_every_byte(whole, tmp_path):
    directory = tmp_path / "run"
    shutil.copytree(whole, directory)
    for path in sorted(directory.iterdir()):
        content = path.read_bytes()
        for size in range(len(content)):
            path.write_bytes(content[:size])
            assert never_fails(directory) is not None
        path.write_bytes(content)
