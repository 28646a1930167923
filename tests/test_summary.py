"""Numbers over episodes made by hand, each checked by eye."""

import math

import numpy as np
import pytest
from helpers import START, episodes
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from monitorcli.format import log
from monitorcli.summary import Statistics, curve, statistics, summarise


def test_an_empty_recording_has_no_numbers():
    found = summarise(episodes([]))
    assert (found.episodes, found.completed, found.steps, found.modes) == (0, 0, 0, {})
    assert (found.started_at, found.ended_at) == (None, None)
    assert math.isnan(found.duration)
    assert found.episode_return.n == 0
    assert math.isnan(found.episode_return.mean)


def test_return_and_length_are_over_completed_episodes_and_steps_over_all():
    found = summarise(episodes([1, 2, 600], length=[3, 5, 100], end=[1, 2, log.CUT_CLOSED]))
    assert (found.episodes, found.completed, found.incomplete) == (3, 2, 1)
    assert found.steps == 108
    assert found.episode_return == Statistics(2, 1.5, pytest.approx(math.sqrt(0.5)), 1.5, 1.0, 2.0, 1.5)
    assert found.length == Statistics(2, 4.0, pytest.approx(math.sqrt(2)), 4.0, 3.0, 5.0, 4.0)


def test_an_episode_both_terminated_and_truncated_counts_once():
    ends = [1, 2, 3, log.END_UNKNOWN, log.CUT_RESET, log.CUT_UNKNOWN]
    found = summarise(episodes(range(6), end=ends))
    assert (found.terminated, found.truncated) == (2, 1)
    assert found.completed - found.terminated - found.truncated == 1


def test_returns_that_are_no_numbers_are_left_out_and_n_says_so():
    found = summarise(episodes([1, math.nan, math.inf, 3]))
    assert (found.completed, found.episode_return.n, found.episode_return.mean) == (4, 2, 2.0)


def test_one_episode_has_no_spread():
    assert math.isnan(statistics(np.array([5.0])).std)


def test_modes_and_successes_are_counted():
    found = summarise(
        episodes(range(5), mode=[b"t", b"e", b"e", b"", b"t"], success=[1, 0, -1, 1, 1], end=[1, 1, 1, 1, 16])
    )
    assert found.modes == {"training": 2, "evaluation": 2, "unknown": 1}
    assert (found.successes, found.judged) == (2, 3)


def test_time_runs_from_the_first_start_to_the_last_end():
    found = summarise(episodes([1, 2], started_at=[START + 5, START], duration=[1.0, 20.0]))
    assert (found.started_at, found.ended_at, found.duration) == (START, START + 20, 20.0)


def test_without_dates_durations_are_added_up():
    found = summarise(episodes([1, 2, 3], started_at=[math.nan] * 3, duration=[1.0, 20.0, math.nan]))
    assert (found.started_at, found.ended_at, found.duration) == (None, None, 21.0)


def test_episodes_without_a_date_add_to_the_time_of_those_with_one():
    found = summarise(episodes([1, 2], started_at=[math.nan, START], duration=[3.0, 2.0]))
    assert found.duration == 5.0


@pytest.mark.parametrize(
    ("values", "width", "means"),
    [
        ([], 10, []),
        ([4.0], 10, [4.0]),
        ([1.0, 2.0, 3.0], 10, [1.0, 2.0, 3.0]),
        ([1.0, 3.0, 5.0, 7.0], 2, [2.0, 6.0]),
        ([1.0, math.nan, 5.0, math.inf], 2, [1.0, 5.0]),
        ([1.0, 2.0, 6.0, 7.0, 9.0], 2, [1.5, 22 / 3]),
        ([1.0], 0, []),
    ],
)
def test_a_curve_is_the_means_of_its_bins(values, width, means):
    assert curve(np.array(values), width).tolist() == pytest.approx(means)


def test_a_bin_without_a_number_is_a_gap():
    assert [str(mean) for mean in curve(np.array([math.nan, math.inf, 3.0]), 3)] == ["nan", "nan", "3.0"]


@given(arrays(np.float64, st.integers(0, 50)), st.integers(-1, 60))
def test_no_values_are_too_strange_for_numbers(values, width):
    assert len(curve(values, width)) == max(0, min(width, len(values)))
    assert statistics(values).n == np.isfinite(values).sum()


@given(st.lists(st.tuples(st.sampled_from([1, 2, 3, 4, 16, 32, 64]), st.integers(0, 9)), max_size=20))
def test_every_episode_is_accounted_for(rows):
    found = summarise(episodes(range(len(rows)), end=[end for end, _ in rows], length=[n for _, n in rows]))
    assert found.completed + found.incomplete == found.episodes == sum(found.modes.values())
    assert found.steps == sum(length for _, length in rows)
    assert found.completed - found.terminated - found.truncated >= 0
