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
from monitorcli.summary.differences import mean_differences, success_difference
from monitorcli.summary.exact_tests import fisher, mcnemar
from monitorcli.summary.group import group
from monitorcli.summary.improvement import improvement
from monitorcli.summary.intervals import UNKNOWN, Interval, intervals, intervals_of_each, wilson
from monitorcli.summary.measures import Measured
from monitorcli.summary.permutation import permutations, sign_flips
from monitorcli.summary.quantiles import below_t, normal_confidence, t_probability, t_quantile
from monitorcli.summary.resampling import ESTIMATED, MOST_RESAMPLED, draws, moments, resampled, resamples
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
        ("median", 18.0, 333.0),
        ("iqm", 24.875, 287.5),
    ],
)
def test_the_bootstrap_is_that_of_scipy_but_for_its_draws(name, low, high):
    found = intervals(np.array(OLD), 0.95, [name])[name]
    assert [found.low, found.high] == pytest.approx([low, high], abs=0.03 * (high - low))


def test_the_bootstrap_draws_the_same_everywhere():
    assert intervals(np.array(OLD), 0.95) == {
        "mean": Interval(66.42081595, 334.4939517),
        "median": Interval(18.0, 333.0),
        "iqm": Interval(24.375, 293.625),
    }


@pytest.mark.parametrize("n", [2, 3, 4, 5, 8, 101])
def test_a_resample_by_counts_is_a_resample(n):
    ordered = np.sort(np.random.RandomState(n).exponential(100, n))
    counts = next(resamples(n, times=30))
    found = resampled(ordered[None], counts, ["median", "iqm"])
    mean, variance = moments(ordered[None] - 100, counts)
    for row, count in enumerate(counts.astype(int)):
        whole = statistics(np.repeat(ordered, count))
        assert [found[name][row, 0] for name in ("median", "iqm")] == pytest.approx(
            [whole.median, whole.iqm], rel=1e-10, abs=1e-10
        )
        assert [mean[row, 0] + 100, variance[row, 0]] == pytest.approx(
            [whole.mean, whole.std**2], rel=1e-9, abs=1e-9
        )


@pytest.mark.parametrize("n", [2, 5, 700])
def test_intervals_of_many_samples_are_those_of_each(n, monkeypatch):
    samples = np.random.RandomState(n).exponential(100, (3, n))
    monkeypatch.setattr("monitorcli.summary.intervals.PICKS", 2 * draws(n))
    found = intervals_of_each(samples, 0.9)
    for row, sample in enumerate(samples):
        for name, interval in intervals(sample, 0.9).items():
            assert found[name][row] == Interval(pytest.approx(interval.low), pytest.approx(interval.high))


def test_the_interval_of_a_mean_is_the_bootstrap_t():
    values = np.random.RandomState(3).exponential(100, 40)
    random = np.random.RandomState(0)
    picks = values[random.randint(0, 40, (100_000, 40))]
    t = (picks.mean(axis=1) - values.mean()) / (picks.std(axis=1, ddof=1) / math.sqrt(40))
    error = values.std(ddof=1) / math.sqrt(40)
    low, high = (values.mean() - end * error for end in np.quantile(t, [0.975, 0.025]))
    found = intervals(values, 0.95, ["mean"])["mean"]
    assert [found.low, found.high] == pytest.approx([low, high], abs=0.03 * (high - low))


def test_the_interval_of_a_mean_is_at_most_twice_students():
    lumps = np.array([0.0] * 9 + [500.0])
    found = intervals(lumps, 0.95, ["mean"])["mean"]
    # scipy.stats.t.ppf(0.975, 9)
    half = 2 * 2.2621571628540993 * lumps.std(ddof=1) / math.sqrt(10)
    assert max(50 - found.low, found.high - 50) == pytest.approx(half)


@pytest.mark.parametrize(
    ("confidence", "freedom", "expected"),
    [
        # scipy.stats.t.ppf(0.5 + confidence / 2, freedom)
        (0.95, 1, 12.706204736432095),
        (0.95, 2, 4.30265272991119),
        (0.95, 2.5, 3.5746548420036817),
        (0.6, 3, 0.9784723123633045),
        (0.95, 9, 2.2621571628540993),
        (0.999, 30, 3.6459586350420627),
        (0.95, 1e6, 1.9599663568),
    ],
)
def test_quantiles_of_students_t_are_those_of_scipy(confidence, freedom, expected):
    assert t_quantile(confidence, freedom) == pytest.approx(expected, rel=5e-5)


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


