"""Gates: what may be asked, what is found, and that nothing to judge is never a pass."""

import math

import numpy as np
import pytest
from helpers import episodes

from monitorcli.errors import BadRequest
from monitorcli.report.verdicts import sentence
from monitorcli.summary.comparison import compare
from monitorcli.summary.gates import at_least, enough_episodes, no_regression
from monitorcli.summary.judge import Outcome, judge
from monitorcli.summary.measures import Measured

RETURNS = [10.0, 20.0, 30.0, 40.0]


def measured(returns=RETURNS, **columns):
    return Measured(episodes(returns, **columns))


def verdict(gate, new, old=None):
    return judge(gate, new, None if old is None else compare(old, new))


@pytest.mark.parametrize(
    ("text", "met", "said"),
    [
        ("mean:25", True, "mean is 25, at least 25 wanted"),
        ("mean:25.5", False, "mean is 25, 0.5 below the 25.5 wanted"),
        ("median:25", True, "median is 25, at least 25 wanted"),
        ("iqm:26", False, "iqm is 25, 1 below the 26 wanted"),
        ("min:10", True, "min is 10, at least 10 wanted"),
        ("max:41", False, "max is 40, 1 below the 41 wanted"),
        ("std:12", True, "std is 12.91, at least 12 wanted"),
        ("length_max:4", True, "length_max is 4, at least 4 wanted"),
        ("success:75%", True, "success is 0.75, at least 0.75 wanted"),
        ("success:0.8", False, "success is 0.75, 0.05 below the 0.8 wanted"),
        ("ci_low(median):20", False, "ci_low(median) is 10, 10 below the 20 wanted"),
        ("ci_high(success):95%", True, "ci_high(success) is 0.9544, at least 0.95 wanted"),
    ],
)
def test_a_measure_must_reach_its_limit(text, met, said):
    found = verdict(at_least(text), measured(success=[1, 1, 0, 1]))
    assert (found.met, sentence(found), found.n) == (met, said, 4)


@pytest.mark.parametrize(
    ("text", "met", "said", "n"),
    [
        ("recent:150", True, "recent is 150.5, at least 150 wanted", 100),
        ("recent:475", False, "recent is 150.5, 324.5 below the 475 wanted", 100),
        ("ci_low(recent):145", False, "ci_low(recent) is 144.8, 0.2451 below the 145 wanted", 100),
        ("mean:100", True, "mean is 100.5, at least 100 wanted", 200),
    ],
)
def test_recent_is_the_mean_of_the_last_hundred(text, met, said, n):
    found = verdict(at_least(text), measured(range(1, 201)))
    assert (found.met, sentence(found), found.n) == (met, said, n)


def test_where_there_are_fewer_it_is_said_how_many():
    found = verdict(at_least("recent:20"), measured())
    assert sentence(found) == "recent (of 4 episodes) is 25, at least 20 wanted"


@pytest.mark.parametrize(
    ("text", "met", "said"),
    [
        ("point(mean):5%", False, "point(mean) fell by 9.09 %, allowed 5 %"),
        ("point(mean):10%", True, "point(mean) fell by 9.09 %, allowed 10 %"),
        ("point(mean):2.5", True, "point(mean) fell by 2.5, allowed 2.5"),
        ("point(mean):2", False, "point(mean) fell by 2.5, allowed 2"),
        ("point(min):0", True, "point(min) is unchanged, allowed to fall by 0"),
        ("point(max):5%", True, "point(max) rose by 100 %, allowed to fall by 5 %"),
        (
            "point(p_improve):0.5",
            False,
            "point(p_improve) [0.0919, 0.7806] is 0.375, 0.125 below the 0.5 wanted",
        ),
        ("p_improve:30%", True, "p_improve [0.0919, 0.7806] is 0.375, at least 0.3 wanted"),
    ],
)
def test_the_bare_numbers_may_fall_so_far_and_no_further(text, met, said):
    seeds = {"seed": range(4), "seeded": [1] * 4}
    old, new = measured([10, 30, 30, 40.0], **seeds), measured([10, 20, 30, 40.0], **seeds)
    if text.startswith("point(max)"):
        old = measured([20.0], **{name: values[:1] for name, values in seeds.items()})
    found = verdict(no_regression(text), new, old)
    assert (found.met, sentence(found)) == (met, said)


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        (1.1, 0.99, "10%"),  # a fall of 0.1100000000000001, and 0.11000000000000001 is a tenth
        (1.1, 1.0, "0.1"),  # 0.10000000000000009
        (-0.7, -0.84, "20%"),
        (0.3, 0.27, "10%"),
    ],
)
def test_a_fall_of_exactly_what_is_allowed_is_allowed(before, after, allowed):
    old, new = measured([before, before]), measured([after, after])
    assert verdict(no_regression(f"mean:{allowed}"), new, old).met


