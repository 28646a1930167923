"""Trace one environment's episodes: what came before each reset, actions, and a hash of what came back.

Nothing in the environment is changed, and nothing raises: what cannot be traced is "not kept", and why.
"""

from __future__ import annotations

import json
from array import array
from typing import Any, Callable

import numpy as np

from monitorcli.format import trace
from monitorcli.format.trace import BLOCK, MOST_STEPS, PLAIN, NotKept, Running, Trace, leaf
from monitorcli.monitor.step_result import kind_of

# `action` as it was given, and the function that steps the environment with it.
Step = Callable[[Any], Any]

_UNSEEN = "its reset was not seen"
_SEVERAL = "its actions are of several kinds"
_NO_STEP = "a step raised, or gave what is no step"
# The environment had no random numbers yet: how those it made for itself began is read when it is over.
_LATER = "later"
_OURS = frozenset({"seed", "options"})


class Tracer:
    """The trace of the episode that runs in one environment, made again for each one."""

    def __init__(self, schedule: Callable[[int], bool], env: Callable[[], Any]) -> None:
        """`schedule` chooses by the episode's number; `env()` is the environment, None when it is gone.

        Nothing here holds on to the environment, so that one that is dropped is collected.
        """
        self._schedule, self._env = schedule, env
        self._earlier = -1  # episodes that the environment had before this one
        self._wanted: bool | None = False  # None until the schedule was asked
        self._why_not = ""
        self._random: Any = None
        self._options: Any = None
        self._running: Running | None = None
        self._actions: list[Any] = []
        self._blocks: list[Any] = []
        self._leaves: list[bytes] = []
        self._rewards: list[Any] = []
        self._kind = "int"  # type of the actions
        self._shape: tuple[int, ...] | None = None  # of actions that are arrays
        self._to_leaf: Callable[[Any], bytes] = leaf

    def before_reset(self, args: Any = (), kwargs: Any = None) -> None:
        """The environment is about to be reset with these arguments."""
        self._why_not, self._running = "", None
        try:
            kwargs = kwargs or {}
            if args or not _OURS.issuperset(kwargs):
                raise NotKept("reset was given other arguments than seed and options")
            self._random = _random(self._env(), kwargs.get("seed"))
            self._options = _plain(kwargs.get("options"))
        except NotKept as reason:
            self._why_not = str(reason)
        except Exception as error:  # whatever the environment is
            self._why_not = f"{type(error).__name__} before its reset"

    def begin(self, result: Any) -> None:
        """An episode began; its reset gave `result`, the observation first."""
        self._earlier += 1
        self._blocks = []
        self._forget_steps()
        self._wanted = None
        if not self._why_not:
            try:
                if result.__class__ is not tuple:  # which may not even be looked at without harm
                    raise NotKept(f"reset gave {kind_of(result)}")
                observation = result[0]
                self._running = Running(leaf(observation))
                plain = observation.__class__ is np.ndarray and observation.nbytes <= PLAIN
                self._to_leaf = np.ndarray.tobytes if plain else leaf
            except Exception as reason:
                self._give_up(reason)

    def unseen(self, why: str = _UNSEEN) -> None:
        """An episode began of which the reset was not seen."""
        self._why_not, self._running = why, None
        self._earlier += 1
        self._wanted = None
        self._blocks = []
        self._forget_steps()

    def follow(self, env_step: Step, action: Any, number: int | None) -> Step:
        """The function to step the episode of this number with, for the environment's; `action` is its first.

        Its number is asked for only now, because an evaluation gives it after the reset.
        """
        if self._wanted is None:
            self._wanted = number is not None and self._chosen(number)
        if self._running is None or not self._wanted:
            return env_step
        kind = action.__class__
        if kind is np.ndarray and action.dtype.kind in "biuf":
            self._kind, self._shape = action.dtype.str, action.shape
            return self._traced(env_step, np.ndarray.tobytes)
        if kind is not int and not issubclass(kind, np.integer):
            self._give_up(NotKept(f"an action is {kind_of(action)}"))
            return env_step
        self._kind, self._shape = "int" if kind is int else action.dtype.str, None
        return self._traced(env_step, None)

    def packed(self, number: int, length: int) -> bytes | None:
        """The trace of the episode that ended, as a writer appends it; None if it was not asked for."""
        if self._wanted is None:
            self._wanted = self._chosen(number)
        if not self._wanted:
            return None
        self._wanted = False
        earlier = max(0, self._earlier)
        try:
            if self._running is not None and length:
                self._flush()
            found = self._whole(number, earlier, length)
        except Exception as reason:
            self._give_up(reason)
            found = Trace(number, earlier, not_kept=self._why_not)
        self._blocks = []
        self._forget_steps()
        return trace.pack(found)

    def _whole(self, number: int, earlier: int, length: int) -> Trace:
        running = self._running
        if running is None:
            raise NotKept(self._why_not or _UNSEEN)
        random = self._random
        if random == _LATER:
            random = _made_later(self._env())
        actions = self._all_actions()
        if len(actions) != length:
            raise NotKept(_NO_STEP)
        return Trace(
            number, earlier, random, self._options, actions, running.first, running.checks(), running.digest()
        )

    def _all_actions(self) -> Any:
        whole = b"".join(self._blocks)  # of `array` objects too
        if self._shape is not None:
            return np.frombuffer(whole, self._kind).reshape((-1, *self._shape))
        numbers = np.frombuffer(whole, np.int64)
        return numbers.tolist() if self._kind == "int" else numbers.astype(self._kind)

    def _traced(self, env_step: Step, as_bytes: Callable[[Any], bytes] | None) -> Step:
        """A closure, because that is the cheapest; `as_bytes` copies actions that may change."""
        keep_action, keep_leaf, keep_reward = self._actions.append, self._leaves.append, self._rewards.append
        to_leaf, left = self._to_leaf, BLOCK

        def step(action: Any) -> Any:
            nonlocal left
            try:
                keep_action(action if as_bytes is None else as_bytes(action))
            except TypeError:
                self._give_up(NotKept(_SEVERAL))
            result = env_step(action)
            try:
                if result.__class__ is not tuple:
                    raise NotKept(_NO_STEP)
                keep_leaf(to_leaf(result[0]))
                keep_reward(result[1])
                left -= 1
                if not left:
                    left = BLOCK
                    self._flush()
            except Exception as reason:
                self._give_up(reason)
            return result

        return step

    def _flush(self) -> None:
        """Hash what was kept since the last time."""
        if self._running is not None:
            if not len(self._actions) == len(self._leaves) == len(self._rewards):
                raise NotKept(_NO_STEP)
            if len(self._blocks) * BLOCK >= MOST_STEPS:
                raise NotKept(f"it has more than {MOST_STEPS:,} steps")
            self._running.add(self._leaves, self._rewards)
            self._blocks.append(self._block_of_actions())
        self._forget_steps()

    def _block_of_actions(self) -> Any:
        try:
            return b"".join(self._actions) if self._shape is not None else array("q", self._actions)
        except (TypeError, OverflowError):
            raise NotKept(_SEVERAL) from None

    def _forget_steps(self) -> None:
        for kept in (self._actions, self._leaves, self._rewards):
            del kept[:]

    def _chosen(self, number: int) -> bool:
        try:
            return bool(self._schedule(number))
        except Exception:  # of the user's own schedule
            return False

    def _give_up(self, reason: Exception) -> None:
        said = str(reason) if isinstance(reason, NotKept) else f"{type(reason).__name__}: {reason}"
        self._why_not, self._running = said, None
        self._blocks = []
        self._forget_steps()


