"""How far an evaluation is: the bar of a terminal, and a line a minute elsewhere."""

import io
import re

import pytest
from rich.console import Console

from monitorcli.cli.progress import progress
from monitorcli.evaluate.engines.interface import Result
from monitorcli.evaluate.outcome import Ended, Failed


class Clock:
    """Shows the seconds that a test sets."""

    now = 100.0

    def __call__(self):
        return self.now


def ended(seed, value):
    return Result(Ended(seed, value, 10, 1, "start"), 0)


def shown(width, results, seconds, total=200, alive=2):
    """What a terminal this wide shows beside the bar when these results came in so many seconds."""
    clock, seen = Clock(), io.StringIO()
    console = Console(file=seen, force_terminal=True, width=width, no_color=True, legacy_windows=False)
    with progress(total, console, clock) as advance:
        for number, result in enumerate(results, 1):
            clock.now = 100.0 + seconds * number / len(results)
            advance(result, alive)
    frames = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\n", seen.getvalue()).replace("\r", "\n").splitlines()
    return [frame for frame in frames if "episodes" in frame][-1].lstrip("━╸╺ ").rstrip()


@pytest.mark.parametrize(
    ("width", "said"),
    [
        (
            120,
            "40 of 200 episodes · mean return 20 [16.86, 23.14] · 40 s left"
            " · 4 episodes a second · 2 workers",
        ),
        (80, "40 of 200 episodes · mean return 20 [16.86, 23.14] · 40 s left"),
        (40, "40 of 200 episodes"),
    ],
)
def test_the_bar_says_as_much_as_fits_and_the_most_wanted_first(width, said):
    results = [ended(seed, 10.0 if seed % 2 else 30.0) for seed in range(40)]
    assert shown(width, results, seconds=10) == said


def test_failed_episodes_are_counted_and_in_no_mean(capsys):
    clock = Clock()
    with progress(4, Console(file=io.StringIO()), clock) as advance:
        clock.now += 60
        advance(Result(Failed(0, "broken"), 0), 1)
        clock.now += 60
        advance(ended(1, 7.0), 1)
    assert capsys.readouterr().err.splitlines() == [
        "monitorcli: 1 of 4 episodes, 3 min left, 1 failed, 0.01667 episodes a second, 1 worker.",
        "monitorcli: 2 of 4 episodes, mean return 7, 2 min left, 1 failed, 0.01667 episodes a second,"
        " 1 worker.",
    ]


def test_off_a_terminal_there_is_a_line_a_minute_and_none_before(capsys):
    clock = Clock()
    with progress(1000, Console(file=io.StringIO()), clock) as advance:
        for seed in range(300):
            clock.now += 0.5
            advance(ended(seed, 5.0), 4)
    assert capsys.readouterr().err.splitlines() == [
        "monitorcli: 120 of 1,000 episodes, mean return 5 [5, 5], 7 min 20 s left, 2 episodes a second,"
        " 4 workers.",
        "monitorcli: 240 of 1,000 episodes, mean return 5 [5, 5], 6 min 20 s left, 2 episodes a second,"
        " 4 workers.",
    ]
