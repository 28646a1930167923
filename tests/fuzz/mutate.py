"""Damage a monitor directory: one kind of damage a function, each given the tree to change."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import hostile
from nodes import FIFO, ZERO, Folder, Hole, Link, Tree

from monitorcli.format import log

_HEADER = 448


def mutate(random: Random, corpus: Sequence[Tree], outside: str) -> Tree:
    """A damaged copy of one of the trees; links may point to the path `outside`."""
    tree = dict(random.choice(corpus))
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        random.choices(_DAMAGES, _WEIGHTS)[0](random, tree, corpus, outside)
    return tree


def _a_file(random: Random, tree: Tree, ending: str = "") -> str | None:
    names = [name for name, node in tree.items() if isinstance(node, bytes) and name.endswith(ending)]
    return random.choice(names) if names else None


def _bytes(random: Random, tree: Tree, *_: Any) -> None:
    """Bits that flipped, bytes that were lost, doubled or put in."""
    name = _a_file(random, tree)
    if name is None or not tree[name]:
        return
    content = bytearray(tree[name])  # type: ignore[arg-type]
    for _time in range(random.choice((1, 1, 3, 20))):
        at = random.randrange(len(content) + 1)
        how = random.randrange(5)
        if how == 0 and at < len(content):
            content[at] ^= 1 << random.randrange(8)
        elif how == 1 and at < len(content):
            content[at] = random.choice((0, 0xFF, 0x22, 0x7D, 0x5B, 0x1B, random.randrange(256)))
        elif how == 2:
            del content[at : at + random.choice((1, 4, 64, 1000))]
        elif how == 3:
            content[at:at] = content[at : at + random.choice((1, 8, 64, 500))]
        else:
            content[at:at] = random.randbytes(random.choice((1, 4, 64)))
    tree[name] = bytes(content)


def _cut(random: Random, tree: Tree, *_: Any) -> None:
    """A write that did not finish."""
    if (name := _a_file(random, tree)) is not None:
        tree[name] = tree[name][: random.randrange(len(tree[name]) + 1)]  # type: ignore[index]


def _field(random: Random, tree: Tree, *_: Any) -> None:
    """Another value, another key or none in a place of a JSON document."""
    name = _a_file(random, tree, ".json")
    try:
        content = json.loads(tree[name])  # type: ignore[index,arg-type]
    except (KeyError, ValueError, RecursionError):
        return
    for _time in range(random.choice((1, 1, 2, 5))):
        place = content
        while isinstance(place, (dict, list)) and place:
            key = random.choice(list(place)) if isinstance(place, dict) else random.randrange(len(place))
            if not isinstance(place[key], (dict, list)) or not place[key] or random.random() < 0.4:
                _replace(random, place, key)
                break
            place = place[key]
    try:
        tree[name] = hostile.dumped(content)  # type: ignore[index]
    except (ValueError, RecursionError):
        return


def _replace(random: Random, place: Any, key: Any) -> None:
    how = random.random()
    if how < 0.75:
        place[key] = hostile.value(random)
    elif how < 0.85:
        del place[key]
    elif isinstance(place, dict):
        place[random.choice(hostile.STRINGS)] = hostile.value(random)
    else:
        place.extend([hostile.value(random)] * random.choice((1, 3, 2000)))


def _document(random: Random, tree: Tree, *_: Any) -> None:
    """Another document altogether."""
    if (name := _a_file(random, tree)) is not None:
        tree[name] = hostile.document(random)


def _records(random: Random, tree: Tree, *_: Any) -> None:
    """Fields of the log's records, records of noise, or a great many of them."""
    name = _a_file(random, tree, ".npy")
    if name is None:
        return
    content = bytearray(tree[name])  # type: ignore[arg-type]
    if random.random() < 0.3:
        content += random.randbytes(random.choice((64, 640, 64_000)))
    whole = (len(content) - _HEADER) // log.SIZE
    for _time in range(random.choice((1, 5, 50)) if whole > 0 else 0):
        start = _HEADER + random.randrange(whole) * log.SIZE
        field = random.choice(log.RECORD.names or ())
        kind, offset = log.RECORD.fields[field]  # type: ignore[index,misc]
        content[start + offset : start + offset + kind.itemsize] = _raw(random, kind.itemsize)
    tree[name] = bytes(content)


def _raw(random: Random, size: int) -> bytes:
    if size != 8 or random.random() < 0.5:
        return random.choice((bytes(size), b"\xff" * size, b"\x7f" * size, random.randbytes(size)))
    number = random.choice((float("nan"), float("inf"), -float("inf"), 1e308, -1e308, 5e-324, 1e18, -1.0))
    return struct.pack("<d", number)


