"""Exact tests of success rates, with mid-p: half of what is as likely as what was observed."""

from __future__ import annotations

import math


def fisher(won_old: int, n_old: int, won_new: int, n_new: int) -> float:
    """Fisher's exact test with mid-p (Lancaster, 1961): so few of all successes on the new side."""
    total = won_old + won_new
    everything = log_choose(n_old + n_new, total)

    def share(won: int) -> float:
        return math.exp(log_choose(n_new, won) + log_choose(n_old, total - won) - everything)

    return sum(map(share, range(max(0, total - n_old), won_new))) + share(won_new) / 2


def mcnemar(lost: int, won: int) -> float:
    """McNemar's exact test with mid-p (Fagerland and others, 2013): so few of the changes are gains."""
    n = lost + won

    def share(count: int) -> float:
        return math.exp(log_choose(n, count) - n * math.log(2))

    return sum(map(share, range(won))) + share(won) / 2


def log_choose(n: int, k: int) -> float:
    """The logarithm of n over k."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
