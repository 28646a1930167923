"""Shards: parts of one evaluation, each a job of its own that knows of no other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from monitorcli.errors import BadRequest

AUTO = "auto"
_HINT = "Give --shard 1/4 to the first of four jobs, and so on to --shard 4/4."


class Shard(NamedTuple):
    """The `number`th of `total` parts, counted from 1: every `total`th seed."""

    number: int = 1
    total: int = 1

    def __str__(self) -> str:
        return f"{self.number}/{self.total}"

    def seeds(self, seeds: range) -> range:
        """The seeds of this part."""
        return seeds[self.number - 1 :: self.total]

    def overlaps(self, other: Shard) -> bool:
        """Whether both may have a seed in common."""
        return self.total != other.total or self.number == other.number


def parse(text: str, variables: Mapping[str, str]) -> Shard:
    """The shard that `--shard TEXT` names; `auto` is what Slurm or torchrun say. Raises BadRequest."""
    if text == AUTO:
        return _automatic(variables)
    found = re.fullmatch(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,8})", text)
    if not found or int(found[1]) > int(found[2]):
        raise BadRequest(f"--shard {text!r} is not one of so many parts.", _HINT)
    return Shard(int(found[1]), int(found[2]))


def _automatic(variables: Mapping[str, str]) -> Shard:
    """The task of a Slurm array, the process of a Slurm step, or the rank that torchrun gives."""
    try:
        if "SLURM_ARRAY_TASK_COUNT" in variables:
            first = int(variables.get("SLURM_ARRAY_TASK_MIN", "0"))
            step = int(variables.get("SLURM_ARRAY_TASK_STEP", "1"))
            number = (int(variables["SLURM_ARRAY_TASK_ID"]) - first) // step
            count = int(variables["SLURM_ARRAY_TASK_COUNT"])
        elif "SLURM_NTASKS" in variables:
            number, count = int(variables["SLURM_PROCID"]), int(variables["SLURM_NTASKS"])
        else:
            number, count = int(variables["RANK"]), int(variables["WORLD_SIZE"])
    except (KeyError, ValueError, ZeroDivisionError):
        raise BadRequest(
            "--shard auto: neither Slurm's variables (SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT, or "
            "SLURM_PROCID and SLURM_NTASKS) nor torchrun's (RANK and WORLD_SIZE) are set.",
            _HINT,
        ) from None
    if not 0 <= number < count:
        raise BadRequest(f"--shard auto: the variables say {number} of {count}, counted from 0.", _HINT)
    return Shard(number + 1, count)
