"""A dry run for `monitorcli start --check`: report the outcome of an environment's first step."""

from __future__ import annotations

import functools
import math
from typing import Any

from monitorcli.attach.status_log import report_status
from monitorcli.monitor.autoreset import several
from monitorcli.monitor.step_result import NotOneStep, as_float, five
from monitorcli.monitor.vector_films import Pictures
from monitorcli.video.camera import FILMED, camera
from monitorcli.video.filming import Filming


def rehearse(env: Any, filming: Filming, through: str = "step") -> None:
    """Report the first step of `env`, which is recorded already; if films are wanted, also a frame after it.

    `through` is the name of the method that returns steps. If it returns a pair, that is a reset and no
    step.
    """
    recorded = getattr(env, through)

    @functools.wraps(recorded)
    def stepped(*args: Any, **kwargs: Any) -> Any:
        result = recorded(*args, **kwargs)
        if through == "step" or len(result) == 5:
            vars(env)[through] = recorded
            if not filming.wanted:
                report_status("unfilmed", "")
            elif through == "recv":
                report_status("unfilmed", f"{type(env).__name__} steps all its environments as one")
            else:
                report_status(*picture(env, filming.options.bounded))
            report_status("step", first_step(result))
        return result

    vars(env)[through] = stepped


def first_step(result: Any) -> str:
    """What `step` returned, for use in a sentence."""
    try:
        observation, reward, *_ = five(result)
        shape = getattr(observation, "shape", None)
        dtype = getattr(observation, "dtype", "")
        seen = type(observation).__name__ if shape is None else f"{tuple(shape)} {dtype}".strip()
        count = math.prod(getattr(reward, "shape", ()))
    except NotOneStep as reason:
        return f"gave {reason}"
    except Exception:  # of objects that do as they like
        return "gave what cannot be looked at"
    return f"observation {seen}, " + (f"reward {as_float(reward):g}" if count == 1 else f"{count} rewards")


def picture(env: Any, bounded: bool = False) -> tuple[str, str]:
    """Render once. Returns ("frame", description), ("unfilmed", reason) or ("broken", reason).

    `bounded` is whether nobody asked for films.
    """
    count = several(env) or getattr(env, "num_envs", 0)
    try:
        if count:
            frame = Pictures(env, count, bounded).of(0)
            return "frame", f"{frame.shape[1]} x {frame.shape[0]} for each of {count:,}"
        taken = camera(env)
        if taken.mode not in FILMED:
            return "unfilmed", f"its render_mode is {taken.mode!r}; films need 'rgb_array' or 'ansi'"
        frame = taken.render()
    except Exception as error:
        return "unfilmed" if count else "broken", str(error)
    if isinstance(frame, str):
        return "frame", f"text of {len(frame.splitlines())} lines"
    if getattr(frame, "ndim", 0) < 2:
        return "broken", f"render() gave {type(frame).__name__}"
    return "frame", f"{frame.shape[1]} x {frame.shape[0]}"
