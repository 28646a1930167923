"""The list of episodes: what stands there before the script fills it, and the episodes as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from monitorcli.format.ends import INCOMPLETE, NOT_KNOWN, TERMINATED, TRUNCATED
from monitorcli.report.model import RecordingView
from monitorcli.report.page import columns, curve
from monitorcli.report.page.films import FilmCard
from monitorcli.report.page.markup import NOTHING, Markup, data, joined, remark, tag
from monitorcli.report.page.series import MOST_DRAWN, Placed, title

_ENDS = (
    ("", "in any way"),
    ("tb", TERMINATED),
    ("cb", TRUNCATED),
    ("rxi", INCOMPLETE),
    ("?", NOT_KNOWN),
)


def section(
    one: RecordingView, of: Sequence[Placed], found: Sequence[FilmCard], name: str, most: int
) -> Markup:
    """Filters, a table, a pager, and the episodes as data, about `most` of them at most."""
    if not len(one.rows):
        return NOTHING
    episodes, rows = one.recording.episodes, one.rows
    if len(rows) > most:
        each = most // len(of)
        parts = [columns.chosen(episodes, series.view.rows, series.filmed, each) for series in of]
        rows = np.sort(np.concatenate(parts))
    content = {
        **columns.as_json(episodes, rows),
        "films": {film.video.episode: film.id for film in reversed(found) if film.video.episode is not None},
        "series": {series.number: title(series.view) for series in of},
        "curves": [known for series in of[:MOST_DRAWN] if (known := _curve(series))],
    }
    block = tag("script", data(content), type="application/json", id=f"{name}-data")
    return joined([_list(len(rows), len(one.rows), of, name), block])


def _curve(of: Placed) -> dict[str, Any] | None:
    """Where its curve is, for the script that walks along it."""
    shown = curve.seen(of.view.recording.episodes, of.view.rows)
    if shown is None:
        return None
    return {"figure": f"{of.name}-curve", "series": of.number, "axes": curve.scales(shown)}


def _list(rows: int, of: int, series: Sequence[Placed], name: str) -> Markup:
    """`rows` of `of` episodes are in the page."""
    part = NOTHING
    if rows < of:
        part = remark(
            f"{rows:,} of {of:,} episodes are in this page: the filmed, the best, the worst, and an even "
            "choice of the others. `monitorcli inspect --format csv` writes all."
        )
    table = tag("table", tag("caption", "Episodes", class_="unseen"), tag("thead"), tag("tbody"))
    scroll = tag("div", table, class_="scroll", tabindex="0", role="group", aria_label="Episodes")
    without = tag("noscript", remark("The list of episodes needs JavaScript; everything else does not."))
    found = tag("p", "", role="status", class_="found")
    inside = (_filters(series), found, scroll, _pager())
    whole = tag("div", *inside, hidden=True, class_="list", data_of=name)
    return joined([part, without, whole])


def _filters(series: Sequence[Placed]) -> Markup:
    names = [("", "all"), *((str(one.number), title(one.view)) for one in series)]
    return tag(
        "form",
        tag("label", "Series ", _choice("series", names)) if len(series) > 1 else NOTHING,
        tag("label", "Ended ", _choice("end", _ENDS)),
        tag("label", "Return from ", _field("low")),
        tag("label", "to ", _field("high")),
        tag("label", "Episode ", _field("episode")),
        tag("label", tag("input", type="checkbox", name="filmed", autocomplete="off"), " filmed only"),
        tag("button", "Show all", type="reset"),
        class_="filters",
    )


def _choice(name: str, options: Sequence[tuple[str, str]]) -> Markup:
    choices = (tag("option", words, value=value) for value, words in options)
    return tag("select", *choices, name=name, autocomplete="off")


def _field(name: str) -> Markup:
    return tag("input", type="number", step="any", name=name, autocomplete="off", inputmode="decimal")


def _pager() -> Markup:
    buttons = [
        tag("button", words, type="button", data_to=to)
        for to, words in (("first", "First"), ("back", "Previous"), ("on", "Next"), ("last", "Last"))
    ]
    page = tag("span", "", class_="page")
    inside = (*buttons[:2], page, *buttons[2:])
    return tag("div", *inside, class_="pager", role="group", aria_label="Pages of the list")
