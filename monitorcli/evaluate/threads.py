"""One thread a worker for BLAS and torch: workers share the cores, and more threads change the last bits."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

# What OpenMP (torch), OpenBLAS, MKL, Apple's Accelerate and numexpr read when they are loaded.
VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


def one_thread(variables: MutableMapping[str, str]) -> None:
    """Set the variables that are not set yet to 1. Has its effect on libraries that are loaded after it."""
    for name in VARIABLES:
        variables.setdefault(name, "1")


def threads(variables: MutableMapping[str, str]) -> dict[str, str]:
    """The variables that are not 1: what the user chose."""
    return {name: variables[name] for name in VARIABLES if variables.get(name, "1") != "1"}


def cores() -> int:
    """How many cores this process may use."""
    ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return int(os.environ.get("SLURM_CPUS_PER_TASK") or ours or 1)
