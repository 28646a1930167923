"""The learning curve: what it draws, and that no values can break it."""

import numpy as np
import pytest
from helpers import START, episodes, recording, run
from hypothesis import given
from hypothesis import strategies as st

from monitorcli import report, summary
from monitorcli.format.environment import Environment
from monitorcli.recording.model import Series, Writer
from monitorcli.report import as_table, axis, curve
from monitorcli.report.layout import plain

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


def test_the_pause_before_a_resumed_run_is_no_time_of_its_curve():
    day = 86400.0
    of = recording(
        episodes=episodes([1, 2, 3], started_at=[START + 1, START + 3, START + day + 2], writer=[0, 0, 1]),
        runs=(run(0), run(1, started_at=START + day)),
        writers=tuple(Writer(name, number, "CartPole-v1", "1.4.0", True) for number, name in enumerate("ab")),
    )
    (view,) = report.make_report([of]).views
    assert axis.places(view, "time").tolist() == [2.5, 4.5, 8.0]
    assert axis.places(view, "steps").tolist() == [1, 3, 6]
    assert axis.places(view, "episodes").tolist() == [0, 1, 2]


def test_a_column_without_an_episode_lies_between_its_neighbours():
    at, returns = np.array([0.0, 1.0, 9.0]), np.array([1.0, 3.0, 7.0])
    assert curve.along(at, returns, 0, 10, 5).tolist() == [2, 3.25, 4.5, 5.75, 7]


def test_after_twelve_series_each_is_a_row():
    series = tuple(Series(f"A-v{n}", "training", "", Environment(f"A-v{n}"), (0,)) for n in range(50))
    of = recording(episodes=episodes(range(100), series=np.arange(100) // 2), series=series)
    shown = plain(as_table.lines(report.make_report([of]), 80))
    assert shown.count(" · training\n") == 12
    assert " A-v11 · training\n" in shown
    assert [line.split()[0] for line in shown.splitlines() if line.startswith(" A-v")][12:] == [
        f"A-v{n}" for n in range(12, 50)
    ]
