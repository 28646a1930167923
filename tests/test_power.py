"""The power fails: what the disk had not got yet is made again from the episode log.

No seal but the first and the last waits for the disk, so a batch or its manifest may be empty, end
too early, end in zeros, or not be there.
"""

import gc
import json
import os
from pathlib import Path

import pytest
from writing import START, open_writer, packed, write

from monitorcli import load_results, read
from monitorcli.format import lease, log
from monitorcli.format import manifest as manifest_module
from monitorcli.monitor import writer
from monitorcli.monitor.recovery import recover
from monitorcli.recording.verify import verify

EPISODES = 11  # in batches of 3: the last two were not sealed yet

TEARS = {
    "emptied": lambda path: os.truncate(path, 0),
    "cut": lambda path: os.truncate(path, path.stat().st_size // 2),
    "zeros": lambda path: path.write_bytes(path.read_bytes()[:10].ljust(path.stat().st_size, b"\0")),
    "gone": lambda path: path.unlink(),
}


@pytest.fixture
def directory(tmp_path, monkeypatch):
    """A run that another boot of this machine left, long ago."""
    monkeypatch.setattr(writer, "BATCH", 3)
    with monkeypatch.context() as before:
        before.setattr(lease, "_boot", lambda: "an earlier one")
        write(tmp_path, *(packed(number, float(number)) for number in range(EPISODES)), uid="u", close=False)
    rest(tmp_path)
    return tmp_path


def rest(directory):
    """Let more time pass than a writer is silent for."""
    for path in directory.iterdir():
        os.utime(path, (1.7e9, 1.7e9))


def batch(number, directory):
    infix = f".batch{number:06}" if number else ""
    return directory / f"openaigym.episode_batch.0.u{infix}.stats.json"


def manifest(number, directory):
    infix = f".batch{number:06}" if number else ""
    return directory / f"openaigym.manifest.0.u{infix}.manifest.json"


def gyms_view(directory):
    """The returns that Gym's reader sees; as it does, all manifests and all that they name are parsed."""
    found = []
    for path in sorted(directory.glob("openaigym.manifest.*")):
        stats = json.loads((directory / json.loads(path.read_text())["stats"]).read_text())
        found += stats["episode_rewards"]
    return sorted(found)


def test_what_an_earlier_boot_left_is_sealed(directory):
    recover(directory)
    assert gyms_view(directory) == list(range(EPISODES))
    assert verify(directory) == []


def test_a_silent_writer_elsewhere_is_let_be(directory):
    for path in directory.glob("openaigym.manifest.*"):
        document = json.loads(path.read_text())
        document["monitorcli"]["lease"]["host"] = "elsewhere"
        path.write_text(json.dumps(document))
    rest(directory)
    recover(directory)
    assert gyms_view(directory) == list(range(9))


@pytest.mark.parametrize("how", TEARS)
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_torn_batch_is_made_again(directory, number, how):
    TEARS[how](batch(number, directory))
    rest(directory)
    assert read(directory).episodes.episode_return.tolist() == list(range(EPISODES))
    assert load_results(directory)["episode_rewards"] == list(range(EPISODES))
    recover(directory)
    assert gyms_view(directory) == list(range(EPISODES))
    assert verify(directory) == []


@pytest.mark.parametrize("how", ["emptied", "cut", "zeros"])
@pytest.mark.parametrize("numbers", [[0], [1], [2], [1, 2], [0, 1]])
def test_a_torn_manifest_is_made_again(directory, numbers, how):
    for number in numbers:
        TEARS[how](manifest(number, directory))
        TEARS[how](batch(number, directory))
    rest(directory)
    assert read(directory).episodes.episode_return.tolist() == list(range(EPISODES))
    recover(directory)
    assert gyms_view(directory) == list(range(EPISODES))
    assert verify(directory) == []


def test_a_batch_of_a_closed_writer_is_made_again_too(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "BATCH", 3)
    write(tmp_path, *(packed(number, float(number)) for number in range(8)), uid="u")
    os.truncate(batch(1, tmp_path), 0)
    recover(tmp_path)
    assert gyms_view(tmp_path) == list(range(8))
    assert verify(tmp_path) == []
    assert read(tmp_path).writers[0].closed


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_batch_of_a_closed_writer_is_made_as_it_was(tmp_path, monkeypatch, number):
    monkeypatch.setattr(writer, "BATCH", 3)
    write(tmp_path, *(packed(number, float(number)) for number in range(8)), uid="u")
    before = [json.loads(manifest(each, tmp_path).read_text()) for each in range(3)]
    lists = json.loads(batch(number, tmp_path).read_text())
    os.truncate(batch(number, tmp_path), 0)
    recover(tmp_path)
    assert [json.loads(manifest(each, tmp_path).read_text()) for each in range(3)] == before
    began = {"initial_reset_timestamp": START}  # this writer had no environment to be told by
    assert json.loads(batch(number, tmp_path).read_text()) == {**lists, **began}


def test_what_is_salvaged_is_on_the_disk(directory, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    recover(directory)
    assert len(synced) == 8  # four batches, each with its manifest


def test_a_sound_recording_is_not_touched(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "BATCH", 3)
    write(tmp_path, *(packed(number) for number in range(8)))
    rest(tmp_path)
    recover(tmp_path)
    assert {path.stat().st_mtime for path in tmp_path.iterdir()} == {1.7e9}


def test_a_log_that_ends_in_zeros_is_sealed_up_to_there(directory):
    with open(directory / "openaigym.episode_log.0.u.npy", "ab") as file:
        file.write(bytes(3 * log.SIZE))
    rest(directory)
    recover(directory)
    assert gyms_view(directory) == list(range(EPISODES))


def test_a_log_that_lost_more_than_was_sealed_adds_nothing(directory):
    os.truncate(directory / "openaigym.episode_log.0.u.npy", len(log.header(0)) + 4 * log.SIZE)
    rest(directory)
    recover(directory)
    assert gyms_view(directory) == list(range(9))
    assert not batch(3, directory).exists()


def test_only_the_first_seal_and_the_last_wait_for_the_disk_the_log_first(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "BATCH", 3)
    synced = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.readlink(f"/proc/self/fd/{file}")))
    opened = open_writer(tmp_path)
    for count in (3, 3, 3, 2):
        opened.append(b"".join(packed(number) for number in range(count)))
        synced.append("batch")
    opened.close()
    kinds = ["log" if "episode_log" in name else "file" if "tmp" in name else name for name in synced]
    assert kinds == ["log", "file", "file", *["batch"] * 4, "log", "file", "file"]


