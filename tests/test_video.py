"""Videos, decoded and looked at frame by frame."""

import functools
import json
import os
import re
import stat
import subprocess
import sys
import time

import gymnasium
import numpy as np
import pytest
from click.testing import CliRunner
from environments import Countdown, play

from monitorcli import Monitor
from monitorcli.cli import main
from monitorcli.errors import EncoderFailed
from monitorcli.format.mp4_frames import count_finished, count_mp4
from monitorcli.format.open_file import FollowedDirectory
from monitorcli.monitor.environment import describe
from monitorcli.monitor.recorder_factory import RecordingOptions, shared_recorder
from monitorcli.monitor.recovery import recover
from monitorcli.monitor.writer import EpisodeWriter, Target
from monitorcli.recording import read
from monitorcli.recording.verify import verify
from monitorcli.video.ffmpeg import arguments, check_ffmpeg, find_ffmpeg
from monitorcli.video.film import frames_per_second
from monitorcli.video.filming import Filming
from monitorcli.video.mp4 import Mp4
from monitorcli.video.options import FilmOptions


def decoded(path):
    """The frames of a video as a uint8 array of shape (frames, height, width), grey."""
    command = [find_ffmpeg(), "-nostdin", "-loglevel", "error", "-i", str(path), "-fps_mode", "passthrough"]
    raw = subprocess.run(
        [*command, "-f", "rawvideo", "-pix_fmt", "gray", "-"], capture_output=True, check=True
    ).stdout
    said = subprocess.run([find_ffmpeg(), "-i", str(path)], capture_output=True, text=True).stderr
    width, height = map(int, re.search(r"Video: .* (\d+)x(\d+)", said).groups())
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width), float(re.search(r"([\d.]+) fps", said)[1])


def film(directory, env, episodes=1, **kwargs):
    with Monitor(env, directory, video_callable=lambda n: True, **kwargs) as monitor:
        play(monitor, episodes)
    return sorted(directory.glob("*.mp4"))


def countdown(*args, **kwargs):
    return gymnasium.make("Countdown-v0", *args, **kwargs)


def test_an_episode_of_20_steps_has_21_frames_each_once_in_order(tmp_path):
    (path,) = film(tmp_path, countdown(lengths=(20,), render_mode="rgb_array"))
    frames, fps = decoded(path)
    assert frames.shape == (21, 16, 16)
    assert fps == 20
    np.testing.assert_allclose(frames.mean(axis=(1, 2)), 10.0 * np.arange(21), atol=2)


@pytest.mark.parametrize(
    ("size", "padded"),
    [((17, 33), (18, 34)), ((64, 49), (64, 50)), ((5, 7), (6, 8)), ((400, 600), (400, 600))],
)
def test_sizes_are_kept_and_odd_ones_padded(tmp_path, size, padded):
    (path,) = film(tmp_path, countdown(render_mode="rgb_array", size=size))
    frames, _ = decoded(path)
    assert frames.shape == (4, *padded)


@pytest.mark.parametrize(
    ("asked", "render_fps", "fps"),
    [
        (None, 20, 20.0),
        (12.5, 20, 12.5),
        (None, None, 30.0),
        (None, 0, 30.0),
        (None, "fast", 30.0),
        (None, np.int64(15), 15.0),
    ],
)
def test_fps_is_what_was_asked_for_else_the_environments_else_30(asked, render_fps, fps):
    metadata = {} if render_fps is None else {"render_fps": render_fps}
    assert frames_per_second(asked, metadata) == fps


def test_the_meta_file_has_gyms_keys(tmp_path):
    film(tmp_path, countdown(render_mode="rgb_array"))
    meta = json.loads(next(tmp_path.glob("*.meta.json")).read_text())
    assert (meta["episode_id"], meta["content_type"], meta["frames"]) == (0, "video/mp4", 4)
    assert set(meta["encoder_version"]) == {"backend", "version", "cmdline"}
    assert str(tmp_path) not in json.dumps(meta)


def test_the_manifest_names_the_videos(tmp_path, frames):
    paths = film(tmp_path, countdown(render_mode="rgb_array"), episodes=3)
    manifest = json.loads(next(tmp_path.glob("openaigym.manifest.*")).read_text())
    assert [video for video, _ in manifest["videos"]] == [path.name for path in paths]