def _random(env: Any, seed: Any) -> Any:
    """How the random numbers stand before a reset with this seed, as docs/format.md has it."""
    if seed is not None:
        number = int(seed)
        if number != seed or number < 0:
            raise NotKept("its seed is no whole number")
        return {"seed": number}
    found = _generator(env)
    return _LATER if found is None else {"state": _listed(found.bit_generator.state)}


def _made_later(env: Any) -> Any:
    """How the random numbers began that an environment has made for itself since; None if there are none."""
    found = None if env is None else _generator(env)
    if found is None:
        return None
    bits = found.bit_generator
    seeds = getattr(bits, "seed_seq", None) or bits._seed_seq
    if seeds.spawn_key:
        raise NotKept("its random numbers began in a way that is not known")
    return {"entropy": seeds.entropy, "bit_generator": type(bits).__name__}


def _generator(env: Any) -> Any:
    """The environment's generator, without having one made: Gymnasium makes it when it is asked for."""
    found = vars(env.unwrapped).get("_np_random")
    return found if isinstance(found, np.random.Generator) else None


def _plain(options: Any) -> Any:
    """Reset options as JSON gives them back. Raises NotKept if these are others."""
    try:
        found = None if options is None else json.loads(json.dumps(options, allow_nan=False))
    except (TypeError, ValueError):
        found = _LATER
    if found != options:
        raise NotKept("its reset options are more than plain values")
    return found


def _listed(state: Any) -> Any:
    """The state of a bit generator, its arrays as lists."""
    if isinstance(state, dict):
        return {name: _listed(value) for name, value in state.items()}
    return state.tolist() if isinstance(state, (np.ndarray, np.generic)) else state
