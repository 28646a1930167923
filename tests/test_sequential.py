"""Rules that stop an evaluation early: right as often as they say, soon enough, exact where certain."""

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

from monitorcli.errors import BadRequest
from monitorcli.summary.anytime import anytime_mean, anytime_rate
from monitorcli.summary.gates import at_least, enough_episodes, no_regression
from monitorcli.summary.intervals import Interval
from monitorcli.summary.sequential.gates import Old, refuse_undecidable, rule_for
from monitorcli.summary.sequential.mean import MeanRule
from monitorcli.summary.sequential.success import SuccessRule

sys.path.append(str(Path(__file__).parent / "simulation"))
import stopping


def fed(rule, values):
    """The rule, and after how many of the values it decided; None if it never did."""
    for count, value in enumerate(values, 1):
        rule.add(value)
        if rule.decision is not None:
            return count
    return None


@pytest.mark.parametrize(
    ("rate", "most"), [(0.5, 25), (0.6, 40), (0.75, 150), (0.85, 140), (0.9, 75), (0.95, 45)]
)
def test_a_success_rate_is_decided_soon_and_seldom_wrongly(rate, most):
    ((_, cells),) = stopping.success_table(200, 0.8, (rate,), runs=100)
    assert cells["monitorcli"].episodes <= most
    assert cells["monitorcli"].wrong <= 0.05
    assert cells["curtailment"].wrong == 0
    assert cells["monitorcli"].episodes < min(cells[name].episodes for name in ("curtailment", "Hoeffding"))


@pytest.mark.parametrize(("mean", "most"), [(300, 20), (400, 60), (490, 70)])
def test_a_mean_is_decided_soon_and_seldom_wrongly(mean, most):
    ((_, cells),) = stopping.mean_table(200, 450, (mean,), runs=100)
    assert cells["monitorcli"].episodes <= most
    assert cells["monitorcli"].wrong <= 0.05
    assert cells["monitorcli"].episodes < min(
        cells[name].episodes for name in ("Hoeffding", "empirical Bernstein")
    )


def test_a_regression_is_decided_sooner_where_seeds_tell_the_return():
    alike, other = (
        dict(stopping.regression_table(400, 0.9, (0.05,), (correlation,), runs=40)).popitem()[1]
        for correlation in (0.8, 0.0)
    )
    assert alike["monitorcli"].episodes < 0.8 * alike["new alone"].episodes
    assert other["monitorcli"].episodes < 1.05 * other["new alone"].episodes
    assert alike["monitorcli"].wrong <= 0.05
    assert other["monitorcli"].wrong <= 0.05


@pytest.mark.parametrize("successes", [158, 159, 160])
def test_even_next_to_the_threshold_few_verdicts_are_wrong(successes):
    random = np.random.default_rng(successes)
    population = np.arange(200) < successes
    wrong = 0
    for _ in range(300):
        rule = SuccessRule(200, 0.8, 0.05)
        fed(rule, random.permutation(population).astype(float))
        wrong += rule.decision.met != (successes >= 160)
    assert wrong <= 0.05 * 300 + 10  # three standard errors


def test_either_end_of_an_interval_is_ever_wrong_in_at_most_five_percent():
    random, missed = np.random.default_rng(3), np.zeros(4)
    for _ in range(150):
        values = (random.random(100) < 0.7).astype(float)
        for at, rule in enumerate((SuccessRule(100, 0.8, 0.05), MeanRule(100, 0.0, 1.0, 0.8, 0.05))):
            low, high = 0.0, 1.0
            for value in values:
                rule.add(value)
                now = rule.interval()
                assert (now.low, now.high) == pytest.approx((max(low, now.low), min(high, now.high)))
                low, high = now.low, now.high
            missed[2 * at :][:2] += low > values.mean() + 1e-9, high < values.mean() - 1e-9
    assert (missed <= 0.05 * 150 + 8).all()