def test_text_environments_become_asciicasts(tmp_path):
    with Monitor(countdown(lengths=(2,), render_mode="ansi"), tmp_path) as env:
        play(env)
    clear = "\x1b[2J\x1b[1;1H"
    assert cast(tmp_path) == [
        {"version": 2, "width": 8, "height": 2, "title": "monitorcli episode"},
        [0.0, "o", f"{clear}step 0\r\n"],
        [0.05, "o", f"{clear}step 1\r\n"],
        [0.1, "o", f"{clear}step 2\r\n"],
    ]
    (meta,) = (json.loads(path.read_text()) for path in tmp_path.glob("*.meta.json"))
    assert meta == {
        "episode_id": 0,
        "content_type": "application/x-asciicast",
        "frames": 3,
        "fps": 20.0,
        "encoder_version": {"backend": "asciicast", "version": 2},
    }


def cast(directory):
    """The lines of the only text film of the directory."""
    (path,) = directory.glob("*.cast")
    text = path.read_text()
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def test_an_asciicast_is_whole_after_every_frame(tmp_path):
    env = Monitor(countdown(lengths=(5,), render_mode="ansi"), tmp_path)
    env.reset()
    for count in range(2, 6):
        env.step(0)
        assert len(cast(tmp_path)) == 1 + count
    env.close()


def test_the_screen_of_an_asciicast_grows_with_its_frames_and_colours_take_no_room(tmp_path):
    class Growing(Countdown):
        def render(self):
            return ["\x1b[41mab\x1b[0m", "abc", "abc\nd", "a"][self.at]

    with pytest.warns(RuntimeWarning, match="no spec"), Monitor(Growing((3,), "ansi"), tmp_path) as env:
        play(env)
    header, *events = cast(tmp_path)
    assert (header["width"], header["height"]) == (4, 2)
    assert [event[:2] if event[1] == "o" else event for event in events] == [
        [0.0, "o"],
        [0.05, "r", "5x2"],
        [0.05, "o"],
        [0.1, "r", "5x3"],
        [0.1, "o"],
        [0.15, "o"],
    ]


def test_a_text_film_that_the_disk_has_no_room_for_is_broken(tmp_path, monkeypatch):
    with Monitor(countdown(lengths=(5,), render_mode="ansi"), tmp_path) as env:
        env.reset()
        monkeypatch.setattr("os.pwrite", lambda number, data, place: len(data) - 1)
        with pytest.warns(RuntimeWarning, match=r"a video is broken \(the disk is full\)"):
            env.step(0)
        monkeypatch.undo()
    assert not list(tmp_path.glob("*.cast"))


@pytest.mark.parametrize("end", ["terminated", "truncated"])
def test_an_environment_that_resets_itself_shows_no_episode_a_frame_of_the_next(tmp_path, end, frames):
    class Restless(Countdown):
        metadata = {**Countdown.metadata, "autoreset": True}

        def step(self, action):
            observation, reward, over, _, info = super().step(action)
            if over:
                self.reset()
            return observation, reward, over and end == "terminated", over and end == "truncated", info

    with pytest.warns(RuntimeWarning, match="no spec"):
        env = Monitor(Restless((3, 4), render_mode="rgb_array"), tmp_path, video_callable=lambda n: True)
    env.reset()
    for _ in range(3 + 4 + 1):
        env.step(0)
    env.close()
    first, second, *_ = ([frame[0, 0, 0] for frame in film] for film in frames.values())
    assert (first, second) == ([0, 10, 20], [0, 10, 20, 30])


def test_an_incomplete_episode_has_its_frames_too(tmp_path, frames):
    with Monitor(countdown(lengths=(9,), render_mode="rgb_array"), tmp_path) as env:
        env.reset()
        env.step(0)
    (film,) = frames.values()
    assert [frame[0, 0, 0] for frame in film] == [0, 10]


def test_frozen_lake_and_cartpole_are_filmed_as_they_are(tmp_path):
    film(tmp_path / "text", gymnasium.make("FrozenLake-v1", render_mode="ansi"))
    assert len(list((tmp_path / "text").glob("*video000000.cast"))) == 1
    (path,) = film(tmp_path / "image", gymnasium.make("CartPole-v1", render_mode="rgb_array"))
    frames, fps = decoded(path)
    assert frames.shape[1:] == (400, 600)
    assert fps == 50
    assert len(frames) == read(tmp_path / "image").episodes.length[0] + 1


class Failing(Countdown):
    """Rendering goes wrong at the second frame, in the way it was made for."""

    wrong = None

    def render(self):
        frame = super().render()
        return frame if self.at == 0 else self.wrong(frame)


