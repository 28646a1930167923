"""Replay a recording's episodes altered, one way after another: each must be told from the recorded one.

Prints bytes a step, and how many of the altered episodes were refused and how many were accepted. What is
altered and yet gives the same observations, rewards and ends (an action without effect) is no other episode,
and is counted by itself.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import numpy as np

from monitorcli.format.names import TRACE_PREFIX
from monitorcli.recording import read
from monitorcli.replay.environment import Typed
from monitorcli.replay.episode import play
from monitorcli.replay.run import Replayer
from monitorcli.replay.traces import rows_with_trace, traces_of

ALTERED = 6  # episodes, each altered in three ways
# Constants of physics, where an environment has one, and what it is multiplied with.
PHYSICS = ("gravity", "force_mag", "force", "power", "g", "LINK_MASS_1", "max_speed")


def stream(env, trace):
    """Everything that comes back, as one text."""
    from monitorcli.replay.episode import _restore

    random = trace.random or {}
    _restore(env, random)
    found = [repr(env.reset(seed=random.get("seed"), options=trace.options)[0])]
    for action in trace.actions:
        result = env.step(action)
        found.append(b"".join(map(_bytes, result[:4])))
        if result[2] or result[3]:
            break
    return found


def _bytes(value):
    if isinstance(value, dict):
        return b"".join(map(_bytes, value.values()))
    return np.asarray(value).tobytes()


def altered_action(trace, space):
    """The trace with the action in the middle replaced by another."""
    actions = list(trace.actions)
    place, was = len(actions) // 2, actions[len(actions) // 2]
    other = space.sample()
    for _ in range(100):
        if not np.array_equal(other, was):
            break
        other = space.sample()
    actions[place] = type(was)(other) if np.ndim(other) == 0 else np.asarray(other, np.asarray(was).dtype)
    return trace._replace(actions=actions)


def other_random(trace):
    """The trace with other random numbers before the reset."""
    random = trace.random or {}
    if "seed" in random:
        return trace._replace(random={"seed": random["seed"] + 1})
    return trace._replace(random={"entropy": 12345, "bit_generator": "PCG64"}) if random else None


def change_physics(env):
    """Change a constant of physics a little; whether there was one."""
    base = env.unwrapped
    if hasattr(base, "model"):  # MuJoCo
        base.model.body_mass[1] *= 1.0001
        return True
    for name in PHYSICS:
        if isinstance(getattr(base, name, None), float):
            setattr(base, name, getattr(base, name) * 1.0001)
            return True
    return False


def main():
    recording = read(sys.argv[1])
    options = sys.argv[2:]
    typed = Typed(
        options[options.index("--make") + 1] if "--make" in options else None,
        tuple(options[place + 1] for place, word in enumerate(options) if word == "--env-arg"),
    )
    rows, _ = rows_with_trace(recording, print)
    traces = traces_of(recording, rows)
    replayer = Replayer(recording, typed)
    refused = accepted = same = 0
    for row in rows[:: max(1, len(rows) // ALTERED)]:
        trace, record = traces[row], replayer.record(row)
        if not trace.steps:
            continue
        with replayer.fresh(row, trace) as env:
            if play(env, trace, record) is not None:
                continue
        with replayer.fresh(row, trace) as env:
            right = stream(env, trace)
            space = env.action_space
            space.seed(row)
        for kind in ("action", "random", "physics"):
            other = {"action": altered_action(trace, space), "random": other_random(trace), "physics": trace}[
                kind
            ]
            if other is None:
                continue
            changed = change_physics if kind == "physics" else lambda env: True
            with replayer.fresh(row, other) as env:
                if not changed(env):
                    continue
                told = play(env, other, record) is not None
            with replayer.fresh(row, other) as env:
                changed(env)
                equal = False
                with contextlib.suppress(Exception):
                    equal = stream(env, other) == right
            refused += told
            accepted += not told and not equal
            same += not told and equal
    steps = sum(traces[row].steps for row in rows)
    size = sum(path.stat().st_size for path in Path(sys.argv[1]).glob(f"{TRACE_PREFIX}*"))
    print(
        f"{size / max(1, steps):.2f} | {refused} refused, {accepted} falsely accepted, {same} without effect"
    )


main()