def test_a_list_that_is_ahead_of_its_manifest_gives_no_episode_twice(tmp_path, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(lease, "_boot", lambda: "an earlier one")
        writer = open_writer(tmp_path, uid="u", write_upon_reset=True)
        for number in range(4):
            writer.begin(float(number))
            older = manifest(0, tmp_path).read_bytes()
            writer.append(packed(number, float(number)))
        writer.begin(4.0)
    manifest(0, tmp_path).write_bytes(older)
    assert gyms_view(tmp_path) == [0, 1, 2, 3]
    rest(tmp_path)
    recover(tmp_path)
    assert gyms_view(tmp_path) == [0, 1, 2, 3]
    assert verify(tmp_path) == []


def test_films_that_were_finished_before_a_kill_are_listed_once_and_no_others(directory):
    """An encoder finishes its file, and the meta file says how many frames, before a manifest names both."""

    def film(stem, number, ending, **meta):
        name = f"openaigym.video.{stem}.video{number:06}"
        (directory / f"{name}.meta.json").write_text(json.dumps({"episode_id": number, **meta}))
        (directory / f"{name}{ending}").write_bytes(b"film")
        return [f"{name}{ending}", f"{name}.meta.json"]

    finished = [
        film("0.u", 0, ".mp4", content_type="video/mp4", frames=3),
        film("0.u", 8, ".cast", content_type="application/x-asciicast", frames=3),
        film("0.u", 9, ".json", content_type="video/vnd.openai.ansivid", frames=3),
    ]
    film("0.u", 27, ".mp4", content_type="video/mp4", frames=None)
    film("0.u", 64, ".mp4", content_type="video/mp4", frames=2, broken=True, reason="no room")
    film("0.v", 1, ".mp4", content_type="video/mp4", frames=3)
    gone, _ = film("0.u", 125, ".mp4", content_type="video/mp4", frames=3)
    (directory / gone).unlink()
    for _ in range(2):
        rest(directory)
        recover(directory)
        manifests = map(Path.read_text, directory.glob("openaigym.manifest.*"))
        assert [pair for text in manifests for pair in json.loads(text)["videos"]] == finished
    assert gyms_view(directory) == list(range(EPISODES))


def test_films_that_a_torn_manifest_listed_are_listed_again_and_the_writer_stays_closed(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(writer, "BATCH", 3)
    write(tmp_path, *(packed(number, float(number)) for number in range(8)), uid="u")
    name = "openaigym.video.0.u.video000003"
    film = {"episode_id": 3, "content_type": "video/mp4", "frames": 3}
    (tmp_path / f"{name}.meta.json").write_text(json.dumps(film))
    (tmp_path / f"{name}.mp4").write_bytes(b"film")
    os.truncate(manifest(1, tmp_path), 0)
    recover(tmp_path)
    assert gyms_view(tmp_path) == list(range(8))
    assert [json.loads(manifest(number, tmp_path).read_text())["videos"] for number in range(3)] == [
        [],
        [],
        [[f"{name}.mp4", f"{name}.meta.json"]],
    ]
    assert read(tmp_path).writers[0].closed


def test_two_that_recover_at_once_write_the_same(directory, monkeypatch):
    """One is stopped after each file that it writes, and another one does all of it meanwhile."""
    TEARS["cut"](manifest(1, directory))
    rest(directory)
    write_whole, depth = manifest_module.write_whole, []

    def interrupted(path, data, durable):
        write_whole(path, data, durable)
        if not depth:
            depth.append(path)
            rest(directory)
            recover(directory)
            depth.pop()

    monkeypatch.setattr(manifest_module, "write_whole", interrupted)
    recover(directory)
    assert gyms_view(directory) == list(range(EPISODES))
    assert verify(directory) == []


def test_what_was_salvaged_says_whose_it_is_and_when_it_began(directory):
    first = json.loads(manifest(0, directory).read_text())
    recover(directory)
    last = json.loads(manifest(3, directory).read_text())
    assert last["env_info"] == first["env_info"]
    ours = {"batch": 3, "first": 9, "count": 2}
    assert last["monitorcli"] == {**first["monitorcli"], **ours}
    assert last["monitorcli"]["version"] == 1
    assert json.loads(batch(3, directory).read_text())["initial_reset_timestamp"] == START


def test_with_write_upon_reset_no_reset_waits_for_the_disk(tmp_path, monkeypatch):
    synced = []
    gc.collect()  # what other tests left is closed now, and not in between
    monkeypatch.setattr(os, "fsync", synced.append)
    opened = open_writer(tmp_path, write_upon_reset=True)
    for number in range(5):
        opened.begin(float(number))
        opened.append(packed(number))
    assert synced == []
    opened.close()
    assert len(synced) == 3  # the log, the batch, the manifest