def raise_(frame):
    raise RuntimeError("no display")


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (raise_, "no display"),
        (lambda frame: None, "render() returned None"),
        (lambda frame: frame[:-2], "frame (14, 16, 3) uint8 after (16, 16, 3) uint8"),
        (lambda frame: frame.astype(float), "frame (16, 16, 3) float64 after (16, 16, 3) uint8"),
    ],
)
def test_a_render_that_fails_costs_the_video_and_is_said_once(tmp_path, wrong, reason):
    env = Failing(render_mode="rgb_array")
    env.wrong = wrong
    env.spec = gymnasium.spec("Countdown-v0")
    with (
        pytest.warns(RuntimeWarning) as said,
        Monitor(env, tmp_path, video_callable=lambda n: n in (0, 1)) as monitor,
    ):
        assert play(monitor, 3) == [3, 3, 3]
    assert [str(warning.message) for warning in said] == [
        f"monitorcli: a video is broken ({reason}); the run goes on."
    ]
    assert list(tmp_path.glob("*.mp4")) == []
    meta = json.loads((next(tmp_path.glob("*video000000.meta.json"))).read_text())
    assert (meta["broken"], meta["reason"]) == (True, reason)
    assert len(read(tmp_path).episodes) == 3


def test_an_encoder_that_dies_costs_the_video_and_nothing_else(tmp_path, monkeypatch):
    fake = tmp_path / "ffmpeg"
    fake.write_text("#!/bin/sh\necho 'out of memory' >&2\nexit 3\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(fake))
    with pytest.warns(RuntimeWarning, match=re.escape("a video is broken (ffmpeg stopped: out of memory)")):
        film(tmp_path / "runs", countdown(lengths=(300,), render_mode="rgb_array", size=(64, 64)))
    assert read(tmp_path / "runs").episodes.length.tolist() == [300]
    with pytest.raises(EncoderFailed, match="out of memory"):
        check_ffmpeg(os.fspath(fake))


def test_an_ffmpeg_that_cannot_be_run_costs_the_video_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "none"))
    with pytest.warns(RuntimeWarning, match="a video is broken"):
        film(tmp_path / "runs", countdown(lengths=(4,), render_mode="rgb_array"))
    assert read(tmp_path / "runs").episodes.length.tolist() == [4]


def test_an_encoder_that_dies_kills_no_script_that_lets_sigpipe_kill_it(tmp_path, monkeypatch):
    fake = tmp_path / "ffmpeg"
    fake.write_text("#!/bin/sh\nexit 3\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    script = (
        "import gymnasium, signal, warnings, monitorcli\n"
        "signal.signal(signal.SIGPIPE, signal.SIG_DFL)\nwarnings.simplefilter('ignore')\n"
        "env = gymnasium.make('CartPole-v1', render_mode='rgb_array')\n"
        f"env = monitorcli.Monitor(env, {str(tmp_path / 'runs')!r})\n"
        "env.reset()\nwhile not env.step(0)[2]:\n    pass\nenv.close()\nprint('alive')\n"
    )
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(fake))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr


def test_a_schedule_that_fails_costs_the_videos_and_is_said_once(tmp_path):
    def schedule(episode):
        raise KeyError("unknown")

    with pytest.warns(RuntimeWarning) as said:
        env = Monitor(countdown(render_mode="ansi"), tmp_path, video_callable=schedule)
        play(env, 3)
        env.close()
    assert [str(warning.message) for warning in said] == [
        "monitorcli: the video schedule failed (KeyError: 'unknown'); the run goes on."
    ]
    assert len(read(tmp_path).episodes) == 3


def test_an_environment_made_without_a_render_mode_is_recorded_with_one_remark(tmp_path):
    with pytest.warns(RuntimeWarning) as said, Monitor(countdown(), tmp_path) as env:
        play(env, 9)
    assert [str(warning.message) for warning in said] == [
        "monitorcli: no video of Countdown-v0: its render_mode is None; films need 'rgb_array' or 'ansi'."
    ]
    assert len(read(tmp_path).episodes) == 9


def filmed(directory):
    """The numbers of the episodes that have a film, and its frames."""
    metas = [json.loads(path.read_text()) for path in sorted(directory.glob("*.meta.json"))]
    return [(meta["episode_id"], meta["frames"]) for meta in metas]


def test_a_reset_without_a_step_takes_no_turn_of_the_schedules_and_leaves_no_film(tmp_path):
    asked = []
    with Monitor(
        countdown(render_mode="ansi"), tmp_path, video_callable=lambda n: asked.append(n) or n < 2
    ) as env:
        env.reset()
        env.reset()
        play(env)  # the third episode of the recording
        env.reset()
        play(env, 2)
        env.reset()
    assert asked == [0, 1, 2]
    assert filmed(tmp_path) == [(2, 4), (4, 4)]
    assert read(tmp_path).episodes.length.tolist() == [0, 0, 3, 0, 3, 3, 0]  # every reset is accounted for


