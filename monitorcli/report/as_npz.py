"""Episodes as NumPy columns: `numpy.load(file)["episode_return"]`. Holds no Python objects."""

from __future__ import annotations

import io
from dataclasses import fields
from typing import Any

import numpy as np

from monitorcli.recording.columns import Text
from monitorcli.report.model import Report, refuse_several


def render(report: Report) -> bytes:
    """Every column of `Episodes` and the CSV's others; shape (n,) each.

    A column of text is numbers: `series_names[series]` are the texts, "" where nothing is known.
    """
    refuse_several(len(report.recordings), "npz holds the episodes")
    (one,) = report.recordings
    episodes, rows = one.recording.episodes, one.rows
    table = one.recording.columns().of(rows)
    columns: dict[str, Any] = {"episode": rows}
    for of in fields(episodes):
        columns[of.name] = getattr(episodes, of.name)[rows]
    columns["run"] = table["run"]
    for name in ("env_id", "series", "video"):
        texts: Text = table[name]
        columns[name], columns[f"{name}_names"] = texts.codes, texts.words.astype(str)
    written = io.BytesIO()
    np.savez(written, **columns)
    return written.getvalue()
