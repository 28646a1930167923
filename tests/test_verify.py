"""A directory checked against itself: sound ones are silent, and each kind of damage is named."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from commands import monitorcli
from environments import Countdown, play
from writing import begin_run, packed, write

from monitorcli import Monitor
from monitorcli.errors import EncoderFailed, NoRecording
from monitorcli.format import log
from monitorcli.monitor import writer
from monitorcli.recording import decode
from monitorcli.recording.folder import Folder
from monitorcli.recording.verify import verify
from monitorcli.video.ffmpeg import find_ffmpeg

RECORDINGS = Path(__file__).parent / "recordings"
FFMPEG = find_ffmpeg()


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "run"


@pytest.fixture
def sealed(directory, monkeypatch):
    """Eight episodes in three batches, one of them incomplete."""
    monkeypatch.setattr(writer, "BATCH", 3)
    run = begin_run(directory)
    records = [packed(number, float(number), seed=number, seeded=1) for number in range(7)]
    write(directory, *records, packed(7, end=log.CUT_RESET), uid="u")
    run.end()
    return directory


def the(pattern, directory):
    (found,) = directory.glob(f"openaigym.{pattern}")
    return found


def edit(path, **changes):
    document = json.loads(path.read_text())
    document.get("monitorcli", document).update(changes)
    path.write_text(json.dumps(document))


def filmed(directory, mode="rgb_array", episodes=2, **options):
    """Films of all episodes, five steps each."""
    env = gymnasium.make("Countdown-v0", render_mode=mode, lengths=(5,), **options)
    with Monitor(env, directory, lambda episode: True, uid="u") as monitor:
        play(monitor, episodes)


def monitored(env, directory):
    """All of the environment's episodes filmed."""
    env.spec = gymnasium.spec("Countdown-v0")
    return Monitor(env, directory, lambda episode: True, uid="u")


# Nothing to say.


def test_a_sound_directory_is_silent(sealed):
    assert verify(sealed, FFMPEG) == []


@pytest.mark.parametrize("mode", ["rgb_array", "ansi"])
def test_sound_films_are_silent_those_of_an_incomplete_episode_too(directory, mode):
    env = gymnasium.make("Countdown-v0", render_mode=mode, lengths=(5,))
    with Monitor(env, directory, lambda episode: True) as monitor:
        play(monitor, 1)
        monitor.reset()
        monitor.step(0)
        monitor.reset()
    assert verify(directory, FFMPEG) == []


def test_a_killed_run_is_sound_when_its_log_is(directory):
    begin_run(directory)
    write(directory, packed(0), packed(1), close=False)
    assert verify(directory, FFMPEG) == []


def test_films_of_an_environment_that_resets_itself_lack_the_last_state(directory):
    class Restarting(Countdown):
        metadata = {**Countdown.metadata, "autoreset": True}

        def step(self, action):
            observation, *rest = super().step(action)
            if rest[1]:
                self.reset()
            return observation, *rest

    with monitored(Restarting((5,), "rgb_array"), directory) as monitor:
        monitor.reset()
        for _ in range(10):
            monitor.step(0)
    assert verify(directory, FFMPEG) == []


@pytest.mark.parametrize(
    "name", ["gym-0.21.0-cartpole", "gym-0.7.4-text", "gym-0.1.0-resets", "gym-mixed-versions"]
)
def test_gyms_own_directories_are_sound(name):
    assert verify(RECORDINGS / name, FFMPEG) == []


def test_without_ffmpeg_finished_films_are_counted_by_their_container(directory):
    filmed(directory)
    assert verify(directory) == []
    edit(the("video.0.u.video000001.meta.json", directory), frames=99)
    assert verify(directory) == ["openaigym.video.0.u.video000001.mp4: 6 frames can be decoded of 99"]


# Logs, batches, manifests.


