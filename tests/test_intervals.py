"""Intervals and comparisons against values made with SciPy and statsmodels. See docs/statistics.md."""

import math

import numpy as np
import pytest
from helpers import episodes, recording
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from monitorcli.summary import statistics
from monitorcli.summary.comparison import compare
from monitorcli.summary.group import group
from monitorcli.summary.intervals import UNKNOWN, Interval, intervals, intervals_of_each, wilson
from monitorcli.summary.measures import Measured
from monitorcli.summary.resampling import ESTIMATED, MOST_RESAMPLED, draws, resampled, resamples
from monitorcli.summary.selection import Selection

OLD = [12.0, 9, 30, 500, 18, 18, 77, 240, 500, 500, 9, 45, 61, 333]
NEW = [20.0, 9, 45, 500, 22, 19, 90, 500, 500, 480, 10, 40, 70, 500, 300]


@pytest.mark.parametrize(
    ("values", "mean", "std", "median", "iqm"),
    [
        # numpy.mean, numpy.std(ddof=1), numpy.median, scipy.stats.trim_mean(values, 0.25)
        (OLD, 168.0, 203.22060767701532, 53.0, 102.75),
        (NEW, 207.0, 222.92151085079252, 70.0, 174.11111111111111),
    ],
)
def test_statistics_are_those_of_scipy(values, mean, std, median, iqm):
    found = statistics(np.array(values))
    assert [found.mean, found.std, found.median, found.iqm] == pytest.approx(
        [mean, std, median, iqm], rel=1e-14
    )


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        # scipy.stats.bootstrap(n_resamples=200_000, method="percentile")
        ("mean", 71.5714, 275.1429),
        ("std", 118.0991, 236.4249),
        ("median", 18.0, 333.0),
        ("iqm", 24.875, 287.5),
    ],
)
def test_the_bootstrap_is_that_of_scipy_but_for_its_draws(name, low, high):
    found = intervals(np.array(OLD), 0.95, [name])[name]
    assert [found.low, found.high] == pytest.approx([low, high], abs=0.03 * (high - low))


def test_the_bootstrap_draws_the_same_everywhere():
    assert intervals(np.array(OLD), 0.95) == {
        "mean": Interval(70.85357143, 278.3571429),
        "std": Interval(116.6075267, 236.4690779),
        "median": Interval(18.0, 333.0),
        "iqm": Interval(24.375, 293.625),
    }


@pytest.mark.parametrize("n", [2, 3, 4, 5, 8, 101])
def test_a_resample_by_counts_is_a_resample(n):
    ordered = np.sort(np.random.RandomState(n).exponential(100, n))
    counts = next(resamples(n, times=30))
    found = resampled(ordered, counts, ESTIMATED)
    for row, count in enumerate(counts.astype(int)):
        whole = statistics(np.repeat(ordered, count))
        assert [found[name][row] for name in ESTIMATED] == pytest.approx(
            [getattr(whole, name) for name in ESTIMATED], rel=1e-10, abs=1e-10
        )


@pytest.mark.parametrize("n", [1, 2, 5, 700, MOST_RESAMPLED + 1])
def test_intervals_of_many_means_are_those_of_each(n, monkeypatch):
    samples = np.random.RandomState(n).exponential(100, (3, n))
    each = [intervals(sample, 0.9, ["mean"])["mean"] for sample in samples]
    assert [str(found) for found in mean_intervals(samples, 0.9)] == [str(found) for found in each]
    monkeypatch.setattr("monitorcli.summary.intervals.PICKS", 2 * draws(n))
    assert len(mean_intervals(samples, 0.9)) == 3


def test_draws_are_fewer_when_values_are_many():
    assert [draws(n) for n in (0, 400, 1000, 10_000)] == [9999, 9999, 4000, 999]
    assert sum(len(counts) for counts in resamples(700)) == draws(700)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # statsmodels.stats.proportion.proportion_confint(successes, n, 0.05, "wilson")
        (0, 10, 0.0, 0.27753279988628926),
        (87, 100, 0.7901964855992356, 0.9224283257275949),
        (100, 100, 0.9630065017930143, 1.0),
    ],
)
def test_wilson_is_that_of_statsmodels(successes, n, low, high):
    assert wilson(successes, n, 0.95) == Interval(pytest.approx(low, rel=1e-9), pytest.approx(high, rel=1e-9))


def test_of_no_episodes_there_is_no_interval():
    assert wilson(0, 0, 0.95) == UNKNOWN
    assert set(intervals(np.array([3.0]), 0.95).values()) == {UNKNOWN}


def test_equal_values_have_an_interval_of_no_width():
    for n in (2, 50, MOST_RESAMPLED + 1):
        found = intervals(np.full(n, 0.1), 0.95)
        assert [(found[name].low, found[name].high) for name in ("mean", "std", "median", "iqm")] == [
            (pytest.approx(0.1), pytest.approx(0.1)),
            (pytest.approx(0, abs=1e-12), pytest.approx(0, abs=1e-12)),
            (0.1, 0.1),
            (pytest.approx(0.1), pytest.approx(0.1)),
        ]


@pytest.mark.parametrize("name", ESTIMATED)
def test_the_closed_form_is_near_the_bootstrap_where_one_takes_over_from_the_other(name):
    values = np.random.RandomState(5).exponential(100, MOST_RESAMPLED + 1)
    below, above = intervals(values[:-1], 0.95, [name])[name], intervals(values, 0.95, [name])[name]
    width = below.high - below.low
    assert [above.low, above.high] == pytest.approx([below.low, below.high], abs=0.15 * width)


