"""The learning curve: what it draws, and that no values can break it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitorcli import summary
from monitorcli.report import curve

NAN = float("nan")
POINTS = st.lists(st.floats() | st.just(1.0), min_size=1, max_size=60)


def drawn(points, width=8, height=2, **options):
    return curve.draw(np.array(points, dtype=float), width, height, **options)


@pytest.mark.parametrize(
    ("points", "lines"),
    [
        ([0, 1], ["    ⣀⠤⠒⠉", "⣀⠤⠒⠉    "]),
        ([1, 0], ["⠉⠒⠤⣀    ", "    ⠉⠒⠤⣀"]),
        ([5, 5, 5], ["⠒⠒⠒⠒⠒⠒⠒⠒"]),
        ([5], ["⠒⠒⠒⠒⠒⠒⠒⠒"]),
        ([0, NAN, 8], ["      ⠉⠉", "⣀⣀      "]),
        ([NAN, NAN], ["        ", "        "]),
    ],
)
def test_curve_is_drawn_in_braille(points, lines):
    assert drawn(points) == lines


def test_curve_is_drawn_in_ascii():
    assert drawn([0, 1, 0], 9, 2, ascii_only=True) == ["   -'-   ", "_-'   '-_"]


def test_a_steep_line_stays_a_line():
    lines = drawn([0] * 8 + [1] * 8, 8, 4)
    assert all(line.strip() for line in lines)


@given(POINTS, st.integers(1, 40), st.integers(1, 6), st.booleans())
def test_any_values_fill_the_width_and_nothing_else(points, width, height, ascii_only):
    lines = drawn(points, width, height, ascii_only=ascii_only)
    assert {len(line) for line in lines} == {width}
    finite = {point for point in points if np.isfinite(point)}
    assert len(lines) == (1 if len(finite) == 1 else height)
    assert any(line.strip() for line in lines) == bool(finite) or len(points) > width
    alphabet = set(" _-'") if ascii_only else {" ", *map(chr, range(0x2801, 0x2900))}
    assert set("".join(lines)) <= alphabet


@given(st.lists(st.floats(), min_size=1, max_size=300), st.integers(1, 40))
def test_any_returns_can_be_averaged_and_drawn(returns, width):
    points = summary.curve(np.array(returns), 2 * width)
    assert {len(line) for line in curve.draw(points, width, 4)} == {width}
