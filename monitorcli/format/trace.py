"""Traces: what it takes to make an episode again, and to see that it is the same one.

One file for each writer: a header, then a frame for each traced episode, appended with one `write` before
the episode's record. The frames of a part of the file are one deflate stream (RFC 1951), flushed after each
episode: short episodes are small because they are alike, and whoever reads sees every finished episode.
docs/format.md, "Traces".
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import zlib
from array import array
from pathlib import Path
from typing import Any, Iterator, Mapping, NamedTuple

import numpy as np
import numpy.typing as npt

from monitorcli.errors import BadFile
from monitorcli.format.files import open_regular
from monitorcli.format.trace_numbers import (
    apart,
    count,
    packed_actions,
    packed_random,
    together,
    unpacked_actions,
    unpacked_random,
)

# Versions of the file, newest last. 1: first version, of monitorcli 0.2.
VERSION = 1
HEADER = b"monitorcli trace".ljust(31, b"\0") + bytes([VERSION])

# Of a frame: the number of bytes that follow, and their CRC-32. The highest bit begins a new deflate stream.
_FRAME = struct.Struct("<II")
_BEGINS = 1 << 31
# What Z_SYNC_FLUSH ends with, which is left out (as in RFC 7692).
_FLUSHED = b"\0\0\xff\xff"
_STREAM = 1 << 20  # bytes in one deflate stream, before the next begins
_MOST = 1 << 28  # bytes of one episode that are read
MOST_STEPS = 1 << 24  # of one episode that is traced
_encode = json.JSONEncoder(allow_nan=False).encode
_SIZES = struct.Struct("<III")
_INTEGER = struct.Struct("<q")
_CHECK = struct.Struct("<I")

# Steps that are hashed together: their observations, then their rewards.
BLOCK = 256
PLAIN = 64  # bytes up to which an observation stands for itself; of a longer one its hash does
_DIGEST = 16

# Odd powers of the golden ratio's first 64 bits, modulo 2**64: one for the reward, then one for each word.
_GOLDEN = 0x9E3779B97F4A7C15
_WEIGHTS = np.array([pow(_GOLDEN, 2 * place + 1, 1 << 64) for place in range(PLAIN // 8 + 1)], np.uint64)


class NotKept(Exception):
    """Why an episode cannot be traced; the message follows "not kept: "."""


class Trace(NamedTuple):
    """One episode's trace.

    `number` is the episode's in the log, `steps` its length, `earlier` how many episodes the same
    environment object had before. `random` is how the random numbers stood before the reset, see
    docs/format.md; `options` were given to `reset`. `actions` holds a list of Python integers or an array
    of shape (steps, ...). `first` is the CRC-32 of the first observation; `checks` has a number below 16
    for each step; `digest` is of all observations and rewards. `not_kept` says why there is nothing.
    """

    number: int
    earlier: int
    random: Any = None
    options: Any = None
    actions: Any = ()
    first: int = 0
    checks: npt.NDArray[np.uint8] = np.empty(0, np.uint8)
    digest: bytes = b""
    not_kept: str = ""

    @property
    def steps(self) -> int:
        """How many steps it has."""
        return len(self.actions)


def leaf(observation: Any) -> bytes:
    """What stands for an observation in the hash: its bytes if there are few, else 16 of their SHA-256.

    Raises NotKept for what has no bytes.
    """
    if observation.__class__ is np.ndarray:
        if observation.dtype.hasobject:
            raise NotKept("an observation holds objects")
        if observation.nbytes <= PLAIN:
            return observation.tobytes()
        return shortened(np.ascontiguousarray(observation).data)
    if isinstance(observation, (int, np.integer)) and -(1 << 63) <= observation < 1 << 63:
        return _INTEGER.pack(observation)
    return shortened(b"".join(_parts(observation)))


def shortened(data: Any) -> bytes:
    """16 bytes of the SHA-256 of these bytes."""
    return hashlib.sha256(data).digest()[:_DIGEST]


def _parts(value: Any) -> Iterator[bytes]:
    """The bytes of an observation, the same for equal ones, and its structure."""
    if isinstance(value, Mapping):
        for name in value:
            yield repr(name).encode(errors="replace")
            yield from _parts(value[name])
    elif isinstance(value, (tuple, list)):
        yield b"(%d" % len(value)
        for part in value:
            yield from _parts(part)
    elif isinstance(value, (str, bytes)):
        yield value.encode(errors="replace") if isinstance(value, str) else value
    else:
        found = np.asarray(value)
        if found.dtype.hasobject:
            raise NotKept(f"an observation is or holds a {type(value).__name__}")
        yield found.tobytes()


class Running:
    """The running hash of one episode's observations and rewards, and the checks of its steps."""

    def __init__(self, first: bytes) -> None:
        """`first` is the leaf of the observation that `reset` gave."""
        self._hash = hashlib.sha256(first)
        self.first = zlib.crc32(first)
        self._checks: list[npt.NDArray[np.uint8]] = []

    def add(self, leaves: list[bytes], rewards: list[Any]) -> npt.NDArray[np.uint8]:
        """Add n steps, BLOCK of them or the last ones, and give back their checks, shape (n,).

        A leaf may be all bytes of an observation, however many. Raises NotKept when a reward is no number.
        """
        try:
            if isinstance(rewards[0], np.ndarray):
                raise TypeError
            packed = array("d", rewards)
        except (TypeError, ValueError, OverflowError):
            raise NotKept("a reward is not one number") from None
        numbers = np.frombuffer(packed, np.float64).astype("<f8", copy=False)
        size, block = len(leaves[0]), b"".join(leaves)
        if len(block) != size * len(leaves) or size > PLAIN:
            leaves = [one if len(one) <= PLAIN else shortened(one) for one in leaves]
            if len({len(one) for one in leaves}) > 1:
                leaves = [shortened(one) for one in leaves]
            size, block = len(leaves[0]), b"".join(leaves)
        self._hash.update(block)
        self._hash.update(numbers.data)
        found = _checks(np.frombuffer(block, np.uint8).reshape(-1, size), numbers)
        self._checks.append(found)
        return found

    def checks(self) -> npt.NDArray[np.uint8]:
        """The checks of all steps so far."""
        return np.concatenate(self._checks) if self._checks else np.empty(0, np.uint8)

    def digest(self) -> bytes:
        """16 bytes of the SHA-256 of the first observation's leaf and all blocks."""
        return self._hash.digest()[:_DIGEST]