@given(arrays(np.float64, st.integers(0, 30)), st.sampled_from([0.5, 0.95, 0.99]))
def test_no_values_are_too_strange_for_intervals(values, confidence):
    for found in intervals(values, confidence).values():
        assert math.isnan(found.low) or found.low <= found.high


def measured(returns, **columns):
    return Measured(episodes(returns, **columns))


def test_p_improve_is_mann_and_whitneys_u_over_the_pairs():
    # scipy.stats.mannwhitneyu(NEW, OLD).statistic / (len(NEW) * len(OLD))
    found = compare(measured(OLD), measured(NEW))
    assert (found.paired, found.n_old, found.n_new) == (False, 14, 15)
    assert found.p_improve == pytest.approx(0.5642857142857143, rel=1e-14)
    assert found.p_interval.low < 0.5 < found.p_improve < found.p_interval.high


def test_episodes_are_paired_by_seed_whatever_their_order():
    old = measured([1, 2, 3, 4], seed=[1, 2, 3, 4], seeded=[1] * 4)
    new = measured([5, 4, 3, 2], seed=[4, 3, 2, 1], seeded=[1] * 4)
    found = compare(old, new)
    assert (found.paired, found.p_improve) == (True, 1.0)
    mean = found.differences[0]
    assert (mean.name, mean.old, mean.new, mean.change, mean.interval) == (
        "mean", 2.5, 3.5, 1.0, Interval(1.0, 1.0)
    )  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": [1, 2, 3, 5]},  # another seed
        {"seed": [1, 2, 3, 3]},  # one twice
        {"seeded": [1, 1, 1, 0]},  # one was given none
        {"end": [1, 1, 1, 16]},  # one is missing
        {"seed_high": [0, 0, 0, 1]},  # another in its upper half
    ],
)
def test_episodes_are_not_paired_unless_every_one_has_its_twin(changes):
    seeds = {"seed": [1, 2, 3, 4], "seeded": [1] * 4}
    old, new = measured([1, 2, 3, 4], **seeds), measured([1, 2, 3, 4], **{**seeds, **changes})
    assert not compare(old, new).paired
    assert not compare(new, old).paired


@pytest.mark.parametrize("seeded", [0, 1])
def test_many_episodes_are_compared_in_closed_form(seeded):
    n = MOST_RESAMPLED + 1
    noise, seeds = np.random.RandomState(1), {"seed": np.arange(n), "seeded": np.full(n, seeded)}
    returns = noise.normal(100, 20, n)
    shifted = returns + noise.normal(5, 1, n)
    found = compare(measured(returns, **seeds), measured(shifted, **seeds))
    assert found.paired == bool(seeded)
    # The standard error of the mean difference: 1 / 100 of pairs, 20 sqrt(2) / 100 of two samples.
    half = 1.96 * (0.01 if seeded else 0.2828)
    mean = found.differences[0]
    assert mean.interval.high - mean.change == pytest.approx(half, rel=0.2)
    assert found.p_interval.low <= found.p_improve <= found.p_interval.high


def lopsided():
    """Just over a half of the values is 0, the others are 100: the median is 0, and may well be 100."""
    return measured([0.0] * 5010 + [100.0] * 4991)


def test_in_closed_form_each_end_of_an_interval_comes_from_the_right_end_of_either_side():
    """MOVER: where the old median may well be higher, the change may well be lower, and not higher."""
    steady = measured([50.0] * (MOST_RESAMPLED + 1))
    assert intervals(lopsided().episodes.episode_return, 0.95)["median"] == Interval(0.0, 100.0)
    for old, new, change, interval in (
        (lopsided(), steady, 50.0, Interval(-50.0, 50.0)),
        (steady, lopsided(), -50.0, Interval(-50.0, 50.0)),
        (steady, steady, 0.0, Interval(0.0, 0.0)),
    ):
        found = {difference.name: difference for difference in compare(old, new).differences}["median"]
        assert (found.change, found.interval) == (change, interval)


def test_a_comparison_with_nothing_has_no_numbers():
    found = compare(measured([]), measured([1.0, 2.0]))
    assert (found.differences, math.isnan(found.p_improve), found.p_interval) == ((), True, UNKNOWN)


def test_success_is_compared_when_both_sides_know_it():
    old = measured([0.0] * 4, success=[1, 0, 0, 0])
    new = measured([0.0] * 4, success=[1, 1, 1, -1])
    found = {difference.name: difference for difference in compare(old, new).differences}
    assert (found["success"].old, found["success"].new) == (0.25, 1.0)


def test_a_group_is_of_directories_not_of_episodes():
    found = group([1.0, 2.0, math.nan, 3.0], 0.95)
    assert (found.statistics.n, found.statistics.mean) == (3, 2.0)
    assert found.intervals["mean"] == Interval(1.0, 3.0)


def test_a_group_of_one_directory_has_no_interval():
    assert set(group([1.0, math.nan], 0.95).intervals.values()) == {UNKNOWN}


def test_the_last_episodes_are_counted_by_those_that_ended():
    of_both = recording(
        episodes=episodes(range(6), end=[1, 1, 16, 1, 16, 1], mode=[b"t", b"e", b"e", b"e", b"e", b"t"])
    )
    assert Selection(last=1).all_rows(of_both).tolist() == [3, 4, 5]
    assert Selection(last=9).all_rows(of_both).tolist() == [0, 1, 2, 3, 4, 5]
    assert Selection(mode="evaluation", last=1).all_rows(of_both).tolist() == [3, 4]