@pytest.mark.parametrize("rate", [0.5, 0.8, 0.97])
def test_an_interval_for_every_look_misses_at_any_of_them_in_at_most_five_percent(rate):
    random = np.random.default_rng(5)
    edges = {n: [anytime_rate(k, n, 0.95) for k in range(n + 1)] for n in range(10, 500, 10)}
    missed = 0
    for _ in range(300):
        successes = (random.random(500) < rate).cumsum()
        missed += any(
            not of[successes[n - 1]].low <= rate <= of[successes[n - 1]].high for n, of in edges.items()
        )
    assert missed <= 0.05 * 300


def test_the_interval_of_a_mean_for_every_look_seldom_misses():
    random, missed = np.random.default_rng(6), 0
    for _ in range(300):
        values = random.exponential(size=2000)
        found = [anytime_mean(values[:n], 0.95) for n in range(50, 2001, 50)]
        missed += any(not of.low <= 1 <= of.high for of in found)
    assert missed <= 0.06 * 300


def test_without_an_episode_nothing_is_known_of_a_rate():
    assert anytime_rate(0, 0, 0.95) == Interval(0.0, 1.0)
    assert anytime_rate(3, 3, 0.95).high == 1.0
    assert anytime_rate(0, 3, 0.95).low == 0.0


@pytest.mark.parametrize("limit", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_what_is_certain_is_so_for_every_way_in_which_it_can_go_on(limit):
    """Every sequence of six outcomes; with so small an error a rule decides only what is certain."""
    for values in itertools.product((0.0, 1.0), repeat=6):
        success, mean = SuccessRule(6, limit, 1e-9), MeanRule(6, 0.0, 1.0, limit, 1e-9)
        after = fed(success, values)
        assert success.decision.met == (np.mean(values) >= limit)
        assert success.decision.certain
        ends = {np.mean([*values[: after - 1], *rest]) >= limit
                for rest in itertools.product((0.0, 1.0), repeat=7 - after)}  # fmt: skip
        assert after == 1 or len(ends) == 2  # not an episode too late
        fed(mean, values)
        assert mean.decision is None or mean.decision.met == (np.mean(values) >= limit)


def test_all_values_equal_to_the_limit_are_no_reason_to_stop():
    rule = MeanRule(50, 0.0, 500.0, 200.0, 0.05)
    assert fed(rule, [200.0] * 50) is None
    assert rule.interval().low == pytest.approx(200)
    assert rule.interval().high == pytest.approx(200)


@pytest.mark.parametrize("value", [-0.1, 500.1, float("nan"), float("inf")])
def test_a_value_outside_of_the_range_ends_all_deciding(value):
    rule = MeanRule(50, 0.0, 500.0, 200.0, 0.05)
    rule.add(value)
    assert rule.void
    assert fed(rule, [500.0] * 49) is None


def test_an_episode_that_does_not_say_whether_it_was_a_success_ends_all_deciding():
    rule = SuccessRule(50, 0.5, 0.05)
    rule.add(-1)
    assert rule.void == "an episode did not say whether it was a success"
    assert fed(rule, [1] * 49) is None


def test_more_episodes_than_wanted_are_waited_for():
    rule = rule_for(enough_episodes(3), 10, 0.05, None, {}).rule
    assert fed(rule, [1.0] * 10) == 3
    assert rule.decision.met
    assert not rule_for(enough_episodes(11), 10, 0.05, None, {}).rule.decision.met


def test_a_percentage_of_a_negative_baseline_is_refused():
    with pytest.raises(BadRequest, match="the baseline's mean is -120, and a percentage of that is no fall"):
        rule_for(no_regression("mean:5%"), 10, 0.05, (-500, 0), {"mean": Old(-120.0, None)})


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        (
            at_least("median:3"),
            "cannot decide --fail-under median:3: only success and mean can be known early",
        ),
        (at_least("ci_low(mean):3"), "cannot decide --fail-under ci_low(mean):3: only success and mean"),
        (
            no_regression("p_improve:0.5"),
            "cannot decide --fail-regression p_improve:0.5: only success and mean",
        ),
        (at_least("mean:3"), "needs --return-range LOW:HIGH for --fail-under mean:3"),
    ],
)
def test_what_no_rule_can_decide_is_refused(gate, said):
    with pytest.raises(BadRequest) as refused:
        refuse_undecidable([gate], None)
    assert said in str(refused.value)
