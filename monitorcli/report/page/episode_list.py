"""The list of episodes: what stands there before the script fills it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from monitorcli.format.ends import INCOMPLETE, NOT_KNOWN, TERMINATED, TRUNCATED
from monitorcli.report.page.markup import NOTHING, Markup, joined, remark, tag

_ENDS = (
    ("", "in any way"),
    ("tb", TERMINATED),
    ("cb", TRUNCATED),
    ("rxi", INCOMPLETE),
    ("?", NOT_KNOWN),
)


def section(rows: int, of: int, name: str, series: Sequence[tuple[int, str]]) -> Markup:
    """Filters, a table and a pager; `rows` of `of` episodes are in the page.

    `series` has the number and the name of each, to choose among when they are several.
    """
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


def _filters(series: Sequence[tuple[int, str]]) -> Markup:
    return tag(
        "form",
        tag("label", "Series ", _choice("series", [("", "all"), *series])) if len(series) > 1 else NOTHING,
        tag("label", "Ended ", _choice("end", _ENDS)),
        tag("label", "Return from ", _field("low")),
        tag("label", "to ", _field("high")),
        tag("label", "Episode ", _field("episode")),
        tag("label", tag("input", type="checkbox", name="filmed", autocomplete="off"), " filmed only"),
        tag("button", "Show all", type="reset"),
        class_="filters",
    )


def _choice(name: str, options: Iterable[tuple[object, str]]) -> Markup:
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