def _checks(rows: npt.NDArray[np.uint8], rewards: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """Four bits for each row of bytes and its reward, shape (n,): the highest of a weighed sum."""
    count, size = rows.shape
    if size % 8:
        rows = np.concatenate([rows, np.zeros((count, -size % 8), np.uint8)], axis=1)
    words = rows.view("<u8")
    total = rewards.view("<u8") * _WEIGHTS[0]
    for place in range(words.shape[1]):
        total += words[:, place] * _WEIGHTS[place + 1]
    found: npt.NDArray[np.uint8] = (total >> np.uint64(60)).astype(np.uint8)
    return found


def pack(trace: Trace) -> bytes:
    """The trace as the bytes that a writer appends: sizes, a JSON object, actions, and what checks it."""
    about = {"number": trace.number, "earlier": trace.earlier}
    if trace.not_kept:
        return _framed({**about, "not_kept": trace.not_kept})
    kind, actions = packed_actions(trace.actions)
    random, wide = packed_random(trace.random)
    about.update(steps=trace.steps, random=random, options=trace.options, action=kind)
    return _framed(about, actions, wide + _CHECK.pack(trace.first) + together(trace.checks, 4) + trace.digest)


def _framed(about: Any, actions: bytes = b"", rest: bytes = b"") -> bytes:
    text = _encode(about).encode()
    return _SIZES.pack(len(text), len(actions), len(rest)) + text + actions + rest


def unpack(data: bytes) -> Trace:
    """The trace in these bytes; raises BadFile when they hold none."""
    try:
        text, actions, rest = _SIZES.unpack_from(data)
        if _SIZES.size + text + actions + rest != len(data):
            raise ValueError("its sizes do not add up")
        at = _SIZES.size + text
        about = json.loads(data[_SIZES.size : at])
        number, earlier = count(about["number"]), count(about["earlier"])
        if "not_kept" in about:
            return Trace(number, earlier, not_kept=str(about["not_kept"])[:200])
        steps = count(about["steps"])
        if steps > MOST_STEPS:
            raise ValueError("it has too many steps")
        found = unpacked_actions(about["action"], data[at : at + actions], steps)
        end = len(data) - _DIGEST
        begin = end - (steps + 1) // 2 - _CHECK.size
        if begin < at + actions:
            raise ValueError("its checks are not one a step")
        random = unpacked_random(about["random"], data[at + actions : begin])
        (first,) = _CHECK.unpack_from(data, begin)
        checks = apart(data[begin + _CHECK.size : end], 4)[:steps]
        return Trace(number, earlier, random, about["options"], found, first, checks, data[end:])
    except (struct.error, ValueError, TypeError, KeyError, RecursionError, MemoryError) as error:
        raise BadFile(f"no trace: {error}") from None


class Compressor:
    """Makes frames of packed traces."""

    def __init__(self) -> None:
        self._stream: Any = None
        self._size = 0

    def frame(self, data: bytes) -> bytes:
        """The frame to append; those before it must have been appended."""
        begins = self._stream is None or self._size > _STREAM
        if begins:
            self._stream, self._size = zlib.compressobj(1, zlib.DEFLATED, -15), 0
        packed: bytes = self._stream.compress(data) + self._stream.flush(zlib.Z_SYNC_FLUSH)
        packed = packed[: -len(_FLUSHED)]
        self._size += len(packed)
        return _FRAME.pack(len(packed) | (_BEGINS if begins else 0), zlib.crc32(packed)) + packed

    def begin_anew(self) -> None:
        """The last frame could not be appended: the next one begins a stream."""
        self._stream = None


def create(path: Path) -> int:
    """Create the file exclusively and give back its descriptor; raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o666)
    if os.write(descriptor, HEADER) != len(HEADER):
        os.close(descriptor)
        os.unlink(path)
        raise OSError("the disk took only a part of what was written")
    return descriptor


def read(path: Path) -> Iterator[Trace]:
    """The traces in a file, in the order in which their episodes ended, without a torn tail.

    Raises BadFile for a file that is none of ours, and at the first frame that is damaged, not torn.
    """
    with open_regular(path) as file:
        if file.read(len(HEADER)) != HEADER:
            raise BadFile(f"{path.name}: not a file of traces of version {VERSION}")
        stream: Any = None
        while len(head := file.read(_FRAME.size)) == _FRAME.size:
            size, check = _FRAME.unpack(head)
            begins, size = size & _BEGINS, size & ~_BEGINS
            data = file.read(min(size, _MOST))
            if len(data) < size:
                return  # torn, as kill -9 and a power cut leave it
            if zlib.crc32(data) != check or (stream is None and not begins):
                raise BadFile(f"{path.name}: a trace is damaged, and what follows it cannot be read")
            if begins:
                stream = zlib.decompressobj(-15)
            try:
                yield unpack(_inflated(stream, data + _FLUSHED))
            except (zlib.error, BadFile) as error:
                raise BadFile(f"{path.name}: {error}") from None


def _inflated(stream: Any, data: bytes) -> bytes:
    found: bytes = stream.decompress(data, _MOST)
    if stream.unconsumed_tail:
        raise BadFile(f"a trace of more than {_MOST:,} bytes is not read")
    return found
