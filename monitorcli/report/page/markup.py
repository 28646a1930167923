"""Markup that escapes what it is given: the only place where tags are made from strings."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Sequence
from typing import Any

from monitorcli.report.layout import TextTable, words
from monitorcli.report.text import printable

_EMPTY = frozenset(("input", "meta"))
# What could end a script, begin a comment, or be no character of JavaScript's strings before 2019.
_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


class Markup(str):
    """A string that is markup. Every other string is text, and is escaped where it becomes part of one."""

    __slots__ = ()


NOTHING = Markup("")


def text(value: object) -> Markup:
    """Any value as text: printable characters only, none of them markup."""
    return value if isinstance(value, Markup) else Markup(html.escape(printable(value)))


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """An element. `class_` is class and `data_tip` is data-tip; None and False leave an attribute out."""
    words = [name]
    for key, value in attributes.items():
        if value is not None and value is not False:
            word = key.rstrip("_").replace("_", "-")
            words.append(word if value is True else f'{word}="{text(value)}"')
    opening = f"<{' '.join(words)}>"
    if name in _EMPTY:
        return Markup(opening)
    return Markup(f"{opening}{''.join(map(text, children))}</{name}>")


def remark(said: str) -> Markup:
    """A sentence in small letters; nothing when there is none."""
    return tag("p", said, class_="remark") if said else NOTHING


def joined(parts: Iterable[Markup], between: str = "") -> Markup:
    """The parts one after another."""
    return Markup(html.escape(between).join(parts))


def data(document: Any) -> Markup:
    """A JSON document as what stands inside a script element: no character of it can end the element."""
    # ASCII, because a name of a file may hold what UTF-8 cannot.
    return Markup(json.dumps(document, allow_nan=False, separators=(",", ":")).translate(_ESCAPES))


def table(
    header: Sequence[object], rows: Iterable[Iterable[object]], caption: str = "", class_: str = "scroll"
) -> Markup:
    """A table whose first column names its rows; it scrolls by itself where it is too wide."""
    head = joined(tag("th", cell, scope="col") if cell else tag("td") for cell in header)
    body = joined(
        tag("tr", tag("th", first, scope="row"), *(tag("td", cell) for cell in rest)) for first, *rest in rows
    )
    whole = tag(
        "table",
        tag("caption", caption, class_="unseen") if caption else NOTHING,
        tag("thead", tag("tr", head)),
        tag("tbody", body),
    )
    return tag("div", whole, class_=class_, tabindex="0", role="group", aria_label=caption or "Table")


def drawn(of: TextTable, caption: str, class_: str = "scroll") -> Markup:
    """A table that every format draws; nothing when it has no rows."""
    return table(of.head, (map(words, row) for row in of.rows), caption, class_) if of.rows else NOTHING


def described(pairs: Iterable[tuple[object, object]], class_: str | None = None) -> Markup:
    """Terms and what they are; pairs without a value are left out."""
    found = (
        tag("div", tag("dt", term), tag("dd", value)) for term, value in pairs if value not in ("", None)
    )
    return tag("dl", *found, class_=class_)