@pytest.mark.parametrize(("allowed", "met"), [("0.1", True), ("0.0999999999", False), ("0", False)])
def test_a_fall_of_a_little_more_is_not(allowed, met):
    found = verdict(no_regression(f"mean:{allowed}"), measured([1.0, 1.0]), measured([1.1, 1.1]))
    assert found.met is met


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        (at_least("mean:-1000"), "mean cannot be judged: no completed episode has a value"),
        (at_least("ci_low(mean):-1000"), "ci_low(mean) cannot be judged: no completed episode has a value"),
        (at_least("success:0"), "success cannot be judged: no completed episode has a value"),
        (no_regression("mean:1000"), "mean cannot be judged: no completed episode has a value"),
        (no_regression("p_improve:0"), "p_improve cannot be judged: there are no episodes on both sides"),
        (enough_episodes(1), "0 episodes completed, at least 1 wanted"),
    ],
)
def test_nothing_to_judge_is_never_a_pass(gate, said):
    for nothing in (measured([]), measured(RETURNS, end=[16] * 4)):
        found = verdict(gate, nothing, measured(success=[1] * 4))
        assert (found.met, sentence(found)) == (False, said)


def test_returns_that_are_no_numbers_are_nothing_to_judge():
    assert not verdict(at_least("mean:-1000"), measured([math.nan, math.inf])).met


def test_a_baseline_of_nothing_is_nothing_to_compare_with():
    found = verdict(no_regression("mean:5%"), measured(), measured([]))
    assert (found.met, sentence(found)) == (False, "mean cannot be judged: the baseline has no value")


def test_one_episode_has_no_interval_to_judge():
    found = verdict(at_least("ci_low(mean):0"), measured([5.0]))
    assert (found.met, sentence(found)) == (False, "ci_low(mean) cannot be judged: one episode is too few")


@pytest.mark.parametrize(
    ("make", "text", "said"),
    [
        (at_least, "mean", "--fail-under mean: it is written STAT:NUMBER."),
        (at_least, ":5", "--fail-under :5: it is written STAT:NUMBER."),
        (at_least, "maen:5", "--fail-under maen:5: there is no maen. Did you mean mean?"),
        (at_least, "mean:much", "--fail-under mean:much: much is no number."),
        (at_least, "mean:nan", "--fail-under mean:nan: nan is no number."),
        (at_least, "mean:5%", "--fail-under mean:5%: mean is no share, so its limit has no percent sign."),
        (at_least, "ci_low(min):5", "--fail-under ci_low(min):5: min has no interval."),
        (at_least, "p_improve:0.5", "--fail-under p_improve:0.5: there is no p_improve."),
        (
            no_regression,
            "mean:-1",
            "--fail-regression mean:-1: the amount is how far it may fall: 0 or more.",
        ),
        (no_regression, "p_improve:2", "--fail-regression p_improve:2: a probability lies between 0 and 1."),
        (
            no_regression,
            "std:5%",
            "--fail-regression std:5%: whether a fall of std is chance cannot be told.",
        ),
        (at_least, "ci_low(std):5", "--fail-under ci_low(std):5: std has no interval."),
        (at_least, "point(mean):5", "--fail-under point(mean):5: mean is compared as it is anyway: mean:5"),
        (
            no_regression,
            "ci_low(mean):1",
            "--fail-regression ci_low(mean):1: compare mean itself; its interval belongs to --fail-under.",
        ),
    ],
)
def test_a_gate_without_sense_is_refused(make, text, said):
    with pytest.raises(BadRequest) as refused:
        make(text)
    assert str(refused.value) == said
    assert refused.value.hint