@pytest.mark.parametrize(
    ("key", "value"),
    [("timestamps", 0), ("episode_lengths", 11), ("episode_rewards", 9.5), ("episode_seeds", None)],
)
def test_a_batch_that_differs_from_its_log_is_named(sealed, key, value):
    batch = the("episode_batch.0.u.batch000001.stats.json", sealed)
    edit(batch, **{key: [value, *json.loads(batch.read_text())[key][1:]]})
    assert verify(sealed) == [f"{batch.name}: {key} are not what the log has"]


def test_a_batch_that_has_other_episodes_than_its_manifest_says_is_named(sealed):
    edit(the("manifest.0.u.batch000001.manifest.json", sealed), count=2)
    assert verify(sealed) == [
        "openaigym.episode_batch.0.u.batch000001.stats.json: has 3 episodes, and "
        "openaigym.manifest.0.u.batch000001.manifest.json says 2",
        "openaigym.manifest.0.u.batch000002.manifest.json: its episodes begin at record 6 of the log, "
        "and those before it end at 5",
    ]


def test_a_lost_batch_leaves_a_gap(sealed):
    for path in sealed.glob("*batch000001*"):
        path.unlink()
    assert verify(sealed) == [
        "openaigym.manifest.0.u.batch000002.manifest.json: its episodes begin at record 6 of the log, "
        "and those before it end at 3"
    ]


def test_a_log_that_lost_its_end_is_named(sealed):
    path = the("episode_log.*", sealed)
    path.write_bytes(path.read_bytes()[: -log.SIZE - 10])
    assert verify(sealed) == [
        f"{path.name}: its last 54 bytes are a part of a record, and are left out",
        f"{path.name}: lacks 2 of the episodes that openaigym.episode_batch.0.u.batch000002.stats.json has",
        f"{path.name}: its header says 8 episodes, and it holds 6",
        f"{path.name}: holds 6 episodes, and its writer was closed after 8",
    ]


def test_a_header_that_was_not_corrected_is_named(sealed):
    path = the("episode_log.*", sealed)
    path.write_bytes(log.header(0) + path.read_bytes()[len(log.header(0)) :])
    assert verify(sealed) == [f"{path.name}: its header says 0 episodes, and 8 were sealed"]


def test_a_record_behind_the_end_of_a_closed_writer_is_named(sealed):
    path = the("episode_log.*", sealed)
    path.write_bytes(path.read_bytes() + packed(8))
    assert verify(sealed) == [f"{path.name}: holds 9 episodes, and its writer was closed after 8"]


@pytest.mark.parametrize("first", [10**30, 2**63, -1, 9])
def test_a_batch_that_claims_records_which_are_not_there_is_named(sealed, first):
    name = "manifest.0.u.batch000002.manifest.json"
    edit(the(name, sealed), first=first)
    assert any("batch000002" in fault for fault in verify(sealed))


def test_lost_episodes_are_named(sealed):
    edit(the("manifest.0.u.batch000002.manifest.json", sealed), lost=4)
    assert verify(sealed) == [
        "openaigym.manifest.0.u.batch000002.manifest.json: the disk refused 4 episodes; they are lost"
    ]


def test_files_of_ours_that_nobody_names_are_named(sealed):
    (sealed / "openaigym.video.0.other.video000000.mp4").write_bytes(b"")
    (sealed / "openaigym.thing").write_text("x")
    found = verify(sealed)
    assert "openaigym.thing: belongs to no run and to no writer" in found


def test_what_read_finds_is_found_too(sealed):
    the("manifest.0.u.manifest.json", sealed).write_text("{")
    assert verify(sealed)[0].startswith("openaigym.manifest.0.u.manifest.json: not JSON")


def test_no_recording_is_an_error(tmp_path):
    with pytest.raises(NoRecording):
        verify(tmp_path)


# Films.


def test_a_film_that_was_cut_is_named(directory):
    filmed(directory)
    path = the("video.0.u.video000001.mp4", directory)
    path.write_bytes(path.read_bytes()[:200])
    assert verify(directory, FFMPEG) == [f"{path.name}: not one frame can be decoded"]