def test_a_first_step_that_raises_leaves_its_turn_to_the_next_episode(tmp_path):
    class Careful(Countdown):
        def step(self, action):
            if action:
                raise ValueError("not this one")
            return super().step(action)

    env = Careful(render_mode="ansi")
    with pytest.warns(RuntimeWarning, match="no spec"), Monitor(env, tmp_path) as env:
        env.reset()
        with pytest.raises(ValueError, match="not this one"):
            env.step(1)
        play(env, 3)
    assert filmed(tmp_path) == [(1, 4), (2, 4)]
    assert read(tmp_path).episodes.length.tolist() == [0, 3, 3, 3]


def test_a_resumed_schedule_goes_on_after_the_episodes_that_were_played(tmp_path):
    for resume in (False, True):
        with Monitor(
            countdown(render_mode="ansi"), tmp_path, video_callable=lambda n: n in (0, 3), resume=resume
        ) as env:
            env.reset()
            play(env, 2)
    assert sorted(filmed(tmp_path)) == [(1, 4), (5, 4)]


UNCOLLECTED = """
import os
import environments
import gymnasium
from monitorcli import Monitor
made = gymnasium.make("Countdown-v0", lengths=(5,), render_mode="rgb_array")
env = Monitor(made, "runs", lambda episode: True)
for episode in range(3):
    env.reset()
    for step in range(5 if episode < 2 else 3):
        env.step(0)
os._exit(0)
"""


@pytest.fixture
def uncollected(tmp_path):
    """Three films of a worker that never closed, two of episodes that ended; the encoders are done."""
    (tmp_path / "script.py").write_text(UNCOLLECTED)
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(__file__)}
    subprocess.run([sys.executable, "script.py"], cwd=tmp_path, env=environment, check=True, timeout=60)
    films = [tmp_path / "runs" / video.name for video in read(tmp_path / "runs").videos]
    assert len(films) == 3
    until = time.monotonic() + 60
    while not all(map(count_finished, films)):
        assert time.monotonic() < until
        os.sched_yield()
    return tmp_path / "runs"


def test_a_film_whose_encoder_outlived_its_recorder_is_whole(uncollected):
    videos = read(uncollected).videos
    assert [(video.episode, video.finished, video.broken) for video in videos] == [
        (0, True, False),
        (1, True, False),
        (None, False, False),  # its episode never ended
    ]
    assert verify(uncollected, find_ffmpeg()) == []


def test_recovery_lists_the_films_that_finished_alone_and_counts_their_frames(uncollected):
    recover(uncollected)
    listed = [
        pair
        for path in uncollected.glob("openaigym.manifest.*")
        for pair in json.loads(path.read_text())["videos"]
    ]
    assert sorted(video[-10:] for video, _ in listed) == ["000000.mp4", "000001.mp4"]
    assert [json.loads((uncollected / meta).read_text())["frames"] for _, meta in sorted(listed)] == [6, 6]
    assert verify(uncollected, find_ffmpeg()) == []


def test_a_film_whose_encoder_was_killed_is_not_finished(tmp_path):
    ffmpeg = find_ffmpeg()
    path = tmp_path / "openaigym.x.mp4"
    process = subprocess.Popen([ffmpeg, *arguments(64, 64, "rgb24", 30.0), path], stdin=subprocess.PIPE)
    while not count_mp4(path):  # until the first fragment, with an index of its own, is there
        process.stdin.write(os.urandom(64 * 64 * 3))
    assert count_finished(path) == 0
    process.kill()
    process.communicate()
    assert count_finished(path) == 0


@pytest.fixture
def copier(tmp_path):
    """An encoder that only copies its input, and not before somebody writes a line into the FIFO `go`."""
    os.mkfifo(tmp_path / "go")
    fake = tmp_path / "ffmpeg"
    fake.write_text(
        '#!/bin/sh\nfor last; do :; done\n[ "$last" = -version ] && exit\n'
        f'read line < {tmp_path / "go"}\nexec cat > "$last"\n'
    )
    fake.chmod(0o755)
    return str(fake)


def test_an_encoder_that_is_not_ready_is_not_waited_for_and_gets_every_frame_once(tmp_path, copier):
    encoder = Mp4(tmp_path / "film", 30.0, copier)
    frame = np.zeros((512, 512, 4), np.uint8)  # as large as the pipe
    for number in range(5):
        frame[:] = number
        encoder.add(frame)  # which the environment then draws into again
    (tmp_path / "go").write_text("\n")
    for number in range(5, 40):
        frame[:] = number
        encoder.add(frame)
    encoder.close()
    encoder.collect()
    copied = np.fromfile(tmp_path / "film.mp4", np.uint8).reshape(40, -1)
    assert (copied == np.arange(40)[:, None]).all()


