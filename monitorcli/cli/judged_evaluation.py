"""The gates of an evaluation that `start` and `resume` run: asked for, judged, said."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from monitorcli.cli import deciding, judge
from monitorcli.cli.request import Request
from monitorcli.recording import read
from monitorcli.recording.model import Recording
from monitorcli.report import ReportOptions, make_report, verdicts
from monitorcli.report.decided import Decision, parsed
from monitorcli.summary.gates import Gate


class Gates(NamedTuple):
    """What is to be judged, and the baseline that it is compared with."""

    gates: tuple[Gate, ...]
    baseline: Recording | None


class Judged(NamedTuple):
    """The sentences about the gates that are met, and about those that are not."""

    met: Sequence[str] = ()
    unmet: Sequence[str] = ()
    stopping: str = ""  # whether it was stopped early, and if not, why

    def lines(self) -> list[str]:
        """For the closing lines; the gates that are not met are said at the end."""
        stopping = [self.stopping] if self.stopping else []
        return stopping + [f"gate      {sentence}" for sentence in self.met]

    def refuse_unmet(self) -> None:
        """Raise GateNotMet if one is not met."""
        judge.refuse(self.unmet, len(self.met) + len(self.unmet))


def wanted(request: Request) -> Gates:
    """The gates that are asked for. Raises BadRequest before anything is run, NoRecording for a baseline."""
    gates = judge.asked(request._asdict())
    if request.stop_when_decided:
        deciding.refuse(request, gates)
    return Gates(gates, None if request.baseline is None else judge.read_baseline(request.baseline))


def judged(directory: Path, asked: Gates) -> Judged:
    """The verdicts over what is recorded, as `inspect` gives them."""
    if not asked.gates:
        return Judged()
    recording, options = read(directory, kind="monitorcli"), ReportOptions(gates=asked.gates)
    said = verdicts.sentences(make_report([recording], options, asked.baseline))
    return Judged(
        [sentence for verdict, sentence in said if verdict.met],
        [sentence for verdict, sentence in said if not verdict.met],
    )


def judged_early(decision: Decision) -> Judged:
    """The verdicts of an evaluation that was stopped when they were known."""
    said = [(gate.met, decision.sentence(gate)) for gate in decision.gates]
    return Judged(
        [sentence for met, sentence in said if met],
        [sentence for met, sentence in said if not met],
        f"stopped   when decided, after {decision.episodes:,} of {decision.of:,} episodes",
    )


def judge_run(directory: Path, asked: Gates, rules: deciding.Deciding | None) -> Judged:
    """The verdicts of a run that ended well: those that stopped it, else those over all episodes."""
    decision = parsed(rules.document()) if rules else None
    if decision:
        return judged_early(decision)
    return judged(directory, asked)._replace(stopping=f"stopping  {rules.why_not()}" if rules else "")
