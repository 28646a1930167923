"""Recordings as a page for a browser: one file that needs no network and lets nothing in.

Its Content-Security-Policy allows the one style and the one script that are inside, by their hashes, and
media from inside the page or from beside it. docs/page.md.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files

import numpy as np

from monitorcli import __version__
from monitorcli.report.model import Report
from monitorcli.report.page import body, columns, compared, several
from monitorcli.report.page.markup import Markup, joined, tag

# Bytes of video that go into a page: one that is mailed or uploaded should stay below 12 MB.
EMBED = 8_000_000

_STYLES = ("base.css", "chart.css", "list.css")
_SCRIPTS = ("columns.js", "tips.js", "curve.js", "films.js", "list.js", "tables.js")


# A return may be as large as floats go: what overflows on the way is drawn at an edge.
@np.errstate(over="ignore", invalid="ignore")
def render(of: Report, embed: int = EMBED) -> str:
    """The whole document, to stand in `of.options.folder`, with the comparison and the gates first.

    It has `embed` bytes of film at most, over all recordings; the others are linked.
    """
    if len(of.recordings) == 1:
        opening, content = body.single(of.recordings[0], of.options, embed)
        name = body.title(of.recordings[0])
    else:
        opening, content = several.content(of, embed)
        name = f"{len(of.recordings):,} recordings"
    about = f"Written by monitorcli {__version__}. This page is one file; it loads nothing from a network."
    footer = tag("footer", tag("p", about))
    return _document(name, joined([opening, tag("main", compared.section(of), content), footer]))


def _document(name: str, content: Markup) -> str:
    style, script = _read(_STYLES), f'(() => {{\n"use strict";\n{columns.script()}{_read(_SCRIPTS)}}})();\n'
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "img-src data:; media-src data: 'self'; base-uri 'none'; form-action 'none'"
    )
    head = joined(
        [
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=policy),
            tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name_="color-scheme", content="light dark"),
            tag("title", f"{name} · monitorcli"),
            tag("style", Markup(style)),
        ],
        "\n",
    )
    script_element = tag("script", Markup(script))
    html = f'<html lang="en">\n<head>\n{head}\n</head>\n<body>\n{content}\n{script_element}\n</body>\n</html>'
    return f"<!DOCTYPE html>\n{html}\n"


def _read(names: Sequence[str]) -> str:
    """Our own text, with the line ends that a browser sees, because it is hashed."""
    home = files("monitorcli.report.page")
    return "".join(home.joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n") for name in names)


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode('ascii')}'"
