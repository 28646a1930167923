"""The numbers of a trace, as few bytes; see `format/trace.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def count(value: Any) -> int:
    """`value`, if it is a number that a trace may count with. Raises ValueError."""
    if type(value) is not int or not 0 <= value < 1 << 64:
        raise ValueError("a number is none")
    return value


# Bytes of an integer that does not stand in the text: 16 in place of some 38, which do not compress.
_WIDE = 16


def packed_random(random: Any) -> tuple[Any, bytes]:
    """How the random numbers stood, {"wide": n} for integers of 65 to 128 bits; and those, one by one."""
    wide: list[bytes] = []

    def packed(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: packed(part) for name, part in value.items()}
        if type(value) is int and 1 << 64 <= value < 1 << 128:
            wide.append(value.to_bytes(_WIDE, "little"))
            return {"wide": len(wide) - 1}
        return value

    return packed(random), b"".join(wide)


def unpacked_random(random: Any, wide: bytes) -> Any:
    """What `packed_random` gave these two for. Raises ValueError for what it never gives."""
    if len(wide) % _WIDE:
        raise ValueError("its sizes do not add up")

    def unpacked(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if value.keys() != {"wide"}:
            return {name: unpacked(part) for name, part in value.items()}
        at = _WIDE * count(value["wide"])
        if at >= len(wide):
            raise ValueError("a number of its random numbers is missing")
        return int.from_bytes(wide[at : at + _WIDE], "little")

    return unpacked(random)


def packed_actions(actions: Any) -> Any:
    """How the actions are written, and their bytes: [type, bits] of integers, [dtype, shape] of arrays."""
    if isinstance(actions, np.ndarray) and actions.ndim != 1:
        return [actions.dtype.str, list(actions.shape[1:])], actions.tobytes()
    kind = actions.dtype.str if isinstance(actions, np.ndarray) else "int"
    if not len(actions):
        return [kind, 8], b""
    try:
        small = np.frombuffer(bytes(actions) if kind == "int" else bytes(actions.tolist()), np.uint8)
    except ValueError:  # not all of them are from 0 to 255
        return [kind, 64], np.asarray(actions, "<i8").tobytes()
    bits = next(bits for bits in (1, 2, 4, 8) if small.max() < 1 << bits)
    return [kind, bits], together(small, bits)


def unpacked_actions(how: Any, data: bytes, steps: int) -> Any:
    """The actions that `packed_actions` gave these two for. Raises ValueError for what it never gives."""
    kind, shape = how
    if isinstance(shape, list):
        dtype = _dtype(kind)
        size = dtype.itemsize
        for one in shape:
            size *= count(one)
        if size * steps != len(data):
            raise ValueError("its actions are not one a step")
        return np.frombuffer(data, dtype).reshape((steps, *shape))
    if shape not in (1, 2, 4, 8, 64):
        raise ValueError("its actions have an unknown width")
    values = np.frombuffer(data, "<i8") if shape == 64 else apart(data, shape)
    if not 0 <= len(values) - steps < max(1, 8 // shape):
        raise ValueError("its actions are not one a step")
    values = values[:steps]
    return [int(value) for value in values] if kind == "int" else values.astype(_dtype(kind))


def _dtype(name: Any) -> Any:
    found = np.dtype(str(name))
    if found.kind not in "biuf":
        raise ValueError("its actions are no numbers")
    return found


def together(values: npt.NDArray[np.uint8], bits: int) -> bytes:
    """Numbers below 2**bits, the first in the lowest bits of the first byte."""
    if bits == 8:
        return values.tobytes()
    if bits == 1:
        return bytes(np.packbits(values, bitorder="little"))
    each = 8 // bits
    padded = np.zeros(-(-len(values) // each) * each, np.uint8)
    padded[: len(values)] = values
    found = padded[0::each].copy()
    for place in range(1, each):
        found |= padded[place::each] << np.uint8(bits * place)
    return bytes(found)


def apart(data: bytes, bits: int) -> npt.NDArray[np.uint8]:
    """What `together` made of numbers, and zeros behind them."""
    found = np.frombuffer(data, np.uint8)
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    values: npt.NDArray[np.uint8] = ((found[:, None] >> shifts) & np.uint8((1 << bits) - 1)).reshape(-1)
    return values
