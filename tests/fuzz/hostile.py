"""Values that somebody who means harm, or a broken disk, puts where a sound one is expected."""

from __future__ import annotations

import json
from random import Random
from typing import Any

STRINGS = (
    "", " ", "\0", "\n", "\r\n", "\t", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x9b2J",
    "\x1b]8;;file:///etc\x1b\\",
    "\x7f\x08\x08", "\u202eright to left", "\u2028", "\ufeff", "\u200b", "\ud800", "\udfff\ud800",
    "\U000e0001",
    "[bold red]markup[/]", "[/]", "[link=file:///etc/passwd]x[/link]", "<script>alert(1)</script>", "]]>",
    "&lt;&#0;",
    "'\"`$(id)", "=1+1", "@SUM(A1)", "%s%n", "{0.__class__}", "../../etc/passwd", "/etc/passwd", "..", ".",
    "~",
    "\\\\host\\share", "con", "x" * 3000, "e\u0301" * 500, "界" * 300, "NaN", "1e400", "-0", "t", "e",
    "terminated",
    "openaigym.manifest.0.x.manifest.json", "openaigym.run.000000.json", "openaigym.episode_log.0.x.npy",
    "openaigym.video.0.x.video000000.mp4/../../x", "openaigym.../../canary", "openaigym.canary\0.json",
)  # fmt: skip

NUMBERS = (
    0, -0.0, 1, -1, 2, 3, 16, 64, 127, 128, 255, 256, 1 << 31, 1 << 32, 1 << 48, 1 << 53, (1 << 63) - 1,
    1 << 63,
    -(1 << 63), (1 << 64) - 1, 1 << 64, 1 << 128, 10**400, -(10**400), 10**4299, 1e-320, 1e300, 1.8e308,
    float("nan"), float("inf"), -float("inf"), 0.5, -0.5, 1e9, 1e10, 253402300800.0, -62135596801.0, 9e15,
)  # fmt: skip

# Whole files.
DOCUMENTS = (
    b"", b" ", b"\0", b"\0" * 4096, b"null", b"true", b"[]", b"{}", b"{", b"[" * 100_000, b'{"a":' * 50_000,
    b"[" * 400 + b"]" * 400, b'"\\ud800"', b"\xff\xfe{\0}\0", b"\xef\xbb\xbf{}", b"\xff\xff\xff", b"NaN",
    b"-Infinity",
    b"1e400", b"1" * 5000, b'{"timestamps": [' + b"9" * 200_000 + b"]}", b'{"a": 1, "a": {"a": []}}',
    b"\x93NUMPY\x01\x00", b"\x93NUMPY\x03\x00" + b"\xff" * 4, b"#!/bin/sh\n",
    b"\x00\x00\x00\x01moov" + b"\xff" * 8,
    b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", b"\x1b[2J\x1b[1;1H", b"\x80\x04\x95cposix\nsystem\n.",
    b"PK\x03\x04",
)  # fmt: skip


def value(random: Random) -> Any:
    """Some JSON."""
    pick = random.random()
    if pick < 0.35:
        return random.choice(STRINGS)
    if pick < 0.75:
        return random.choice(NUMBERS)
    if pick < 0.85:
        return random.choice((None, True, False, [], {}, [[]], [None], [[], []], {"": None}))
    inside = [value(random) for _ in range(random.randrange(4))]
    return inside if pick < 0.93 else {random.choice(STRINGS): item for item in inside}


def document(random: Random) -> bytes:
    """A whole file; now and then one of a size that hurts whoever reads it carelessly."""
    if random.random() < 0.002:
        return random.choice((b'{"a": %s}', b'{"timestamps": [%s]}', b"[%s]")) % (b"7" * 5_000_000)
    return random.choice(DOCUMENTS)


def dumped(content: Any) -> bytes:
    """JSON as Python writes it carelessly: bare NaN, half surrogates raw or as escapes."""
    return json.dumps(content, ensure_ascii=True).encode()
