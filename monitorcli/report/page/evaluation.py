"""An evaluation in the page: proof, coverage, errors with their tracebacks, digest, and its plan."""

from __future__ import annotations

from collections.abc import Iterator

from monitorcli.recording.evaluation import EpisodeError
from monitorcli.report import provenance
from monitorcli.report.evaluation import Evaluation
from monitorcli.report.evaluation_sentences import Said, raised, sentences
from monitorcli.report.page.markup import NOTHING, Markup, described, joined, remark, tag, text
from monitorcli.report.text import plural

_MOST_TRACEBACKS = 100


def content(of: Evaluation | None) -> Markup:
    """What there is to say; nothing without a plan."""
    if of is None:
        return NOTHING
    said = described([*_sentences(of), *_plan(of), ("digest in full", _code(of.digest))], "pairs")
    errors = of.errors[:_MOST_TRACEBACKS]
    more = of.failed - len(errors)
    rest = remark(f"… {plural(more, 'more episode')} failed" if errors and more else "")
    return joined([said, *map(_traceback, errors), rest])


def _sentences(of: Evaluation) -> Iterator[tuple[object, object]]:
    """The labels and what is said behind them; what has none goes on below."""
    label, parts = "", list[Markup]()
    for said in sentences(of):
        if said.label and parts:
            yield label, joined(parts)
            parts = []
        label = ("proof" if said.label == "!" else said.label) or label
        parts.append(_said(said))
    yield label, joined(parts)


def _said(said: Said) -> Markup:
    sentence = tag("strong", said.text, class_="bad") if said.role == "bad" else said.text
    return joined([tag("p", sentence), *(tag("p", tag("code", one)) for one in said.commands)])


def _plan(of: Evaluation) -> Iterator[tuple[object, object]]:
    plan = of.plan
    yield "actions", "the policy's best" if of.deterministic else "drawn (--stochastic)"
    yield (
        "environments",
        "one for many episodes (--reuse-env)" if plan.reuse_env else "a fresh one for each episode",
    )
    if plan.num_envs is not None:
        yield "batch", f"{plural(plan.num_envs, 'environment')} (--num-envs)"
    yield "threads", provenance.versions(plan.threads)


def _traceback(error: EpisodeError) -> Markup:
    lines = map(text, (error.traceback or error.error).splitlines())
    summary = tag("summary", f"seed {error.seed}: {raised(error)}")
    return tag("details", summary, tag("pre", joined(lines, "\n"), tabindex="0"), class_="traceback")


def _code(digest: str) -> Markup | str:
    return tag("code", digest) if digest else ""
