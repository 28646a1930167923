"""The global random generators, kept apart for episodes that take turns in one process."""

from __future__ import annotations

import ctypes
import random
import sys
from typing import Any

import numpy as np

from monitorcli.errors import BadRequest

# Bytes of NumPy's Mersenne Twister in memory: 624 words, and the place among them.
_WORDS = 625 * 4
# NumPy 1.24 and newer has it; the type stubs do not.
_set_bit_generator: Any = getattr(np.random, "set_bit_generator", None)


class GlobalGenerators:
    """The states of the global generators of `random`, NumPy and torch that belong to one episode.

    They are in place while its environment is stepped, so that what it draws does not depend on the
    episodes that run beside it. Few environments draw from them, and reading a state costs most (13 us and
    46 us), so it is read only when something was drawn.
    """

    def __init__(self) -> None:
        """Raises BadRequest if NumPy is too old."""
        if _set_bit_generator is None:
            raise BadRequest(f"--num-envs needs NumPy 1.24 or newer; this is {np.__version__}.")
        self._bits = np.random.MT19937()
        self._address = self._bits.ctypes.state_address

    def install(self) -> None:
        """Begin an episode: NumPy's generator is this one's from now on, and is to be seeded."""
        _set_bit_generator(self._bits)

    def take(self) -> None:
        """Keep the states, after the episode was seeded and reset."""
        self._take_python(random.getstate())
        self._take_numpy()
        self._torch = _torch_state()

    def restore(self) -> None:
        """Put the states in place."""
        random.setstate(self._python)
        _set_bit_generator(self._bits)  # without a normal number that NumPy has kept back
        if self._numpy is not None:
            np.random.set_state(self._numpy)
        if self._torch is not None:
            sys.modules["torch"].default_generator.set_state(self._torch)

    def keep(self) -> None:
        """Keep the states, which may have changed since `restore`."""
        if self._python[2] is not None:  # a normal number that is kept back, and may have been taken
            self._take_python(random.getstate())
        elif random.getrandbits(32) != self._next:
            version, words, normal = random.getstate()
            # The place among the words, from before that look at the next number.
            self._take_python((version, (*words[:-1], words[-1] - 1), normal))
        if self._numpy is not None or self._words != ctypes.string_at(self._address, _WORDS):
            self._take_numpy()
        self._torch = _torch_state()

    def drawn(self) -> bool:
        """Whether anything was drawn since `restore`. The kept states stay as they are."""
        if random.getrandbits(32) != self._next or self._words != ctypes.string_at(self._address, _WORDS):
            return True
        return self._torch is not None and not bool((_torch_state() == self._torch).all())

    def _take_python(self, state: Any) -> None:
        self._python = state
        random.setstate(state)
        self._next = random.getrandbits(32)

    def _take_numpy(self) -> None:
        self._words = ctypes.string_at(self._address, _WORDS)
        state: Any = np.random.get_state(legacy=False)
        self._numpy = state if state["has_gauss"] else None


def seed_everything(seed: int) -> None:
    """Seed the global random generators of Python, NumPy and, if it is loaded, torch."""
    random.seed(seed)
    np.random.seed(seed % (1 << 32))
    torch: Any = sys.modules.get("torch")
    if hasattr(torch, "default_generator"):
        torch.default_generator.manual_seed(seed % (1 << 64))
        if torch.cuda.is_initialized():
            torch.cuda.manual_seed_all(seed % (1 << 64))


def _torch_state() -> Any:
    """The state of torch's generator; None if torch is not loaded."""
    torch: Any = sys.modules.get("torch")
    return torch.default_generator.get_state() if hasattr(torch, "default_generator") else None
