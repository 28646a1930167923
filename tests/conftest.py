"""What every test gets: the same environment variables, a terminal of one width, no screen."""

import os

import pytest
from encoders import InMemory

# Before pygame is imported. Without a screen SDL looks for one and complains on stderr.
os.environ["SDL_VIDEODRIVER"] = "dummy"
os.environ["SDL_AUDIODRIVER"] = "dummy"
os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"

# Each would change what a command does or how its answer looks.
_UNWANTED = {"CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "NO_COLOR", "PY_COLORS", "TTY_COMPATIBLE", "LINES"}
_UNWANTED |= {"CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "PYTHONPATH", "PYTHONSTARTUP"}


@pytest.fixture(autouse=True)
def _the_same_everywhere(monkeypatch):
    for name in list(os.environ):
        if name in _UNWANTED or name.startswith("MONITORCLI_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TZ", "UTC")


@pytest.fixture
def frames(monkeypatch):
    """The frames of each film by its file's name, which is empty: pictures go to no ffmpeg."""
    monkeypatch.setattr(InMemory, "films", {}, raising=False)
    monkeypatch.setattr("monitorcli.video.filming.Mp4", InMemory)
    return InMemory.films