def test_the_mean_of_equal_values_has_no_interval():
    for n in (2, 50, MOST_RESAMPLED + 1):
        found = intervals(np.full(n, 0.1), 0.95)
        assert math.isnan(found["mean"].low)
        assert [(found[name].low, found[name].high) for name in ("median", "iqm")] == [
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
    assert (mean.name, mean.old, mean.new, mean.change, mean.interval) == ("mean", 2.5, 3.5, 1.0, UNKNOWN)
    assert (found.p_interval.low, found.p_interval.high) == (pytest.approx(0.5101, abs=1e-4), 1.0)


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
    assert found.intervals["mean"].low < 1.0 < 3.0 < found.intervals["mean"].high


def test_a_group_of_one_directory_has_no_interval():
    assert set(group([1.0, math.nan], 0.95).intervals.values()) == {UNKNOWN}


def test_the_last_episodes_are_counted_by_those_that_ended():
    of_both = recording(
        episodes=episodes(range(6), end=[1, 1, 16, 1, 16, 1], mode=[b"t", b"e", b"e", b"e", b"e", b"t"])
    )
    assert Selection(last=1).all_rows(of_both).tolist() == [3, 4, 5]
    assert Selection(last=9).all_rows(of_both).tolist() == [0, 1, 2, 3, 4, 5]
    assert Selection(mode="evaluation", last=1).all_rows(of_both).tolist() == [3, 4]


@pytest.mark.parametrize(
    ("old", "new", "p"),
    [
        # scipy.stats.hypergeom.cdf(k - 1, ...) + scipy.stats.hypergeom.pmf(k, ...) / 2
        ((18, 20), (10, 20), 0.0037654450891380815),
        ((20, 20), (20, 20), 0.5),
        ((0, 5), (5, 5), 0.998015873015873),
    ],
)
def test_fishers_mid_p_is_that_of_scipy(old, new, p):
    assert fisher(*old, *new) == pytest.approx(p)


def test_mcnemars_mid_p_is_that_of_scipy():
    # scipy.stats.binom.cdf(1, 10, 0.5) + scipy.stats.binom.pmf(2, 10, 0.5) / 2
    assert mcnemar(8, 2) == pytest.approx(0.03271484375)


def test_a_permutation_of_many_normal_values_has_the_p_of_welchs_test():
    old, new = np.random.RandomState(3).normal(100, [[15], [25]], (2, 60))
    new = new[:40] - 8
    # scipy.stats.ttest_ind(new, old, equal_var=False, alternative="less").pvalue
    assert float(permutations(old[None], new[None])[0]) == pytest.approx(0.280021, abs=0.01)
    assert float(permutations(new[None], old[None])[0]) == pytest.approx(1 - 0.280021, abs=0.01)


def test_flips_of_few_pairs_are_all_of_them():
    # Of 64 sums the lowest is -16, and -14 comes twice: with either of -1 and 1 flipped.
    assert float(sign_flips(np.array([[-1.0, -2, -3, -4, -5, 1]]))[0]) == 3 / 64
    assert float(sign_flips(np.array([[0.0, 0, 0]]))[0]) == 1.0


def test_the_interval_of_p_improve_holds_more_than_what_was_seen():
    before, after = np.arange(20.0), np.arange(20.0) + 100
    for paired in (True, False):
        value, interval = improvement(before, after, paired, 0.95)
        assert (value, interval.high) == (1.0, 1.0)
        assert 0.8 < interval.low < 0.9


def test_the_interval_of_a_change_of_success_is_newcombes():
    """His example (1998, Statistics in Medicine 17, 873): 56 of 70 against 48 of 80."""
    old, new = (np.array([1.0] * won + [0.0] * (n - won)) for won, n in ((48, 80), (56, 70)))
    found = success_difference(old, new, False, 0.95)
    assert [found.low, found.high] == pytest.approx([0.0524, 0.3339], abs=1e-4)


def test_the_interval_of_a_change_of_success_over_pairs_is_bonett_and_prices():
    """With one more pair of either change: here 8 of 22 lost it, and 3 of 22 won it."""
    old, new = np.array([1.0] * 7 + [0.0] * 2 + [1.0] * 11), np.array([0.0] * 7 + [1.0] * 13)
    found = success_difference(old, new, True, 0.95)
    half = 1.959964 * math.sqrt((11 / 22 - (5 / 22) ** 2) / 22)
    assert [found.low, found.high] == pytest.approx([-5 / 22 - half, -5 / 22 + half], abs=1e-6)


@pytest.mark.parametrize("confidence", [0.1, 0.95])
def test_the_interval_of_a_change_of_success_holds_the_change_and_stays_possible(confidence):
    found = success_difference(np.ones(30), np.zeros(30), True, confidence)
    assert found.low == -1.0
    assert found.high > -1.0


def test_the_interval_of_a_change_over_pairs_is_never_narrower_than_students():
    # scipy.stats.t.ppf(0.975, 9) = 2.262157
    change = np.array([[0.0, 0, 0, 0, 0, 0, 0, 0, -100, 90]])
    half = 2.262157 * change.std(ddof=1) / math.sqrt(10)
    found = mean_differences(np.zeros((1, 10)), change, True, 0.95)[0]
    assert found.low <= -1 - half * (1 - 1e-6)
    assert found.high >= -1 + half * (1 - 1e-6)


def test_the_bootstrap_of_few_pairs_is_expanded_to_students_t():
    """Hesterberg (2015), section 3.2: the ends at 0.0086 and 0.9914 for 10 values, not at 0.025 and 0.975."""
    assert normal_confidence(0.95, 10) == pytest.approx(1 - 2 * 0.0086, abs=1e-4)
    assert t_probability((1 - normal_confidence(0.95, 10)) / 2, 10) == pytest.approx(0.025)


def test_students_t_lies_below_a_value_as_often_as_tables_say():
    table = {1: 12.706205, 4: 2.776445, 9: 2.262157, 30: 2.042272}
    assert [below_t(value, freedom) for freedom, value in table.items()] == pytest.approx([0.975] * 4)
    assert below_t(-1.5, 4) == pytest.approx(0.104)