def test_an_end_of_the_interval_of_p_improve_is_judged_as_that_end():
    old, new = measured([10, 30, 30, 40.0, 20]), measured([15, 25, 35, 45.0, 30])
    interval = compare(old, new).p_interval
    assert interval.low < interval.high
    for end, value in (("ci_low", interval.low), ("ci_high", interval.high)):
        found = verdict(no_regression(f"{end}(p_improve):0.5"), new, old)
        assert (found.value, found.met, found.n) == (value, value >= 0.5, 5)


def test_a_fall_of_what_one_episode_cannot_tell_is_not_judged():
    found = verdict(no_regression("point(std):5%"), measured([5.0]), measured())
    assert (found.met, sentence(found)) == (False, "point(std) cannot be judged: one episode is too few")


@pytest.mark.parametrize(
    ("gate", "option"),
    [
        (at_least("mean:5"), "--fail-under mean:5"),
        (no_regression("mean:5%"), "--fail-regression mean:5%"),
        (enough_episodes(5), "--min-episodes 5"),
    ],
)
def test_a_gate_knows_the_option_that_asks_for_it(gate, option):
    assert gate.option == option


def test_the_example_beside_a_refusal_is_one_of_the_same_option():
    for make in (at_least, no_regression):
        with pytest.raises(BadRequest) as refused:
            make("mean")
        for text in refused.value.hint.removeprefix("For example: ").replace(" or ", ", ").split(", "):
            make(text)


def seeded(returns, **columns):
    n = len(returns)
    return measured(returns, seed=range(n), seeded=[1] * n, **columns)


def noisy(n, shift=0.0, seed=0):
    return np.random.RandomState(seed).normal(100 + shift, 15, n)


