"""One episode, looked at by itself."""

from dataclasses import replace

import numpy as np
import pytest
from helpers import recording, run, video

from monitorcli.errors import BadRequest
from monitorcli.format import log
from monitorcli.report import as_episode
from monitorcli.report.layout import plain

EVALUATION = {"kind": "evaluation", "env": "CartPole-v1", "policy": "my policy.py:act", "seed": 0}


def seeded(returns, **changes):
    made = recording(returns, **changes)
    n = len(returns)
    columns = {"seed": np.arange(n, dtype=np.uint64), "seeded": np.ones(n, np.uint8)}
    return replace(made, episodes=replace(made.episodes, **columns))


def row(which, returns, **columns):
    made = recording(returns)
    return as_episode.find(replace(made, episodes=replace(made.episodes, **columns)), which)


def shown(of, which):
    return plain(as_episode.lines(of, which))


def test_an_episode_of_an_evaluation_can_be_had_again():
    found = seeded([7.0, 8.0], runs=(run(how=EVALUATION, episodes=2),), videos=(video(0),))
    assert shown(found, "0") == (
        " CartPole-v1 · episode 0 of 2 (0 to 1)\n"
        "\n"
        " return     7\n"
        " length     1 step\n"
        " ended      terminated\n"
        " began      2026-11-21 14:02:00 UTC\n"
        " lasted     1.5 s\n"
        " mode       training\n"
        " seed       0\n"
        " run        0 · complete · monitorcli · environment 0\n"
        " video      runs/ppo/openaigym.video.0.k3f9x2.video000000.mp4 · 1.5 kB\n"
        "\n"
        " repeat     monitorcli start episode-0 --env CartPole-v1 --policy 'my policy.py:act' "
        "--episodes 1 --seed 0 --video all\n"
    )


def test_an_episode_that_a_script_seeded_is_repeated_in_python():
    last = shown(seeded([7.0, 8.0]), "last").splitlines()[-1]
    assert last == " repeat     gymnasium.make('CartPole-v1').reset(seed=1)   (in Python)"


def test_without_a_seed_nothing_is_promised():
    text = shown(recording([7.0]), "0")
    assert " seed       none was given to reset\n" in text
    assert "repeat" not in text
    by_gym = recording([7.0], runs=(run(recorder="gym 0.21.0", state="unknown"),))
    assert " seed       not known\n" in shown(by_gym, "0")


def test_what_is_not_known_is_left_out():
    made = recording([7.0])
    columns = {"started_at": np.array([np.nan]), "duration": np.array([np.nan]), "mode": np.array([b""])}
    text = shown(replace(made, episodes=replace(made.episodes, **columns)), "0")
    assert not {"began", "lasted", "mode"} & {line.split()[0] for line in text.splitlines() if line}


def test_an_incomplete_episode_says_why_and_its_video_that_it_is_not_whole():
    made = recording([7.0], videos=(video(0, finished=False), video(0, broken=True)))
    text = shown(
        replace(made, episodes=replace(made.episodes, end=np.array([log.CUT_CLOSED], np.uint8))),
        "last",
    )
    assert " ended      incomplete: closed, or its process ended\n" in text
    assert text.count("unfinished") == text.count("broken") == 1


def test_strings_from_files_are_made_safe():
    how = {**EVALUATION, "policy": "\x1b[2Jx"}
    found = seeded([1.0], runs=(run(how=how),))
    assert "\x1b" not in shown(found, "0")


@pytest.mark.parametrize(
    ("which", "found"), [("best", 1), ("worst", 3), ("median", 0), ("last", 4), ("2", 2), ("003", 3)]
)
def test_an_episode_is_named_by_number_or_by_its_return(which, found):
    end = np.array([1, 1, 1, 1, log.CUT_CLOSED], np.uint8)
    assert row(which, [5.0, 9.0, 9.0, 1.0, 99.0], end=end) == found


def test_returns_that_are_no_numbers_are_neither_best_nor_worst():
    assert [row(which, [np.nan, 3.0, np.inf]) for which in ("best", "worst", "median")] == [1, 1, 1]


@pytest.mark.parametrize("which", ["3", "-1", "1e3", "9" * 9999, "first", "", "²"])
def test_what_is_no_episode_is_refused_with_the_range(which):
    with pytest.raises(BadRequest) as caught:
        shown(recording([1.0, 2.0, 3.0]), which)
    assert caught.value.hint == "Give a number from 0 to 2, or one of best, worst, median, failed, last."


def test_where_none_was_completed_there_is_no_best():
    with pytest.raises(BadRequest, match="no completed episode"):
        row("best", [1.0], end=np.array([log.CUT_RESET], np.uint8))
    with pytest.raises(BadRequest, match="holds no episode"):
        row("last", [])


def test_ascii_where_the_terminal_is():
    lines = as_episode.lines(recording([1.0]), "0", in_ascii=True)
    assert all(span.text.isascii() for line in lines for span in line)
