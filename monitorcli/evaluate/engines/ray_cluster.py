"""A cluster of Ray's: the one that RAY_ADDRESS names, else one on this machine that ends with us."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from typing import Any

from monitorcli.errors import BadRequest
from monitorcli.evaluate.threads import VARIABLES

# Seconds that the head of a cluster has to answer.
_PATIENCE = 10.0

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def connected(cpus: int) -> Iterator[dict[str, Any]]:
    """Context manager within which Ray can be used; gives the `runtime_env` of workers.

    The cluster is the one in RAY_ADDRESS, else a new one of so many CPUs. One that nobody names is not
    looked for: Ray would wait for one that was killed. Raises BadRequest if that in RAY_ADDRESS cannot be
    reached.
    """
    address = os.environ.get("RAY_ADDRESS", "local")
    if address.startswith("ray://"):
        raise BadRequest(
            f"RAY_ADDRESS={address} is for Ray's client, which cannot give results as they come.",
            "Start monitorcli on a node of the cluster, with the address of its head:  RAY_ADDRESS=HOST:6379",
        )
    if address not in ("auto", "local"):
        _check_reachable(address)
    import ray

    with _quiet():
        try:
            with _signals_kept():
                runtime_env = _joined(address, cpus)
            yield runtime_env
        finally:
            ray.shutdown()


def _joined(address: str, cpus: int) -> dict[str, Any]:
    import ray

    how: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address != "local":
        try:
            ray.init(address=address, **how)
            return {"env_vars": {name: os.environ[name] for name in VARIABLES if name in os.environ}}
        except ConnectionError as error:
            raise _no_answer(address, str(error).splitlines()[0]) from None
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray.init(address="local", num_cpus=cpus, include_dashboard=False, **how)
    return {}  # its processes have our variables


def _check_reachable(address: str) -> None:
    """Raise BadRequest if nobody listens there; Ray would try for minutes."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), _PATIENCE).close()
    except (OSError, ValueError, OverflowError) as error:
        raise _no_answer(address, str(error)) from None


def _no_answer(address: str, reason: str) -> BadRequest:
    return BadRequest(
        f"no cluster of Ray's answers at RAY_ADDRESS={address}: {reason}.",
        "It is the address of its head, HOST:6379, which `ray start --head` shows.",
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Nothing goes to stdout meanwhile: Ray says there, in many words, that a worker died."""
    if sys.stdout is None:  # it was closed
        yield
        return
    sys.stdout.flush()
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """What Ray sets for a signal meanwhile is undone: it would end this process at once."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
