"""Episodes as NumPy columns: `numpy.load(file)["episode_return"]`. Holds no Python objects."""

from __future__ import annotations

import io
from dataclasses import fields
from typing import Any

import numpy as np

from monitorcli.report.model import Report, refuse_several
from monitorcli.summary.selection import take

_TEXTS = ("env_id", "series", "video")


def render(report: Report) -> bytes:
    """Every column of `Episodes` and the CSV's others; shape (n,) each.

    A column of text is numbers: `series_names[series]` are the texts, "" where nothing is known.
    """
    refuse_several(len(report.recordings), "npz holds the episodes")
    (one,) = report.recordings
    table = one.recording.columns().of(one.rows, ("run", *_TEXTS))
    whole = len(one.views) == 1
    episodes = one.views[0].recording.episodes if whole else take(one.recording.episodes, one.rows)
    columns: dict[str, Any] = {"episode": one.rows}
    for of in fields(episodes):
        columns[of.name] = getattr(episodes, of.name)
    columns["run"] = table["run"]
    for name in _TEXTS:
        columns[name] = table[name].codes.astype(np.uint32)
        columns[f"{name}_names"] = table[name].words.astype(str)
    written = io.BytesIO()
    np.savez(written, **columns)
    return written.getvalue()
