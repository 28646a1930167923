"""A small fixed part of `make coverage`: equal policies seldom fail, worse ones are found, intervals hold."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "simulation"))
from cells import (
    bare,
    coverage,
    coverage_of_difference,
    coverage_of_improvement,
    coverage_of_success,
    gate,
    ranked_gate,
)
from distributions import ALL

BY_NAME = {of.name: of for of in ALL}


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("correlation", [None, 0.8])
def test_a_gate_seldom_fires_on_equal_policies(name, correlation):
    """At most 4 of 100 in the long run; here of 500, so up to 5."""
    assert gate(BY_NAME[name], 0.0, False, 20, correlation, 500).fires <= 0.05


def test_the_bare_comparison_fires_often():
    assert bare(BY_NAME["exponential"], 0.05, False, 20, None, 500).fires > 0.35


@pytest.mark.parametrize(("correlation", "found"), [(None, 0.5), (0.3, 0.65), (0.8, 0.97)])
def test_a_policy_that_is_a_tenth_worse_is_found_as_often_as_the_page_says(correlation, found):
    assert gate(BY_NAME["normal"], 0.05, True, 20, correlation, 500).fires > found


@pytest.mark.parametrize("name", BY_NAME)
def test_the_interval_of_a_mean_holds_the_truth_in_nine_of_ten_cases_or_more(name):
    assert coverage(BY_NAME[name], 20, 200)["mean"].holds > 0.88


@pytest.mark.parametrize("kind", ["normal", "exponential", "ties", "pairs"])
@pytest.mark.parametrize("truth", [0.5, 0.98])
def test_the_interval_of_p_improve_holds_the_truth_where_one_policy_nearly_always_wins(kind, truth):
    assert coverage_of_improvement(kind, truth, 20, 20, 300) > 0.9


@pytest.mark.parametrize("name", ["capped", "bimodal"])
def test_the_interval_of_a_change_over_pairs_holds_the_truth_although_most_hardly_change(name):
    found = coverage_of_difference(BY_NAME[name], 20, 0.8, 300)
    assert found["mean"].holds > 0.93
    assert found["iqm"].holds > 0.9


def test_the_interval_of_a_change_of_success_over_few_pairs_holds_the_truth():
    assert coverage_of_success(0.5, 10, 0.3, 1000) > 0.95


def test_the_iqm_of_few_pairs_seldom_falls_by_chance():
    assert ranked_gate(BY_NAME["bimodal"], "iqm", False, 10, 0.8, 1000).fires <= 0.04
