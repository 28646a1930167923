"""The order in which seeds are visited where an evaluation may stop early: drawn, but the same for everyone.

Rules that look after every episode need an order that no outcome had an influence on. One that is as good
as drawn at random keeps a pattern in the seeds, too, from telling what the first episodes are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable

# The key `order` of a run's file: by the SHA-256 of the text "SEED OF THE PLAN:SEED OF THE EPISODE".
DRAWN = "sha256"


def drawn(seeds: Iterable[int], plan_seed: int, first: Collection[int] = ()) -> list[int]:
    """The seeds in the order of their hashes; those in `first`, which are recorded already, come first.

    It depends on no number of workers, on no library and on no other seed: more episodes leave the order of
    these as it is.
    """
    return sorted(seeds, key=lambda seed: (seed not in first, _hash(plan_seed, seed)))


def _hash(plan_seed: int, seed: int) -> bytes:
    return hashlib.sha256(f"{plan_seed}:{seed}".encode()).digest()