CASES = {
    "within what is allowed": (
        "mean:5%",
        noisy(20),
        noisy(20) - 2,
        Outcome.MET,
        "mean fell by 1.84 %, allowed 5 %; n = 20 can tell falls of about 10 % and more (80 % power); "
        "for 5 % take about 100 episodes a side",
    ),
    "a fall that is no chance": (
        "mean:5%",
        noisy(20),
        noisy(20, -30, 1),
        Outcome.NOT_MET,
        "mean fell by 37.4 %, allowed 5 %, and not by chance (p < 0.001); "
        "n = 20 can tell falls of about 10 % and more (80 % power); for 5 % take about 200 episodes a side",
    ),
    "noise": (
        "mean:1",
        noisy(20),
        noisy(20, 5, seed=2),
        Outcome.NOISE,
        "mean fell by 6.68, allowed 1, but that may be chance (p = 0.083); "
        "n = 20 can tell falls of about 10 and more (80 % power); for 1 take about 4,000 episodes a side",
    ),
    "too few": (
        "mean:5%",
        [100.0, 110.0, 120.0],
        [50.0, 60.0, 40.0],
        Outcome.UNJUDGED,
        "mean fell by 54.5 %, allowed 5 %, which cannot be judged: these values are too few, or too many are "
        "equal, to tell any fall from chance; take about 6 episodes a side",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_fall_is_judged_by_whether_it_may_be_chance(case):
    text, before, after, outcome, said = CASES[case]
    found = verdict(no_regression(text), measured(after), measured(before))
    assert (found.outcome, sentence(found)) == (outcome, said)
    assert found.met == (outcome in (Outcome.MET, Outcome.NOISE))


def test_pairs_tell_smaller_falls():
    before = noisy(20)
    after = before - 3 + np.random.RandomState(5).normal(0, 2, 20)
    apart, pairs = (
        verdict(no_regression("mean:1"), make(after), make(before)) for make in (measured, seeded)
    )
    assert (apart.outcome, pairs.outcome) == (Outcome.NOISE, Outcome.NOT_MET)
    assert "n = 20 pairs can tell falls of about 1 and more" in sentence(pairs)


def test_a_few_pairs_that_fell_among_many_that_are_equal_cannot_be_judged():
    """As of a policy that nearly always reaches the cap."""
    before, after = [500.0] * 20, [500.0] * 17 + [100.0, 50.0, 20.0]
    found = verdict(no_regression("mean:5%"), seeded(after), seeded(before))
    assert (found.outcome, found.met) == (Outcome.UNJUDGED, False)
    assert "these pairs are too few, or too many are equal, to tell any fall from chance; " in sentence(found)
    assert "take about 40 episodes a side" in sentence(found)


@pytest.mark.parametrize("make", [measured, seeded])
def test_a_deterministic_policy_that_got_worse_is_found_and_one_that_did_not_is_not(make):
    before = make([0.1 * 3] * 20)
    same = verdict(no_regression("mean:0"), make([0.3] * 20), before)
    assert same.outcome in (Outcome.MET, Outcome.UNJUDGED, Outcome.NOISE)
    assert verdict(no_regression("mean:5%"), make([0.3] * 20), before).outcome is Outcome.MET
    assert verdict(no_regression("mean:5%"), make([0.2] * 20), before).outcome is Outcome.NOT_MET


def test_a_share_of_a_baseline_that_may_be_nothing_is_no_allowance():
    before, after = np.tile([-10.0, 11.0], 10), np.tile([-10.0, 10.0], 10)
    found = verdict(no_regression("mean:5%"), measured(after), measured(before))
    assert found.outcome is Outcome.UNJUDGED
    assert "the baseline may as well be 0" in sentence(found)
    assert verdict(no_regression("mean:0.1"), measured(after), measured(before)).outcome is Outcome.NOISE


@pytest.mark.parametrize("make", [measured, seeded])
@pytest.mark.parametrize(("worse", "outcome"), [(16, Outcome.NOISE), (8, Outcome.NOT_MET)])
def test_success_is_judged_by_how_many_succeeded(make, worse, outcome):
    old, new = ([1] * count + [0] * (20 - count) for count in (19, worse))
    sides = (make([0.0] * 20, success=of) for of in (new, old))
    found = verdict(no_regression("success:5%"), *sides)
    if make is seeded and worse == 16:
        outcome = Outcome.UNJUDGED  # three pairs of twenty differ
    assert found.outcome is outcome


@pytest.mark.parametrize("measure", ["iqm", "median", "length_mean", "recent"])
def test_other_measures_are_judged_too(measure):
    column = {"length": noisy(30).astype(int)}, {"length": noisy(30, -40, 1).astype(int)}
    old, new = (
        measured(noisy(30, shift, seed), **of)
        for (shift, seed), of in zip([(0, 0), (-40, 1)], column, strict=True)
    )
    assert verdict(no_regression(f"{measure}:5%"), new, old).outcome is Outcome.NOT_MET
    assert verdict(no_regression(f"{measure}:5%"), old, old).outcome is Outcome.MET


@pytest.mark.parametrize("measure", ["iqm", "median"])
def test_iqm_and_median_are_judged_from_ten_episodes_a_side(measure):
    found = verdict(no_regression(f"{measure}:5%"), measured(noisy(9, -40)), measured(noisy(9)))
    assert found.outcome is Outcome.UNJUDGED
    assert "take about 10 episodes a side" in sentence(found)


@pytest.mark.parametrize("make", [measured, seeded])
def test_p_improve_is_not_met_only_where_that_is_no_chance(make):
    before = noisy(30)
    assert verdict(no_regression("p_improve:0.5"), make(noisy(30, seed=6)), make(before)).met
    assert verdict(no_regression("p_improve:0.5"), make(before - 30), make(before)).outcome is Outcome.NOT_MET
    assert not verdict(no_regression("p_improve:0.5"), make(before[:3] - 30), make(before[:3])).met


def test_values_that_are_all_equal_leave_no_interval_to_judge():
    found = verdict(at_least("ci_low(mean):400"), measured([500.0] * 50))
    assert (found.met, sentence(found)) == (
        False,
        "ci_low(mean) cannot be judged: all 50 values are equal, which leaves no interval; "
        "judge mean itself, or success",
    )
