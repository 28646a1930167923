"""The words for how an episode ended: what a code of the log is called in files, tables and pages."""

from __future__ import annotations

from typing import NamedTuple

from monitorcli.format.log import (
    CUT_CLOSED,
    CUT_RESET,
    CUT_UNKNOWN,
    END_TERMINATED,
    END_TRUNCATED,
    END_UNKNOWN,
)

# What is counted; one both terminated and truncated counts as terminated.
KINDS = TERMINATED, TRUNCATED, NOT_KNOWN, INCOMPLETE = "terminated", "truncated", "not known", "incomplete"


class End(NamedTuple):
    """A letter for the data of a page, one of KINDS, a few words for a list, and all that is known."""

    letter: str
    kind: str
    short: str
    whole: str


ENDS = {
    END_TERMINATED: End("t", TERMINATED, TERMINATED, TERMINATED),
    END_TERMINATED | END_TRUNCATED: End(
        "b", TERMINATED, TERMINATED, "terminated, and truncated at the same step"
    ),
    END_TRUNCATED: End("c", TRUNCATED, TRUNCATED, TRUNCATED),
    END_UNKNOWN: End("?", NOT_KNOWN, NOT_KNOWN, "not known how"),
    CUT_RESET: End("r", INCOMPLETE, "incomplete, reset early", "incomplete: reset early"),
    CUT_CLOSED: End("x", INCOMPLETE, "incomplete, closed", "incomplete: closed, or its process ended"),
    CUT_UNKNOWN: End("i", INCOMPLETE, INCOMPLETE, INCOMPLETE),
}