def test_a_film_of_too_few_frames_is_named(directory):
    filmed(directory)
    edit(the("video.0.u.video000001.meta.json", directory), frames=7)
    assert verify(directory, FFMPEG) == ["openaigym.video.0.u.video000001.mp4: 6 frames can be decoded of 7"]


def test_a_film_of_another_episode_is_named(directory):
    env = gymnasium.make("Countdown-v0", render_mode="rgb_array", lengths=(5, 7))
    with Monitor(env, directory, lambda episode: True, uid="u") as monitor:
        play(monitor, 2)
    films = [the(f"video.0.u.video00000{number}.mp4", directory) for number in range(2)]
    first, second = (film.read_bytes() for film in films)
    films[0].write_bytes(second)
    films[1].write_bytes(first)
    assert verify(directory, FFMPEG) == [
        f"{films[0].name}: 8 frames can be decoded of 6",
        f"{films[1].name}: 6 frames can be decoded of 8",
    ]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ('{"version": 1}', "not an asciicast"),
        ("{", "not JSON: Expecting property name enclosed in double quotes: line 2 column 1 (char 2)"),
        ('{"version": 2}\n[0, "o"]', "line 2 is no event of an asciicast"),
        ('{"version": 2}\n[NaN, "o", "a"]', "line 2 is no event of an asciicast"),
        (
            '{"version": 2}\n[1, "o", "a"]\n[0.5, "r", "9x9"]',
            "line 3 has an earlier time than the line before it",
        ),
        ('{"version": 2}\n[1, "o", "a"]', "1 frames can be decoded of 3"),
        ("9" * (1 << 20), "a line is too long"),
    ],
)
def test_a_text_film_that_is_no_asciicast_is_named(directory, lines, sentence):
    with monitored(Countdown((2,), "ansi"), directory) as monitor:
        play(monitor)
    the("video.0.u.video000000.cast", directory).write_text(lines + "\n")
    assert verify(directory) == [f"openaigym.video.0.u.video000000.cast: {sentence}"]


def test_a_text_film_of_a_killed_process_plays_to_its_last_whole_line(directory):
    with monitored(Countdown((9,), "ansi"), directory) as monitor:
        monitor.reset()
        monitor.step(0)
        monitor.step(0)
        path = the("video.0.u.video000000.cast", directory)
        with path.open("a") as file:
            file.write('[0.15, "o", "st')
        assert decode.decode_text(Folder(directory), path.name) == decode.Frames(3, alike=False)


@pytest.mark.parametrize("mode", ["rgb_array", "ansi"])
def test_a_film_of_one_picture_is_named(directory, mode):
    class Blank(Countdown):
        def render(self):
            return "blank" if self.render_mode == "ansi" else np.full((16, 16, 3), 90, np.uint8)

    with monitored(Blank((5, 2), mode), directory) as monitor:
        play(monitor, 2)
    ending = "cast" if mode == "ansi" else "mp4"
    assert verify(directory, FFMPEG) == [
        f"openaigym.video.0.u.video000000.{ending}: its 6 frames are all alike; is the picture empty?"
    ]


def test_a_film_of_few_frames_that_are_alike_is_a_remark_and_no_fault(directory, tmp_path):
    class Still(Countdown):
        def render(self):
            return np.full((16, 16, 3), 90, np.uint8)

    with monitored(Still((1, 2), "rgb_array"), directory) as monitor:
        play(monitor, 2)
    done = monitorcli("inspect", "run", "--verify", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        0,
        "monitorcli: openaigym.video.0.u.video000000.mp4: its 2 frames are all alike, "
        "which may be right for so few.\n"
        "monitorcli: openaigym.video.0.u.video000001.mp4: its 3 frames are all alike, "
        "which may be right for so few.\n"
        "monitorcli: run: sound.\n",
    )


