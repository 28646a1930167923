"""What is said of an evaluation, the same in the closing lines, the table, Markdown and the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from monitorcli.recording.evaluation import Attempt, EpisodeError
from monitorcli.report.evaluation import Evaluation
from monitorcli.report.layout import Line, Role, Span, paragraph
from monitorcli.report.text import listing, number, plural, printable
from monitorcli.report.view import View
from monitorcli.summary.digest import SHOWN

_MOST = 5  # errors, or episodes that differ
_MOST_TEXT = 300  # characters of an error


class Said(NamedTuple):
    """A sentence, safe to print, behind a label (or the one before it), and commands to paste."""

    label: str
    text: str
    role: Role = ""
    commands: Sequence[str] = ()


def sentences(of: Evaluation) -> list[Said]:
    """All that there is to say."""
    return [_covered(of), *_decided(of), *_errors(of), *proof(of), *starts(of), *digest(of)]


def lines(of: Evaluation, column: int, width: int) -> list[Line]:
    """The sentences, wrapped, behind their labels; commands are not wrapped, so that they can be copied."""
    found: list[Line] = []
    for said in sentences(of):
        mark = f" {said.label}".ljust(column)
        found += paragraph(mark, "label", said.text, width, said.role)
        found += [[Span(" " * column), Span(one, "path")] for one in said.commands]
    return found


def in_several(views: Sequence[View]) -> str:
    """`CartPole-v1 evaluation, 3 directories`: the heading of one that is in several."""
    return f"{views[0].title}, {len(views):,} directories"


def trouble(of: Evaluation) -> list[str]:
    """What must not be missed where there is no room for all."""
    found = [said.text for said in differences(of) if said.label]
    if of.decision:
        found.append(of.decision.title)
    elif of.coverage.missing:
        found.append(f"{of.coverage.covered:,} of {plural(of.coverage.episodes, 'episode')} are covered")
    return found


def proof(of: Evaluation) -> Iterator[Said]:
    """Whether the episodes that were run again were equal; of those that were not, both results."""
    found = of.proof
    if found.unproved:
        yield Said("proof", f"it could not be run: {printable(found.unproved, limit=_MOST_TEXT)}", "bad")
    if not found.episodes:
        if not found.unproved:
            yield Said("proof", "no episode was run again")
        return
    unequal = found.episodes - found.equal
    if not unequal:
        equal = f"{found.equal:,} of {plural(found.episodes, 'episode')} run again elsewhere"
        yield Said("proof", f"{equal}, equal bit for bit")
        return
    yield from differences(of)


def differences(of: Evaluation) -> Iterator[Said]:
    """The episodes that were not the same when they were run again, and what that may come from."""
    found = of.proof
    unequal = found.episodes - found.equal
    if not unequal:
        return
    counted = f" ({unequal:,} of {found.episodes:,} repeated episodes differ)" if found.episodes > 1 else ""
    if not found.different:
        yield Said("!", f"not reproducible.{counted}", "bad")
    for place, one in enumerate(found.different[:_MOST]):
        first, second = attempt(one.first), attempt(one.second)
        if first == second:
            second = "the same with other actions or observations"
        more = counted if place == 0 else ""
        yield Said("!", f"not reproducible: seed {one.seed} gave {first}, then {second}.{more}", "bad")
    alone = [typed for one in found.different[:1] if (typed := of.alone(one.seed))]
    yield Said(
        "",
        "The policy or the environment keeps something from one episode to the next, or draws random "
        "numbers that no seed decides.",
    )
    if alone:
        yield Said("", "One episode alone, twice:", commands=alone)


def starts(of: Evaluation) -> Iterator[Said]:
    """How many first observations were different, where some were the same."""
    found = of.starts
    if found is None or found.different >= found.episodes:
        return
    most = "at most " if found.runs > 1 else ""
    said = f"{most}{plural(found.different, 'first observation')} in {plural(found.episodes, 'episode')}"
    yield Said("starts", said)


def digest(of: Evaluation) -> Iterator[Said]:
    """The digest, and what it is of."""
    covers = of.coverage
    if of.disputed:
        yield Said("digest", f"none: the directories differ in {plural(of.disputed, 'seed')}", "bad")
    if not of.digest:
        return
    batch = f" with --num-envs {of.plan.num_envs}" if (of.plan.num_envs or 1) > 1 else ""
    said = f"the same for any number of workers{batch}, on this machine and versions"
    if covers.missing:
        said = f"of {covers.covered:,} of {covers.episodes:,} episodes"
    elif of.proof.equal < of.proof.episodes:
        said = "of this run; another gives another"
    yield Said("digest", f"{of.digest[:SHOWN]}   ({said})")


def missing(of: Evaluation) -> str:
    """`shards 2/3, 3/3`, `seeds 5, 9 and 3 more`: what is not covered."""
    covers = of.coverage
    if covers.total > 1:
        names, count, word = [f"{one}/{covers.total}" for one in covers.shards], covers.lacking, "shard"
    else:
        names, count, word = list(map(str, covers.seeds)), covers.missing, "seed"
    more = f" and {count - len(names):,} more" if count > len(names) else ""
    return f"{word if count == 1 else f'{word}s'} {', '.join(names)}{more}"


def attempt(one: Attempt) -> str:
    """`return 200 in 200 steps`, or the error."""
    if one.error:
        return f"an error ({printable(one.error, limit=_MOST_TEXT)})"
    value = "not known" if one.episode_return is None else number(one.episode_return)
    length = "" if one.length is None else f" in {plural(one.length, 'step')}"
    return f"return {value}{length}"


def raised(error: EpisodeError) -> str:
    """What an episode raised, and where."""
    what = printable(error.error or "an error", limit=_MOST_TEXT).removesuffix(".")
    return f"{what}. {printable(error.place, limit=_MOST_TEXT)}".strip()


def _covered(of: Evaluation) -> Said:
    covers, seeds = of.coverage, of.plan.seeds
    span = f"seeds {seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"seed {seeds[0]}"
    said = f"{covers.covered:,} of {plural(covers.episodes, 'episode')}"
    if of.running and not of.commands:
        return Said("covered", f"{said} so far, {span}")
    if not covers.missing:
        return Said("covered", f"{said}, {span}")
    if of.decision:
        return Said("covered", f"{of.decision.title} episodes, {span}", "", of.commands)
    lacks = f"{said}, {span}; not yet: {missing(of)}"
    return Said("covered", lacks, "" if of.running else "bad", of.commands)


def _decided(of: Evaluation) -> Iterator[Said]:
    """The verdicts that stopped it, and why the numbers stand without intervals."""
    if of.decision is None:
        return
    for place, gate in enumerate(of.decision.gates):
        yield Said("" if place else "decided", of.decision.sentence(gate), "" if gate.met else "bad")
    yield Said("", "Intervals for a number of episodes that was fixed before do not hold here.")


def _errors(of: Evaluation) -> Iterator[Said]:
    """What was raised, and the seeds that raised it."""
    seeds: dict[str, list[int]] = {}
    for error in of.errors:
        seeds.setdefault(raised(error), []).append(error.seed)
    for place, (what, by) in enumerate(list(seeds.items())[:_MOST]):
        named = listing(list(map(str, by)), _MOST)
        word = "seed" if len(by) == 1 else "seeds"
        yield Said("" if place else "errors", f"{word} {named}: {what}", "bad")
    more = of.failed - sum(len(by) for by in list(seeds.values())[:_MOST])
    if more > 0:
        yield Said("" if seeds else "errors", f"… {plural(more, 'more episode')}", "bad")
