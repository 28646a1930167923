"""Gates: what may be asked, what is found, and that nothing to judge is never a pass."""

import math

import pytest
from helpers import episodes

from monitorcli.errors import BadRequest
from monitorcli.report.verdicts import sentence
from monitorcli.summary.comparison import compare
from monitorcli.summary.gates import at_least, enough_episodes, no_regression
from monitorcli.summary.judge import judge
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
        ("ci_low(mean):20", False, "ci_low(mean) is 15, 5 below the 20 wanted"),
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
        ("ci_low(recent):145", False, "ci_low(recent) is 144.9, 0.1205 below the 145 wanted", 100),
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
        ("mean:5%", False, "mean fell by 9.09 %, allowed 5 %"),
        ("mean:10%", True, "mean fell by 9.09 %, allowed 10 %"),
        ("mean:2.5", True, "mean fell by 2.5, allowed 2.5"),
        ("mean:2", False, "mean fell by 2.5, allowed 2"),
        ("min:0", True, "min is unchanged, allowed to fall by 0"),
        ("max:5%", True, "max rose by 100 %, allowed to fall by 5 %"),
        ("p_improve:0.5", False, "p_improve is 0.375, 0.125 below the 0.5 wanted"),
        ("p_improve:30%", True, "p_improve is 0.375, at least 0.3 wanted"),
    ],
)
def test_a_measure_may_fall_so_far_and_no_further(text, met, said):
    seeds = {"seed": range(4), "seeded": [1] * 4}
    old, new = measured([10, 30, 30, 40.0], **seeds), measured([10, 20, 30, 40.0], **seeds)
    if text.startswith("max"):
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
    found = verdict(no_regression("std:5%"), measured([5.0]), measured())
    assert (found.met, sentence(found)) == (False, "std cannot be judged: one episode is too few")


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