def test_a_film_that_takes_too_long_is_counted_and_what_was_not_checked_is_said(directory, monkeypatch):
    filmed(directory, episodes=1)
    monkeypatch.setattr(decode, "PATIENCE", 0.0)
    left_out("decoding was given up after 0 s", directory, endless(directory.parent))


def test_a_film_of_large_pictures_is_counted_and_what_was_not_checked_is_said(directory, monkeypatch):
    filmed(directory, episodes=1)
    fewer = [word.replace(str(decode.MOST_PIXELS), "100") for word in decode._ARGUMENTS]
    monkeypatch.setattr(decode, "_ARGUMENTS", fewer)
    left_out("pictures of more than 16,777,216 pixels are not decoded", directory, FFMPEG)


def left_out(why, directory, ffmpeg):
    remarks = []
    assert verify(directory, ffmpeg, remark=remarks.append) == []
    assert remarks == [f"openaigym.video.0.u.video000000.mp4: {why}; its pictures were not checked."]
    edit(the("video.0.u.video000000.meta.json", directory), frames=7)
    assert verify(directory, ffmpeg) == ["openaigym.video.0.u.video000000.mp4: 6 frames can be decoded of 7"]


def endless(folder):
    """A decoder that never comes to an end; its process id stands in `decoder`."""
    path = folder / "ffmpeg"
    path.write_text(f"#!/bin/sh\necho $$ > {folder}/decoder.new && mv {folder}/decoder.new {folder}/decoder\n"
                    "exec sleep 600\n")  # fmt: skip
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_no_decoder_stays_behind_when_verify_is_stopped(directory, tmp_path, number):
    filmed(directory, episodes=1)
    process = subprocess.Popen(
        [sys.executable, "-m", "monitorcli", "inspect", "run", "--verify"],
        cwd=tmp_path, stderr=subprocess.PIPE, env={**os.environ, "IMAGEIO_FFMPEG_EXE": endless(tmp_path)},
    )  # fmt: skip
    while not (tmp_path / "decoder").exists():
        assert process.poll() is None, process.stderr.read()
        os.sched_yield()
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert not Path(f"/proc/{int((tmp_path / 'decoder').read_text())}").exists()


def test_a_film_that_is_gone_is_named(directory):
    filmed(directory)
    the("video.0.u.video000000.mp4", directory).unlink()
    assert verify(directory, FFMPEG) == ["openaigym.video.0.u.video000000.mp4: is not there"]
    the("video.0.u.video000000.meta.json", directory).unlink()
    assert verify(directory, FFMPEG) == [
        f"openaigym.video.0.u.video000000.{ending}: is not there, "
        "and openaigym.manifest.0.u.manifest.json names it"
        for ending in ("mp4", "meta.json")
    ]


def test_a_film_that_broke_is_named_with_its_reason(directory):
    class Broken(Countdown):
        def render(self):
            raise RuntimeError("no screen")

    with monitored(Broken((5,), "rgb_array"), directory) as monitor, pytest.warns(match="no screen"):
        play(monitor)
    assert verify(directory, FFMPEG) == ["openaigym.video.0.u.video000000.mp4: is broken (no screen)"]


def test_a_playlist_that_is_called_mp4_leads_nowhere(directory, tmp_path):
    filmed(directory, episodes=1)
    film = the("video.0.u.video000000.mp4", directory)
    film.rename(tmp_path / "elsewhere.mp4")
    film.write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{tmp_path / 'elsewhere.mp4'}\n#EXT-X-ENDLIST\n"
    )
    assert verify(directory, FFMPEG) == [f"{film.name}: not one frame can be decoded"]


def test_an_ffmpeg_that_is_none_is_an_error(directory):
    filmed(directory, episodes=1)
    with pytest.raises(EncoderFailed, match="cannot be run"):
        verify(directory, "/nonexistent/ffmpeg")
