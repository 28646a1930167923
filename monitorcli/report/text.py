"""Words and numbers for people: strings made safe, numbers, sizes and times made short."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from monitorcli.errors import escaped

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# Not strftime's %b, which speaks the language of whoever called setlocale.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def printable(text: object, limit: int = 0) -> str:
    """`text`, `escaped`.

    Every string that comes from a file passes here, so that it cannot move the cursor, change colours,
    turn the line around or begin a new one. With a `limit`, more characters than that end in "…".
    """
    raw = str(text)
    if limit and len(raw) > limit:
        raw = raw[: limit - 1] + "…"
    return escaped(raw)


def cells(text: str) -> int:
    """How many columns of a terminal the text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def number(value: float) -> str:
    """A number to read at a glance: about four significant digits, whole numbers whole."""
    size = abs(value)
    if not math.isfinite(value):
        return str(value)
    if size >= 1e9 or 0 < size < 1e-3:
        return f"{value:.4g}"
    if value == int(value) or size >= 1e5:
        return f"{value + 0.0:,.0f}"  # adding zero turns -0.0, which nobody wants to read, into 0.0
    return f"{value:,.1f}" if size >= 100 else f"{value:.4g}"


def plural(count: int, noun: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def shortened(texts: Sequence[str], most: int) -> list[str]:
    """The first `most` of the texts, then `… 3 more` if there are others."""
    others = len(texts) - most
    return [*texts[:most], f"… {others:,} more"] if others > 0 else list(texts)


def listing(names: Sequence[str], most: int) -> str:
    """`A, B, C and 2 more`; "" of no names."""
    others = len(names) - most
    return ", ".join(names[:most]) + (f" and {others:,} more" if others > 0 else "")


def size(count: int) -> str:
    """Bytes in decimal units, as disks and browsers show them: `1.4 MB`."""
    if count < 1000:
        return plural(count, "byte")
    value, unit = float(count), "bytes"
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 999.5:
            break
    return f"{value:.1f} {unit}" if value < 99.95 else f"{value:.0f} {unit}"


def lasting(seconds: float) -> str:
    """A duration in its two largest units: `12.3 s`, `6 min 51 s`, `3 h 12 min`, `2 d 3 h`."""
    if not math.isfinite(seconds):
        return "a time not known"
    if seconds < 59.95:
        return f"{seconds:.3g} s"
    whole = round(seconds)
    for large, small, name, rest in ((86400, 3600, "d", "h"), (3600, 60, "h", "min"), (60, 1, "min", "s")):
        if whole >= large:
            break
    more = whole % large // small
    return f"{whole // large:,} {name}" + (f" {more} {rest}" if more else "")


def moment(seconds: float | None) -> datetime | None:
    """The UTC time of `seconds` since the epoch; None when unknown or outside the calendar."""
    if seconds is None or not math.isfinite(seconds):
        return None
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None


def when(started_at: float | None, ended_at: float | None) -> str:
    """`21 Nov 2026, 14:02 to 14:09 UTC`; what is the same is said once; "" when nothing is known."""
    start, end = moment(started_at), moment(ended_at)
    if start is None and end is None:
        return ""
    if start is None or end is None:
        known, word = (start, "from ") if end is None else (end, "until ")
        assert known is not None
        return f"{word}{_date(known)}, {known:%H:%M} UTC"
    if (start.date(), start.hour, start.minute) == (end.date(), end.hour, end.minute):
        return f"{_date(start)}, {start:%H:%M} UTC"
    if start.date() == end.date():
        return f"{_date(start)}, {start:%H:%M} to {end:%H:%M} UTC"
    return f"{_date(start)}, {start:%H:%M} to {_date(end)}, {end:%H:%M} UTC"


def _date(day: datetime) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
