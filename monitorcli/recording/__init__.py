"""Reads a recording back, ours or an ancestor's. Needs no Gymnasium and no ffmpeg, and trusts no file."""

from __future__ import annotations

from monitorcli.recording.discover import discover, discover_all
from monitorcli.recording.follow import Follower
from monitorcli.recording.model import Episodes, Recording, Run, Series, Video, Writer
from monitorcli.recording.reader import read
from monitorcli.recording.results import load_results

__all__ = ["Episodes", "Follower", "Recording", "Run", "Series", "Video", "Writer", "discover",
           "discover_all", "load_results", "read"]  # fmt: skip
