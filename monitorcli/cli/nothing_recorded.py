"""Explain why nothing was recorded of a command, or of an environment; and what --evaluation missed."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from monitorcli.attach.status_log import StatusLog

NOTHING_RECORDED = 5  # the exit status
_FEW = 3
_MOST_PLACES = 10


def why_nothing(told: StatusLog, command: Sequence[str]) -> tuple[str, str]:
    """Why nothing was recorded, as far as is known, and what to try next."""
    processes = f"{len(told.python)} process{'' if len(told.python) == 1 else 'es'}"
    others = "Is it the right script? Environments of other libraries are not recorded."
    if told.library:
        others = f"It imported {', '.join(told.library)}, whose own environments are not recorded."
    if not told.python:
        return (
            "no Python was started, or none that looks at PYTHONPATH.",
            f"If {command[0]} starts Python with -I, -E or its own PYTHONPATH, install monitorcli there too.",
        )
    if not told.gymnasium:
        return (
            f"Python ran ({processes}) but never imported Gymnasium.",
            f"{others}\n"
            "If it starts another Python with -I, -E or its own PYTHONPATH, install monitorcli there too.",
        )
    made = f"{', '.join(told.made)} was made" if told.made else ""
    if _something_lost(told):
        return f"{made}; see the remark." if made else "see the remark.", ""
    if told.reset:
        return (
            f"the first episode of {', '.join(told.reset)} did not end.",
            "What it left can be cleared, or resumed.",
        )
    if made:
        return f"{made}, but no episode was begun with reset().", ""
    if told.skipped:
        return (
            f"--only and --skip left out all there was: {', '.join(told.skipped)}.",
            "* and ? match any part of an id:  --only 'CartPole*'",
        )
    if told.raised:
        return told.raised[0], ""
    never = "Gymnasium was imported, but gymnasium.make was never called"
    if told.unseen:
        return (
            f"{never}, and no reset() of {first_few(told.unseen, ' classes')} was seen.",
            "What is built directly is seen when its reset() calls super().reset(seed=seed)."
            + (f"\n{others}" if told.library else ""),
        )
    return f"{never}.", others


def why_none(env_id: str, told: StatusLog) -> str:
    """Why nothing was recorded of this environment."""
    if _something_lost(told):
        return "see the remark"
    return "its first episode did not end" if env_id in told.reset else "it was never reset"


def unmatched(patterns: Sequence[str], told: StatusLog) -> tuple[str, str]:
    """Which patterns of --evaluation matched no environment, and what there was; ("", "") if all did."""
    left = [pattern for pattern in patterns if " ".join(pattern.split()) not in told.evaluation]
    if not left or not told.place:
        return "", ""
    shown = [*told.place[:_MOST_PLACES]]
    if len(told.place) > len(shown):
        shown.append(f"and {len(told.place) - len(shown):,} more")
    named = " and ".join(f"--evaluation {shlex.quote(pattern)}" for pattern in left)
    return f"{named} matched no environment. There were:", "\n".join(shown)


def _something_lost(told: StatusLog) -> bool:
    """Whether a process reported that something was not recorded, and why."""
    return any("not recorded" in remark or "are being lost" in remark for remark in told.remark)


def first_few(names: Sequence[str], what: str = "") -> str:
    """`A, B, C and 4 more`."""
    more = f" and {len(names) - _FEW:,} more{what}" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more
