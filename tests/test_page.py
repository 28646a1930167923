"""The page without a browser: its structure, what strings may do to it, its numbers, its size."""

import base64
import dataclasses
import hashlib
import json
import math
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from helpers import episodes, recording, run, video
from hypothesis import given, settings
from hypothesis import strategies as st

from monitorcli.format import log
from monitorcli.format.environment import Environment
from monitorcli.recording import read
from monitorcli.recording.model import Series, Writer
from monitorcli.report import ReportOptions, as_html, make_report
from monitorcli.report.page import axis, columns, curve, histogram, markup, overlay, running_mean
from monitorcli.summary.gates import at_least
from monitorcli.summary.selection import Selection

GYM = Path(__file__).parent / "recordings" / "gym-0.21.0-cartpole"
HOSTILE = "</script><img src=x onerror=alert(1)>\"'&amp;<!--\x1b[31m\r\n\u202e\u2028\udc80"
VOID = {"input", "meta", "img", "br"}


class Outline(HTMLParser):
    """Every element with its attributes, and the text of each by its name; complains of wrong nesting."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.texts, self._open = [], {}, []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, name, attributes):
        self.elements.append((name, dict(attributes)))
        if name not in VOID:
            self._open.append(name)

    def handle_endtag(self, name):
        assert self._open.pop() == name

    def handle_data(self, text):
        self.texts.setdefault(self._open[-1] if self._open else "", []).append(text)

    def named(self, name):
        return [attributes for found, attributes in self.elements if found == name]

    def links(self):
        return [attributes["href"] for attributes in self.named("a")]

    def data(self, name="r0"):
        place = [of.get("id") for of in self.named("script")].index(f"{name}-data")
        return json.loads(self.texts["script"][place], parse_constant=pytest.fail)


def learning(n=400, **changes):
    ordinal = np.arange(n)
    returns = np.clip(np.round(20 + ordinal + 25 * np.sin(ordinal**2)), 9, 400)
    end = np.where(returns == 400, log.END_TRUNCATED, log.END_TERMINATED)
    end[-1] = log.CUT_CLOSED
    columns = {"end": end, "length": returns, "seeded": np.ones(n), "seed": ordinal + 7}
    return recording(episodes=episodes(returns, **columns), **changes)


def of_two_modes(returns=(1, 2, 3, 100, 200), modes=b"tteet", **changes):
    """A recording in which an evaluation lies between training episodes."""
    mode = [bytes([letter]) for letter in modes]
    return recording(episodes=episodes(returns, mode=mode), **changes)


def of_many(count):
    """A recording of so many environments, four episodes each."""
    writers = tuple(Writer(f"{place}.k3f9x2", 0, f"Task{place}-v0", "1.4.0", True) for place in range(count))
    of = episodes(range(4 * count), writer=np.arange(4 * count) % count)
    return recording(episodes=of, writers=writers)


def elsewhere(of, directory):
    return dataclasses.replace(of, directory=Path(directory))


def hostile():
    said = {HOSTILE: HOSTILE, "versions": {HOSTILE: [HOSTILE]}, "directory": {HOSTILE: 1}, "git": [HOSTILE]}
    how = {
        "command": [HOSTILE],
        "lease": {"host": HOSTILE},
        HOSTILE: {HOSTILE: [[HOSTILE]]},
        "provenance": {**said, "host": HOSTILE, "git": {"commit": HOSTILE, "dirty": HOSTILE}},
    }
    environments = [
        Environment(HOSTILE, HOSTILE, {HOSTILE: value}, policy=HOSTILE, policy_hash=HOSTILE, versions=said)
        for value in (HOSTILE, {HOSTILE: HOSTILE})
    ]
    return recording(
        episodes=episodes([1, 2, 3], series=[0, 1, 1]),
        series=tuple(
            Series(f"{HOSTILE} {place}", HOSTILE, HOSTILE, environment, (0,))
            for place, environment in enumerate(environments)
        ),
        env_ids=(HOSTILE,),
        directory=Path(HOSTILE),
        runs=(run(0, HOSTILE, recorder=HOSTILE, how=how),),
        videos=(video(0, name=HOSTILE + ".mp4"), video(None, name=HOSTILE)),
        problems=(HOSTILE,),
        notes=(HOSTILE,),
    )


def html(*of, embed=as_html.EMBED, baseline=None, **wanted):
    return as_html.render(make_report(of, ReportOptions(**wanted), baseline), embed)


def page(of, **options):
    return Outline(html(*(of if isinstance(of, list) else [of]), **options))


class TestTheDocument:
    @pytest.mark.parametrize(
        "of",
        [
            learning(),
            recording(),
            recording([1]),
            of_two_modes(),
            of_many(50),
            [learning(), recording(), learning(30)],
            [of_two_modes(), of_two_modes(), of_many(14)],
        ],
        ids=["learning", "empty", "single", "series", "many", "several", "several series"],
    )
    def test_is_sound(self, of):
        found = page(of)
        ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
        assert len(ids) == len(set(ids))
        links = [of["href"] for of in found.named("a")]
        assert [href for href in links if href.startswith("#") and href[1:] not in ids] == []
        assert len(found.named("main")) == len(found.named("h1")) == 1

    def test_lets_in_only_its_own_style_and_script(self):
        text = html(learning())
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1]
        allowed = dict(part.split(" ", 1) for part in policy.replace("&#x27;", "'").split("; "))
        assert allowed.pop("default-src") == "'none'"
        for name, element in (("style-src", "style"), ("script-src", "script")):
            content = re.search(f"<{element}>(.*?)</{element}>", text, re.DOTALL)[1]
            digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
            assert allowed.pop(name) == f"'sha256-{digest}'"
        assert allowed == {
            "img-src": "data:",
            "media-src": "data: 'self'",
            "base-uri": "'none'",
            "form-action": "'none'",
        }

    def test_has_no_style_or_handler_in_an_attribute_and_names_no_host(self):
        text = html(learning(videos=(video(3),)))
        names = {name for _, attributes in Outline(text).elements for name in attributes}
        assert [name for name in names if name == "style" or name.startswith("on")] == []
        assert re.findall(r"(?:https?:)?//[a-z]+\.\w+", text.replace("http://www.w3.org/2000/svg", "")) == []

    def test_shows_a_comparison_when_there_is_one(self):
        text = html(learning(), baseline=recording([450, 470, 500], directory=Path("<b>main")))
        assert "ppo beside &lt;b&gt;main" in text
        assert "473.3 (n=3)" in text
        assert "not paired" in text

    def test_names_the_directory_of_each_gate_when_there_are_several(self):
        two = [learning(), dataclasses.replace(recording([1, 2]), directory=Path("runs/b"))]
        text = html(*two, gates=(at_least("mean:2"),))
        assert "runs/b: mean is 1.5, 0.5 below the 2 wanted" in text

    def test_says_which_part_of_the_recording_it_is_of(self):
        text = html(learning(), selection=Selection(mode="training", last=7), window=3, confidence=0.5)
        assert "only the last 7 completed episodes of training mode" in text
        assert "392 to 394" in text
        assert "Band: its 50 % interval" not in text  # seven dots have no band
        assert "50 % interval" in text
        assert "95 %" not in text
        assert "7 are few" in text

    def test_of_several_directories_leads_to_each(self):
        two = [learning(), dataclasses.replace(recording([1, 2]), directory=Path("runs/b"))]
        found = page(two)
        assert [of["id"] for of in found.named("article")] == ["r0", "r1"]
        assert {"#r0", "#r1"} <= {of["href"] for of in found.named("a")}

    def test_says_when_nothing_was_recorded(self):
        assert "No episode was recorded." in html(recording())


class TestSeries:
    def test_have_a_block_each_and_are_never_pooled(self):
        found = page(of_two_modes())
        assert [of["id"] for of in found.named("section") if of.get("class") == "series"] == [
            "r0-s0",
            "r0-s1",
        ]
        assert found.texts["h1"] == ["CartPole-v1"]
        assert found.texts["h2"][:2] == ["CartPole-v1", "CartPole-v1 evaluation"]
        main = [text for text in found.texts["b"] if text]
        assert main[0] == "67.67"  # of 1, 2 and 200
        assert "51.5" in main  # of 3 and 100
        assert "61.2" not in main  # of all

    def test_are_in_the_navigation(self):
        assert page(of_two_modes()).links()[:4] == ["#r0-s0", "#r0-s1", "#r0-episodes", "#r0-started"]

    def test_of_one_recording_share_the_list_of_episodes(self):
        found = page(of_two_modes()).data()
        assert found["series"] == {"0": "CartPole-v1", "1": "CartPole-v1 evaluation"}
        assert found["columns"]["series"] == [0, 0, 1, 1, 0]
        assert [(of["figure"], of["series"]) for of in found["curves"]] == [
            ("r0-s0-curve", 0), ("r0-s1-curve", 1)
        ]  # fmt: skip
        assert [of["axes"]["last"] for of in found["curves"]] == [4, 3]

    def test_that_is_the_only_one_has_no_heading_of_its_own(self):
        assert "series" not in page(learning()).data()["columns"]
        assert page(learning()).texts["h2"] == [
            "Return by episode", "Distribution of returns", "Distribution of lengths", "How episodes ended",
            "Episodes", "How it was run",
        ]  # fmt: skip

    def test_beyond_the_twelfth_are_rows_of_a_table(self):
        found = page(of_many(50))
        assert len([of for of in found.named("section") if of.get("class") == "series"]) == 12
        assert "38 more series" in found.texts["h2"]
        assert [text for text in found.texts["th"] if text.startswith("Task")][:38] == [
            f"Task{place}-v0" for place in range(12, 50)
        ]
        assert len(found.data()["curves"]) == 12

    def test_say_what_tells_them_apart(self):
        kinds = [
            Environment("A", arguments={"steps": 5}, versions={"gymnasium": "1.4.0"}),
            Environment(
                "A",
                arguments={"steps": 6},
                policy="p.zip",
                policy_hash="0123456789abcdef",
                versions={"gymnasium": "1.4.0"},
            ),
        ]
        series = tuple(Series(f"A {of}", "evaluation", f"a.py:{of}", kinds[of], (0,)) for of in range(2))
        text = html(recording(episodes=episodes(range(4), series=[0, 0, 1, 1]), series=series))
        assert "evaluation · a.py:0 · steps=5<" in text
        assert "evaluation · a.py:1 · steps=6 · p.zip<" in text
        assert "<td>p.zip (SHA-256 0123456789ab)</td>" in text
        assert text.count("gymnasium 1.4.0") == 1

    def test_say_where_their_runs_come_from(self):
        git = {"commit": "3f9a1c2be77aa0", "dirty": True}
        said = {"directory": "/home/ada", "host": "gpu-3", "git": git, "versions": {"monitorcli": "0.2"}}
        how = {
            "command": ["python", "a.py"],
            "provenance": said,
            "skip": ["B", "C"],
            "more": {"a": [1], "b": 2},
        }
        text = html(recording([1, 2], runs=(run(how=how),)))
        assert "<code>python a.py</code> · <span>commit 3f9a1c2, dirty</span>" in text
        for term, value in {
            "directory": "/home/ada", "commit": "3f9a1c2, dirty", "host": "gpu-3", "skip": "B, C",
            "recorded by": "monitorcli 0.2", "more": "a …, b 2",
        }.items():  # fmt: skip
            assert f"<dt>{term}</dt><dd>{value}</dd>" in text


class TestSeveralRecordings:
    def test_are_ranked_within_each_series(self):
        three = [elsewhere(of_two_modes(np.arange(5) * by), f"runs/{by}") for by in (1, 3, 2)]
        rows = [href for href in page(three).links() if href.startswith("#r")][:6]
        assert rows == ["#r1-s0", "#r2-s0", "#r0-s0", "#r1-s1", "#r2-s1", "#r0-s1"]

    def test_have_a_line_each_in_a_chart_of_every_series_they_share(self):
        three = [learning(), elsewhere(learning(100), "runs/b"), elsewhere(of_many(2), "runs/c")]
        found = page(three)
        figures = [of["id"] for of in found.named("figure")]
        assert figures[0] == "curves-0"
        assert "curves-1" not in figures
        lines = [of for of in found.named("path") if of["class"].startswith("over")]
        assert [(of["class"], of["data-tip"].split(":")[0]) for of in lines] == [
            ("over c0 d0", "runs/ppo"), ("over c1 d0", "runs/b")
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("by", "label", "ends"),
        [("episodes", "episode", [4, 9]), ("steps", "steps", [15, 55]), ("time", "seconds", [9.5, 19.5])],
    )
    def test_are_drawn_by_episodes_steps_or_time(self, by, label, ends):
        views = make_report([recording(range(5)), recording(range(10))]).views
        text = overlay.section("A", [(view, "r") for view in views], by, "a", 2)
        (one, _) = (of["d"] for of in Outline(text).named("path"))
        assert float(one.split("L")[-1].split()[0]) == pytest.approx(1000 * ends[0] / ends[1], abs=0.06)
        assert f'class="label">{label}<' in text

    def test_have_a_line_for_each_series_that_they_share(self):
        text = html(*(elsewhere(of_two_modes(), f"runs/{name}") for name in "ab"))
        assert re.search(r"CartPole-v1</th><td>2</td><td>67.67<", text)
        assert re.search(r"CartPole-v1 evaluation</th><td>2</td><td>51.5<", text)

    def test_are_each_compared_with_the_baseline(self):
        two = [elsewhere(learning(n), f"runs/{n}") for n in (100, 200)]
        text = html(*two, baseline=elsewhere(recording([4, 5, 6]), "runs/main"))
        assert "Beside runs/main" in text
        assert text.count("<td>5 (n=3)</td>") == 2
        assert "Bonferroni&#x27;s intervals for 2 comparisons: all of them hold together with 95 %" in text


class TestStringsFromFiles:
    def test_are_text_and_never_markup(self):
        plain, found = page(recording([1, 2, 3], videos=(video(0), video(None)))), page(hostile())
        assert "img" not in {name for name, _ in found.elements}
        assert len(found.named("script")) == len(plain.named("script"))
        assert [of for _, of in found.elements if any(name.startswith("on") for name in of)] == []

    def test_are_printable_and_can_be_written(self):
        text = html(hostile(), hostile())
        assert {char for char in text if not char.isprintable()} == {"\n"}
        assert text.encode()

    def test_cannot_end_the_data(self):
        written = markup.data({"name": HOSTILE})
        assert not set(written) & set("<>&\u2028")
        assert json.loads(written) == {"name": HOSTILE}

    @given(st.text())
    def test_are_escaped_in_attributes(self, string):
        found = Outline(markup.tag("p", string, title=string))
        assert [set(of) for of in found.named("p")] == [{"title"}]
        assert found.named("p")[0]["title"].isprintable()


class TestTheCurve:
    def test_is_the_mean_of_so_many_consecutive_episodes(self):
        returns = np.random.default_rng(0).normal(1e6, 3, 1000)
        found = running_mean.of_returns(np.arange(1000), returns, 0.95)
        assert found.window == 50
        assert len(found.at) == 240
        for at, mean, low, high in zip(*found[1:], strict=True):
            inside = returns[int(at - 24.5) : int(at + 25.5)]
            half = 1.959964 * inside.std(ddof=1) / np.sqrt(50)
            assert np.allclose([mean, low, high], [inside.mean(), inside.mean() - half, inside.mean() + half])

    def test_lies_where_its_axes_say(self):
        of = learning().episodes
        shown = curve.seen(of, np.arange(len(of)))
        drawn = running_mean.of_returns(shown.rows, shown.returns, 0.95)
        path = next(a["d"] for _, a in page(learning()).elements if a.get("class") == "line")
        points = np.array([point.split() for point in path[1:].split("L")], dtype=float)
        assert np.allclose(points[:, 0], 1000 * drawn.at / (len(of) - 1), atol=0.06)
        y = (shown.y.high - drawn.mean) / (shown.y.high - shown.y.low)
        assert np.allclose(points[:, 1], 1000 * y, atol=0.06)

    def test_of_few_episodes_goes_from_one_to_the_next(self):
        found = running_mean.of_returns(np.array([0, 2, 3]), np.array([1.0, 5.0, -2.0]), 0.95)
        assert (found.window, found.at.tolist()) == (1, [0, 2, 3])
        assert np.allclose(found.mean, [1, 5, -2])
        assert np.isnan(found.low).all()

    def test_leaves_out_the_incomplete_and_what_is_not_finite(self):
        of = episodes([1, np.nan, 3, np.inf, 5], end=[1, 1, 1, 1, log.CUT_RESET])
        assert curve.seen(of, np.arange(5)).rows.tolist() == [0, 2]

    def test_is_not_squeezed_flat_by_a_few_episodes(self):
        of = episodes([*range(1000), -1e9])
        assert curve.seen(of, np.arange(1001)).y.low > -1000
        assert "1 episode beyond the scale" in html(recording(episodes=of))

    def test_counts_every_episode_in_the_shade(self):
        found = page(learning(5000))
        cells = [a for name, a in found.elements if name == "path" and a.get("class", "").startswith("cells")]
        assert len(cells) == 4


class TestDistributions:
    @given(st.lists(st.integers(-500, 500) | st.floats(-1e3, 1e3), min_size=2, max_size=300))
    def test_count_every_value_once(self, values):
        array = np.array(values, dtype=float)
        found = histogram.counted(array)
        assert found.counts.sum() == len(values)
        assert len(found.counts) == len(found.labels) < 60
        for low, high, count in zip(found.edges[1:-2], found.edges[2:-1], found.counts[1:-1], strict=True):
            assert count == ((array >= low) & (array < high)).sum()

    @pytest.mark.parametrize(
        ("values", "labels"),
        [
            ([1, 2, 3], ["1", "2", "3"]),
            ([0, 500], ["0 to 19", "20 to 39"]),
            ([0.1, 2], ["0.1 to 0.15", "0.15 to 0.2"]),
            ([-3, -3], ["-4", "-3"]),
        ],
    )
    def test_say_what_a_bar_holds(self, values, labels):
        assert histogram.counted(np.array(values, dtype=float)).labels[:3][: len(labels)] == labels

    @given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
    def test_have_axes_with_values_on_them(self, one, other):
        found = axis.padded(axis.fitting(np.array([one, other])))
        assert found.low < found.high
        room = 1e-9 * max(abs(found.low), abs(found.high))
        assert all(found.low - room <= tick <= found.high + room for tick in found.ticks())
        assert ((found.at(np.array([one, other])) >= 0) & (found.at(np.array([one, other])) <= 1)).all()

    def test_of_ends_add_up(self):
        end = [
            log.END_TERMINATED,
            3,
            log.END_TRUNCATED,
            log.END_UNKNOWN,
            log.CUT_RESET,
            log.CUT_CLOSED,
        ]
        text = html(recording(episodes=episodes(range(6), end=end)))
        assert (
            "2 terminated (33.3 %), 1 truncated (16.7 %), 1 not known (16.7 %), 2 incomplete (33.3 %)" in text
        )

    def test_of_ends_lie_where_their_episodes_do(self):
        end = [log.END_TERMINATED, log.END_TRUNCATED] * 5
        of = recording(episodes=episodes(range(10), end=end, mode=[b"t"] * 4 + [b"e"] * 6))
        rects = [
            attributes
            for _, attributes in page(of, selection=Selection(mode="evaluation")).elements
            if attributes.get("class", "").startswith("end ")
        ]
        assert [rect["data-tip"] for rect in rects][:2] == [
            "Episodes 4 to 4: 1 terminated", "Episodes 5 to 5: 1 truncated"
        ]  # fmt: skip
        assert [round(float(rect["x"])) for rect in rects] == [13, 180, 347, 513, 680, 847]

    def test_of_ends_leave_no_gap_where_episodes_of_another_series_lie(self):
        end = [log.END_TERMINATED, log.END_TERMINATED, log.END_TRUNCATED] * 2
        text = html(recording(episodes=episodes(range(6), end=end, mode=[b"t", b"t", b"e"] * 2)))
        bars = [of for of in Outline(text).named("rect") if of["class"].startswith("end ")]
        assert bars == []  # each series ended in one way
        text = html(recording(episodes=episodes(range(6), end=end, mode=[b"t", b"e", b"t"] * 2)))
        bars = [of for of in Outline(text).named("rect") if of["class"].startswith("end ")]
        assert [round(float(of["x"])) for of in bars] == [27, 347, 527, 847]
        assert [round(float(of["width"])) for of in bars] == [280, 140, 280, 140]

    def test_of_ends_are_a_sentence_when_there_is_one_kind(self):
        assert "How they ended: all terminated." in html(recording([1, 2, 3]))


def expanded(column, rows):
    """As page/columns.js does it."""
    if isinstance(column, dict):
        if "all" in column:
            return [column["all"]] * rows
        if "steps" in column:
            return np.cumsum(column["steps"]).tolist()
        return [column["from"] + row * column["by"] for row in range(rows)]
    return list(column)


class TestTheEpisodes:
    def test_reach_the_script_as_they_are(self):
        of = learning()
        found = page(of).data()
        assert found["rows"] == 400
        columns = {name: expanded(column, 400) for name, column in found["columns"].items()}
        assert columns["episode"] == list(range(400))
        assert columns["return"] == of.episodes.episode_return.tolist()
        assert columns["length"] == of.episodes.length.tolist()
        assert columns["seed"] == list(range(7, 407))
        assert columns["started"] == [2 * row for row in range(400)]
        codes = {log.END_TERMINATED: "t", log.END_TRUNCATED: "c", log.CUT_CLOSED: "x"}
        assert columns["end"] == [codes[end] for end in of.episodes.end.tolist()]
        assert found["columns"]["episode"] == {"from": 0, "by": 1}

    def test_keep_what_json_has_no_number_for(self):
        given = episodes([np.nan, np.inf, -np.inf, 1 / 3], seeded=[1, 2, 0, 1], seed=[5, 5, 5, 2**63])
        found = page(recording(episodes=given)).data()["columns"]
        assert found["return"] == [None, "Infinity", "-Infinity", 0.333333]
        assert found["seed"] == [5, None, None, str(2**63)]

    def test_are_chosen_evenly_when_they_are_too_many(self):
        returns = np.sin(np.arange(10_000.0))
        chosen = columns.chosen(episodes(returns), np.arange(10_000), [1234, 5678], most=1000)
        assert len(chosen) <= 1000
        assert {1234, 5678, int(returns.argmax()), int(returns.argmin()), 0, 9999} <= set(chosen.tolist())
        assert (np.diff(chosen) > 0).all()
        assert np.diff(chosen).max() <= 25

    @pytest.mark.parametrize(("count", "most"), [(10_000, 350_000), (100_000, 2_500_000)])
    def test_make_a_page_that_can_be_mailed(self, count, most):
        values = np.random.default_rng(0)
        columns = {
            "length": values.integers(1, 1000, count),
            "duration": values.exponential(1, count),
            "seeded": np.ones(count),
            "seed": np.arange(count),
        }
        of = recording(episodes=episodes(values.normal(0, 100, count).round(2), **columns))
        assert len(html(of)) < most

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.floats(),
                st.integers(0, 2**62),
                st.floats(-1e15, 1e15),
                st.floats(0, 1e15),
                st.sampled_from([1, 2, 3, 4, 16, 32, 64]),
                st.integers(0, 2**64 - 1),
            ),
            min_size=1,
            max_size=12,
        )
    )
    def test_of_any_kind_make_a_page(self, rows):
        names = ("episode_return", "length", "started_at", "duration", "end", "seed")
        made = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
        of = recording(episodes=episodes(made.pop("episode_return"), seeded=[1] * len(rows), **made))
        text = html(of)
        assert not re.search(r'(?:d|x|y|width|height|cx|cy)="[^"]*(?:nan|inf)[^"]*"', text)
        assert Outline(text).data()["rows"] == len(rows)


class TestFilms:
    def test_are_inside_the_page(self):
        found = page(read(GYM))
        sources = [of["src"] for of in found.named("video")]
        names = sorted(path.name for path in GYM.glob("*.mp4"))
        assert [base64.b64decode(source.removeprefix("data:video/mp4;base64,")) for source in sources] == [
            (GYM / name).read_bytes() for name in names
        ]
        assert found.data()["films"] == {"0": "r0-film-0", "1": "r0-film-1", "8": "r0-film-2"}

    def test_beyond_the_limit_are_linked_from_where_the_page_stands(self):
        found = page(read(GYM), folder=GYM.parent.parent / "elsewhere", embed=8000)
        kinds = [of["src"][:5] for of in found.named("video")]
        assert sorted(kinds) == ["../re", "data:", "data:"]
        linked = next(of["src"] for of in found.named("video") if of["src"].startswith(".."))
        assert (GYM.parent.parent / "elsewhere" / linked).resolve().parent == GYM

    @pytest.mark.parametrize(
        ("selection", "inside"),
        [
            (Selection(), [9]),  # the last
            (Selection(), [4, 9]),  # and the best
            (Selection(), [2, 4, 9]),  # and the worst
            (Selection(last=4), [6, 8, 9]),
        ],
    )
    def test_that_are_inside_are_the_last_the_best_and_the_worst(self, tmp_path, selection, inside):
        returns = [5, 6, -1, 9, 50, 10, 11, 12, 30, 13]
        end = [log.END_TERMINATED] * 10
        returns[3], end[3] = 1000, log.CUT_RESET  # never finished, so neither best nor worst
        returns[1] = math.nan
        films = tuple(video(row, size=1000) for row in range(10) if row != 5)
        for film in films:
            (tmp_path / film.name).write_bytes(bytes([film.episode]) * 1000)
        of = recording(directory=tmp_path, videos=films, episodes=episodes(returns, end=end))
        sources = [of["src"] for of in page(of, embed=1000 * len(inside), selection=selection).named("video")]
        held = [base64.b64decode(source.partition(",")[2])[0] for source in sources if source[:5] == "data:"]
        assert held == inside
        assert len(sources) == len([film for film in films if film.episode >= 6 or not selection.last])

    def test_are_never_read_through_a_link(self, tmp_path):
        copy = tmp_path / "run"
        shutil.copytree(GYM, copy)
        (tmp_path / "secret.mp4").write_bytes(b"secret")
        of = read(copy)
        name = of.videos[0].name
        (copy / name).unlink()
        (copy / name).symlink_to(tmp_path / "secret.mp4")
        text = html(of)
        assert base64.b64encode(b"secret").decode() not in text
        assert f"{name}: cannot be opened" in text

    def test_that_do_not_play_say_why(self):
        of = recording([1, 2], videos=(video(0, broken=True), video(1, name="a.json", content_type="text/x")))
        text = html(of)
        assert "broken: its recorder gave up on it" in text
        assert "Recorded as text" in text
        assert "<video" not in text

    def test_have_addresses_that_are_no_schemes(self):
        of = recording([1], directory=Path(), videos=(video(0, name="javascript:alert(1)%.mp4"),))
        assert [of["src"] for of in page(of, folder=Path(), embed=0).named("video")] == [
            "javascript%3Aalert%281%29%25.mp4"
        ]

    def test_fold_when_they_are_many(self):
        of = recording(range(40), videos=tuple(video(number) for number in range(40)))
        assert "16 more films" in html(of, embed=0)


def test_every_file_of_the_page_is_plain_ascii_but_for_what_is_shown():
    for path in Path(as_html.__file__).parent.glob("page/*.[cj]s*"):
        assert "</" not in path.read_text(encoding="utf-8"), path
