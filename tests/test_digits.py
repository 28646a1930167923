"""Numbers as JSON by the column: read back, every one is the same to its last bit."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitorcli.format import batch, log, number_columns

TIMES = st.floats(2.0**29, 2.0**33)
SUMS = st.floats(8.0, 1e15, exclude_max=True).flatmap(lambda size: st.sampled_from([size, -size]))
WHOLE = st.integers(-(10**15) + 1, 10**15 - 1).map(float)


def bits(values):
    return [struct.pack("<d", value) for value in values]


@pytest.mark.parametrize(
    "kind", [TIMES, SUMS, WHOLE, WHOLE | SUMS, st.floats(allow_nan=False, allow_infinity=False)]
)
@given(data=st.data())
def test_floats_are_read_back_bit_for_bit(kind, data):
    values = data.draw(st.lists(kind, max_size=8))
    read = json.loads(number_columns.floats(np.array(values)))
    assert set(map(type, read)) <= {float}
    assert bits(read) == bits(values)


@given(st.lists(st.floats(-8.0, 8.0), max_size=4), st.lists(SUMS, min_size=12, max_size=12))
def test_a_few_small_ones_among_others_are_read_back(small, others):
    values = [*others[:6], *small, *others[6:]]
    assert bits(json.loads(number_columns.floats(np.array(values)))) == bits(values)


@given(st.integers(3, 49), st.integers(-3, 3), st.booleans())
def test_neighbours_of_powers_of_two_stay_apart(power, steps, times):
    """There the distance to the next number is least, so too few decimals would show."""
    value = 2.0 ** (max(power, 29) if times else power)
    for _ in range(abs(steps)):
        value = np.nextafter(value, np.inf)
    values = [float(value)] * 2
    assert bits(json.loads(number_columns.floats(np.array(values)))) == bits(values)


@given(st.lists(st.integers(0, log.MOST_STEPS), max_size=8))
def test_integers_are_read_back(values):
    assert json.loads(number_columns.integers(np.array(values, np.int64))) == values


def test_what_is_not_finite_becomes_null_and_zero_keeps_its_sign():
    assert number_columns.floats(np.array([np.nan, 1.5, np.inf, -np.inf])) == b"[null, 1.5, null, null]"
    assert bits(json.loads(number_columns.floats(np.array([-0.0, 0.0, -12.0])))) == bits([-0.0, 0.0, -12.0])


def test_columns_are_written_in_rows_of_one_width():
    assert number_columns.integers(np.array([7, 1234, 0])) == b"[      7,   1234,      0]"
    assert number_columns.floats(np.array([-21.0, 300.0])) == b"[    -21.000,    300.000]"
    assert number_columns.floats(np.array([1795269720.25])) == b"[ 1795269720.2500000]"


def test_ordinary_columns_are_not_written_one_by_one(monkeypatch):
    monkeypatch.setattr(number_columns, "_one_by_one", None)
    number_columns.floats(1.7e9 + np.arange(3) / 7)
    number_columns.floats(np.array([-1234.5678, 99.9, 8.0, 0.0, 3.0, -1 / 3]))


def plain(records):
    """The lists of an episode batch, one episode after the other, as docs/format.md tells them."""
    ended = [record for record in records if record["end"] < log.CUT_RESET]
    ends = {1: "terminated", 2: "truncated", 3: "terminated"}
    return {
        "initial_reset_timestamp": 12.5,
        "timestamps": [float(one["started_at"] + one["duration"]) for one in ended],
        "episode_lengths": [int(one["length"]) for one in ended],
        "episode_rewards": [float(one["return"]) if np.isfinite(one["return"]) else None for one in ended],
        "episode_types": [one["mode"].decode() for one in ended],
        "episode_ends": [ends[int(one["end"])] for one in ended],
        "episode_seeds": [
            (int(one["seed_high"]) << 64) + int(one["seed"]) if one["seeded"] == 1 else None for one in ended
        ],
        "incomplete": len(records) - len(ended),
    }


@pytest.mark.parametrize("count", [0, 1, 500])
@pytest.mark.parametrize("returns", ["whole", "any", "infinite"])
@pytest.mark.parametrize("seeded", [0, 3])
def test_a_batch_has_what_its_records_have(count, returns, seeded):
    rng = np.random.default_rng(count)
    records = np.zeros(count, log.RECORD)
    records["started_at"], records["duration"] = 1.7e9 + rng.random(count) * 1e6, rng.random(count) * 100
    records["length"] = rng.integers(0, 20_000, count)
    records["return"] = rng.integers(-9, 500, count) if returns == "whole" else rng.normal(0, 100, count)
    records["return"][: count // 9] *= np.inf if returns == "infinite" else 1
    records["mode"] = rng.choice([b"t", b"e"], count)
    records["end"] = rng.choice([1, 2, 3, log.CUT_RESET, log.CUT_CLOSED], count)
    records["seed"], records["seed_high"] = rng.integers(0, 1 << 60, (2, count))
    records["seeded"] = rng.integers(0, seeded + 1, count) % 3
    assert json.loads(batch.stats(records, 12.5)) == plain(records)