def test_an_abandoned_encoder_is_not_waited_for_either(tmp_path, copier):
    encoder = Mp4(tmp_path / "film", 30.0, copier)
    encoder.add(np.zeros((16, 16), np.uint8))
    encoder.abandon()
    assert encoder.is_done()


@pytest.mark.parametrize(
    ("options", "shades", "fps"),
    [
        (FilmOptions(max_frames=4), [0, 10, 20, 30], 20),
        (FilmOptions(frame_skip=3), [0, 30, 60, 90], 20 / 3),
        (FilmOptions(frame_skip=2, max_frames=9), [0, 20, 40, 60, 80, 100], 10),
    ],
)
def test_a_film_can_have_fewer_frames_and_says_so(tmp_path, options, shades, fps):
    env = countdown(lengths=(10,), render_mode="rgb_array")
    recorder, close = recorded(tmp_path, env, options)
    recorder.reset()
    for _ in range(10):
        recorder.step(0)
    close()
    (path,) = tmp_path.glob("*.mp4")
    frames, said = decoded(path)
    np.testing.assert_allclose(frames.mean(axis=(1, 2)), shades, atol=3)
    meta = json.loads(next(tmp_path.glob("*.meta.json")).read_text())
    assert meta["fps"] == pytest.approx(fps) == pytest.approx(said, abs=0.01)
    assert (meta.get("frame_skip", 1), meta.get("shortened")) == (
        options.frame_skip or 1,
        "max_frames" if options == FilmOptions(max_frames=4) else None,
    )
    assert verify(tmp_path, find_ffmpeg()) == []


@pytest.mark.parametrize(("scale", "size"), [(0.5, (16, 24)), (2.0, (62, 94)), (0.05, (2, 2))])
def test_films_can_be_larger_or_smaller(tmp_path, scale, size):
    recorder, close = recorded(
        tmp_path, countdown(render_mode="rgb_array", size=(31, 47)), FilmOptions(scale=scale)
    )
    recorder.reset()
    recorder.step(0)
    close()
    assert decoded(next(tmp_path.glob("*.mp4")))[0].shape == (2, *size)


def recorded(directory, env, options):
    """The calls that record `env` with every episode filmed as the options say, and what closes the files."""
    target = Target(FollowedDirectory(directory), 0)
    open_writer = functools.partial(EpisodeWriter, target, describe(env), print)
    made = Filming(lambda episode: True, options=options)
    recorder = shared_recorder(env, lambda _: open_writer(), RecordingOptions(made, b"t", print))
    return recorder.steps, recorder.close


@pytest.mark.parametrize(
    ("shade", "length", "suspect", "said"),
    [
        (lambda at: 0, 5, "black", "every frame is black"),
        (lambda at: 90, 5, "constant", "all frames are alike"),
        (lambda at: 90, 2, None, None),  # three frames may well be alike
        (lambda at: 90 * (at == 5), 5, None, None),
    ],
)
def test_a_film_that_shows_nothing_is_suspect_and_inspect_says_so(tmp_path, shade, length, suspect, said):
    class Shaded(Countdown):
        def render(self):
            return np.full((16, 16, 3), shade(self.at), np.uint8)

    env = Shaded((length,), render_mode="rgb_array")
    env.spec = gymnasium.spec("Countdown-v0")
    film(tmp_path, env)
    assert json.loads(next(tmp_path.glob("*.meta.json")).read_text()).get("suspect") == suspect
    (video,) = read(tmp_path).videos
    assert video.suspect == (suspect or "")
    shown = CliRunner().invoke(main, ["inspect", str(tmp_path), "--episode", "0"]).stdout
    assert ("suspect" in shown) == (suspect is not None)
    assert said is None or f"suspect: {said}" in " ".join(shown.split())
    shown = CliRunner().invoke(main, ["inspect", str(tmp_path)]).stdout
    assert (" · 1 suspect\n" in shown) == (suspect is not None)
    assert (f" suspect    0 · {said}\n" in shown) == (suspect is not None)


def test_a_film_that_lacks_frames_is_suspect(tmp_path, monkeypatch):
    monkeypatch.setattr("monitorcli.video.film.count_mp4", lambda path: 3)
    film(tmp_path, countdown(render_mode="rgb_array"))
    assert read(tmp_path).videos[0].suspect == "frames"
