"""Episodes as NumPy columns: `numpy.load(file)["episode_return"]`. Holds no Python objects."""

from __future__ import annotations

import io
from dataclasses import fields
from typing import Any

import numpy as np

from monitorcli.report.model import Report, refuse_several


def render(report: Report) -> bytes:
    """Every column of `Episodes`, and `episode`: its number in the whole recording; shape (n,) each."""
    refuse_several(len(report.views), "npz holds the episodes")
    (view,) = report.views
    columns: dict[str, Any] = {"episode": view.rows}
    for of in fields(view.recording.episodes):
        columns[of.name] = getattr(view.recording.episodes, of.name)
    written = io.BytesIO()
    np.savez(written, **columns)
    return written.getvalue()
