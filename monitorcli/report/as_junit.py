"""Gates as JUnit XML, one test case a gate, for the pages on which CI services list tests.

The common schema is github.com/windyroad/JUnit-Schema; what it wants is held by tests/test_ci.py.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from monitorcli.errors import BadRequest
from monitorcli.report.evaluation import Evaluation
from monitorcli.report.intervals import percent
from monitorcli.report.model import RecordingView, Report, View
from monitorcli.report.text import moment, printable
from monitorcli.report.verdicts import label, sentence
from monitorcli.summary.gates import Gate
from monitorcli.summary.judge import Verdict

_NO_TIME = "1970-01-01T00:00:00"  # the schema wants one, and not every recording has


def refuse_no_gates(gates: tuple[Gate, ...]) -> None:
    """Raise BadRequest: a file of no test cases reads as one in which all is well."""
    if not gates:
        raise BadRequest(
            "junit has a test case for each gate, and none was given.", "For example: --fail-under mean:475"
        )


def render(report: Report) -> str:
    """A test suite for each directory and series."""
    refuse_no_gates(report.options.gates)
    of = {id(view): one for one in report.recordings for view in one.views}
    suites = "".join(_suite(number, of[id(view)], view, report) for number, view in enumerate(report.views))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n{suites}</testsuites>\n'


def _suite(number: int, one: RecordingView, view: View, report: Report) -> str:
    verdicts = [verdict for of, verdict in report.verdicts if of is view]
    failures = sum(not verdict.met for verdict in verdicts)
    at = moment(view.numbers.ended_at)
    attributes = {
        "package": "monitorcli",
        "id": str(number),
        "name": label(view),
        "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}" if at and at.year >= 1000 else _NO_TIME,
        "hostname": "localhost",
        "tests": str(len(verdicts)),
        "failures": str(failures),
        "errors": "0",
        "time": "0",
    }
    properties = "".join(
        f"      <property name={_attribute(name)} value={_attribute(value)}/>\n"
        for name, value in (*_properties(view, report), *_evaluation(one.evaluation(view)))
    )
    cases = "".join(_case(view, verdict) for verdict in verdicts)
    said = "".join(f"{escape(printable(sentence(verdict)))}\n" for verdict in verdicts)
    return (
        f"  <testsuite {_attributes(attributes)}>\n"
        f"    <properties>\n{properties}    </properties>\n{cases}"
        f"    <system-out>{said}</system-out>\n    <system-err/>\n  </testsuite>\n"
    )


def _properties(view: View, report: Report) -> list[tuple[str, str]]:
    measured, headline = view.measured, view.headline
    found = [("series", view.title or "not known"), ("episodes", str(view.numbers.completed))]
    if n := measured.n(headline):
        of = f" of the last {n}" if view.is_training else ""
        interval = measured.interval(headline)
        found.append((f"mean return{of}", repr(measured.value(headline))))
        if view.confidence:
            found.append((f"{percent(view.confidence)} interval", f"[{interval.low!r}, {interval.high!r}]"))
    found += [("baseline", one.old.name) for one in report.comparisons if one.new is view]
    return found


def _evaluation(of: Evaluation | None) -> list[tuple[str, str]]:
    """What tells a service how far the numbers can be trusted."""
    if of is None:
        return []
    covers, proof = of.coverage, of.proof
    found = [("episodes planned", str(covers.episodes)), ("episodes covered", str(covers.covered))]
    found += [("episodes run again", str(proof.episodes)), ("of these equal", str(proof.equal))]
    return [*found, ("digest", of.digest)] if of.digest else found


def _case(view: View, verdict: Verdict) -> str:
    attributes = {
        "classname": f"monitorcli.{label(view)}",
        "name": verdict.gate.option,
        "time": "0",
    }
    if verdict.met:
        return f"    <testcase {_attributes(attributes)}/>\n"
    said = sentence(verdict)
    kind = "nothing to judge" if verdict.unjudged else "gate not met"
    failure = (
        f"<failure message={_attribute(said)} type={_attribute(kind)}>{escape(printable(said))}</failure>"
    )
    return f"    <testcase {_attributes(attributes)}>\n      {failure}\n    </testcase>\n"


def _attributes(of: dict[str, str]) -> str:
    return " ".join(f"{name}={_attribute(value)}" for name, value in of.items())


def _attribute(value: str) -> str:
    return quoteattr(printable(value))