def _rename(random: Random, tree: Tree, *_: Any) -> None:
    """A name that moves the cursor, is no text, or has numbers too large."""
    name = random.choice([*tree, ""])
    if not name:
        return
    node = tree.pop(name)
    parts = name.split(".")
    at = random.randrange(1, len(parts)) if len(parts) > 1 else 0
    parts[at] = random.choice(
        (
            *hostile.STRINGS,
            "video99999999999999999999",
            "batch000001",
            "batch999999999",
            "\udcff\udc80",
            "0",
            "",
        )
    )
    tree[".".join(parts).replace("/", "_").replace("\0", "")[:120] or "x"] = node


def _special(random: Random, tree: Tree, corpus: Sequence[Tree], outside: str) -> None:
    """Something that is no regular file, or is no size that can be."""
    name = random.choice([*tree, "openaigym.manifest.9.x.manifest.json", "openaigym.run.000007.json"])
    head = tree.get(name, b"")
    tree[name] = random.choice(
        (
            Link(outside), Link(f"../{outside.rpartition('/')[2]}"), Link(name), Link("/dev/zero"),
            Link("/dev/stdin"),
            Link(random.choice([*tree, "x"])), FIFO, ZERO, Folder(),
            Hole(head if isinstance(head, bytes) else b"", random.choice((1 << 20, 1 << 28, 1 << 40))),
        )
    )  # fmt: skip


def _lose(random: Random, tree: Tree, *_: Any) -> None:
    """Files that are gone."""
    for name in random.sample([*tree], min(len(tree), random.choice((1, 1, 2, 5)))):
        del tree[name]


def _swap(random: Random, tree: Tree, *_: Any) -> None:
    """The content of one file under the name of another."""
    if len(tree) > 1:
        one, other = random.sample([*tree], 2)
        tree[one], tree[other] = tree[other], tree[one]


def _mix(random: Random, tree: Tree, corpus: Sequence[Tree], outside: str) -> None:
    """Files of another recording among these, over them where names are the same."""
    other = random.choice(corpus)
    for name in random.sample([*other], min(len(other), random.randrange(1, 6))):
        tree[name] = other[name]


def _strangers(random: Random, tree: Tree, *_: Any) -> None:
    """Another program's files, some of them named nearly like ours."""
    for name in (
        "notes.txt",
        "openaigym",
        "openaigym.",
        "openaigym.x",
        "monitor.csv",
        "rl-video-episode-0.mp4",
    ):
        tree[name] = hostile.document(random)
    tree[
        "openaigym.manifest." + random.choice(("json", "manifest.json~", ".manifest.json", "manifest.json"))
    ] = hostile.document(random)


def _code(random: Random, tree: Tree, corpus: Sequence[Tree], outside: str) -> None:
    """A run that names code, which leaves a trace: a policy, an environment's module, a schedule."""
    place = outside.rpartition("/")[0] + "/stranger"
    asked = {"kind": "evaluation", "env": "CartPole-v1", "policy": "random", "episodes": 5, "seed": 1}
    asked[random.choice(("policy", "policy", "env", "video"))] = random.choice(
        (f"{place}.py:act", "stranger:act", "stranger:act ", "./stranger:act", "stranger:CartPole-v1")
    )
    if random.random() < 0.3:
        asked[random.choice([*asked])] = hostile.value(random)
    # The last run is the one that is resumed.
    tree[random.choice(("openaigym.run.000000.json", "openaigym.run.000099.json"))] = hostile.dumped(
        {"version": 1, "started_at": 1.0, "ended_at": random.choice((None, 2.0)), **asked}
    )


def _killed(random: Random, tree: Tree, *_: Any) -> None:
    """Writers of ours that died, to be sealed by others; odd names for them; holes in their logs."""
    for name, node in [*tree.items()]:
        try:
            content = json.loads(node)  # type: ignore[arg-type]
            ours = content.get("monitorcli", content)
            ours["lease"]["pid"] = None
        except (TypeError, KeyError, ValueError, AttributeError, RecursionError):
            if name.endswith(".npy") and isinstance(node, bytes) and random.random() < 0.3:
                tree[name] = Hole(node, random.choice((1 << 20, 6 << 30, 1 << 40)))
            continue
        ours["closed"] = False
        if random.random() < 0.3:
            key = random.choice(("writer", "batch", "run", "first", "count", "lease", "opened_at", "log"))
            if random.random() < 0.2:
                ours.pop(key, None)
            else:
                ours[key] = random.choice(([], {}, ["x"], "/../../x", hostile.value(random)))
        tree[name] = hostile.dumped(content)


Damage = Callable[[Random, Tree, Sequence[Tree], str], None]
_DAMAGES: tuple[Damage, ...] = (
    _bytes, _cut, _field, _document, _records, _rename, _special, _lose, _swap, _mix, _strangers,
    _code, _killed,
)  # fmt: skip
_WEIGHTS = (4, 3, 8, 3, 4, 3, 3, 2, 1, 2, 1, 3, 5)
