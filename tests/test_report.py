"""Every format a recording can be written in: whole outputs, and what no file can make them do."""

import csv
import dataclasses
import io
import json
import math
import re
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from helpers import START, assert_golden, episodes, recording, run, video
from hypothesis import given
from hypothesis import strategies as st

from monitorcli import report
from monitorcli.errors import PackageMissing
from monitorcli.format import log
from monitorcli.recording.model import Writer
from monitorcli.report import as_csv, as_table, text
from monitorcli.report.layout import cells, plain, width_of

HEADER = "episode,slot,mode,return,length,started_at,duration,end,seed,success,env_id,series,run,video"
HOSTILE = "a\x1b[31mred\x07\r\nb\u202ec\u2028d\x9be\x7f\udc80[bold]f[/bold]\U000e0041:smile:"


def learning():
    """A run like the one in the README: 214 episodes that end, one that does not, six films."""
    ordinal = np.arange(215)
    # Waves instead of noise: the same numbers on every machine and with every NumPy.
    returns = np.clip(
        np.round(9 + 491 / (1 + np.exp((110 - ordinal) / 25)) + 25 * np.sin(ordinal**2)), 9, 500
    )
    end = np.where(returns == 500, log.END_TRUNCATED, log.END_TERMINATED)
    end[-1] = log.CUT_CLOSED
    return recording(
        episodes=episodes(returns, end=end, length=returns),
        runs=(run(episodes=215),),
        videos=tuple(video(episode, size=233_000) for episode in (0, 1, 8, 27, 64, 125)),
    )


def troubled():
    """Several environments and runs, films of all kinds, and more remarks than anybody reads."""
    return recording(
        episodes=episodes(
            [1.5, float("nan"), -1234.5, 0.25],
            end=[
                log.END_TERMINATED,
                log.END_UNKNOWN,
                log.END_TRUNCATED,
                log.CUT_RESET,
            ],
            mode=[b"t", b"e", b"", b"e"],
            success=[1, 0, -1, 1],
        ),
        env_ids=("A-v1", "B-v1", "C-v1", "D-v1"),
        runs=(
            run(0, "crashed", exit_status=137, how={"command": ["python", "train.py", "--name", "x y"]}),
            run(1, "failed", exit_status=1, started_at=START + 86400, ended_at=START + 90000),
            run(2, "running", ended_at=None),
            run(3, "unknown", recorder="gym 0.21.0", started_at=None, ended_at=None),
        ),
        videos=(
            *(video(number**3) for number in range(14)),
            video(None, broken=True),
            video(3000, finished=False),
        ),
        problems=tuple(f"openaigym.manifest.{number}.json: not JSON, " + "so " * 30 for number in range(7)),
        notes=("Times that have no date.",),
    )


def table(of, width=80, **options):
    return plain(as_table.lines(report.make_report([of]), width, **options))


def written(form, *recordings, **asked):
    return b"".join(report.render(form, report.make_report(recordings, **asked))).decode()


def document(of, **asked):
    return json.loads(written("json", of, **asked))


RECORDINGS = {
    "learning": learning,
    "troubled": troubled,
    "empty": recording,
    "single": lambda: recording([3.5]),
    "undated": lambda: recording([1, 2], episodes=episodes([1, 2], started_at=[math.nan] * 2)),
}


class TestTable:
    @pytest.mark.parametrize("width", [48, 80, 120])
    @pytest.mark.parametrize("name", RECORDINGS)
    def test_looks_like_this(self, name, width):
        assert_golden(f"{name}-{width}.txt", table(RECORDINGS[name](), width))

    def test_looks_like_this_where_there_is_only_ascii(self):
        shown = table(learning(), in_ascii=True)
        assert_golden("learning-ascii.txt", shown)
        assert shown.isascii()

    def test_of_several_directories_names_each(self):
        two = [recording([1, 2]), dataclasses.replace(recording(), directory=Path("runs/b"))]
        assert_golden("several.txt", written("table", *two))

    @pytest.mark.parametrize("width", range(40, 130, 7))
    def test_fits_the_terminal_except_for_paths(self, width):
        for line in as_table.lines(report.make_report([learning(), recording([3])]), width):
            assert width_of(line) <= width or any(span.role in ("path", "curve") for span in line)

    def test_counts_remarks_it_does_not_show(self):
        shown = table(troubled())
        assert shown.count(" ! openaigym") == 5
        assert " ! … 2 more\n" in shown

    def test_aligns_wide_characters(self):
        assert cells("环境") == 4
        assert cells("e\u0301") == 1


class TestJson:
    def test_looks_like_this(self):
        assert_golden("troubled.json", written("json", troubled()))

    def test_keys_are_in_order(self):
        keys = (
            "directory env_id episodes completed incomplete terminated truncated steps return length "
            "duration runs videos notes problems schema confidence selection recent success modes windows "
            "gates comparison plan coverage digest repeats failed errors first_observations series groups"
        )
        assert list(document(learning())) == list(document(troubled())) == keys.split()

    def test_says_of_the_only_series_what_it_says_at_the_top(self):
        found = document(learning())
        (series,) = found["series"]
        assert {name: found[name] for name in found if name in series} == {
            **{name: series[name] for name in series if name in found},
        }
        assert found["modes"]["training"]["mean"] == found["return"]["mean"]

    def test_has_no_numbers_at_the_top_of_what_is_no_series(self):
        found = document(troubled())
        names = [series["name"] for series in found["series"]]
        assert names == ["CartPole-v1", "CartPole-v1 evaluation", "CartPole-v1 unknown mode"]
        of_series = set(found) & set(found["series"][0]) - {"env_id"}
        assert {found[name] for name in (*of_series, "modes")} == {None}
        assert [series["completed"] for series in found["series"]] == [1, 1, 1]

    def test_says_how_good_a_training_is_by_its_last_episodes(self):
        (series,) = document(recording([*range(50), *[7.0] * 100]))["series"]
        assert series["recent"] == {"n": 100, "mean": 7.0, "interval": None}

    def test_says_where_a_run_comes_from(self):
        git = {"commit": "3f9a1c2", "dirty": True}
        said = {"directory": "/home/a", "host": "b", "git": git, "versions": {"python": "3.12"}}
        how = {"command": ["python", "train.py"], "provenance": said}
        (found,) = document(recording([1], runs=(run(how=how),)))["runs"]
        assert (found["command"], found["provenance"]) == (["python", "train.py"], said)

    @pytest.mark.parametrize(
        "said", [[], "x", {"git": 5}, {"versions": [1], "host": {}, "git": {"dirty": 7}}]
    )
    def test_believes_no_type_of_what_a_runs_file_says(self, said):
        (found,) = document(recording([1], runs=(run(how={"command": [1, []], "provenance": said}),)))["runs"]
        nothing = {"directory": None, "host": None, "git": None, "versions": {}}
        assert found["command"] is None
        assert found["provenance"] in (
            None, nothing, {**nothing, "git": {"commit": None, "dirty": None}},
        )  # fmt: skip

    def test_has_no_numbers_that_json_does_not_have(self):
        strange = recording([math.nan, math.inf], runs=(run(started_at=1e300),))
        found = json.loads(written("json", strange), parse_constant=pytest.fail)
        nothing = dict.fromkeys(("mean", "std", "median", "iqm"))
        unknown = dict.fromkeys(("mean", "median", "iqm", "method", "seed", "draws"))
        assert found["return"] == {"n": 0, **nothing, "min": None, "max": None, "intervals": unknown}
        assert found["runs"][0]["started_at"] is None

    def test_of_several_directories_is_a_list(self):
        assert [found["episodes"] for found in json.loads(written("json", recording([1]), recording()))] == [
            1,
            0,
        ]

    def test_env_id_is_null_when_no_file_names_one(self):
        assert document(recording(env_ids=("(unknown)",)))["env_id"] is None
        assert document(troubled())["env_id"] == "A-v1, B-v1, C-v1, D-v1"


class TestCsv:
    def test_looks_like_this(self):
        assert_golden("troubled.csv", written("csv", troubled()))

    def test_holds_seeds_of_128_bits(self):
        rows = episodes([1, 2, 3], seeded=[1, 2, 0], seed=[5, 5, 5], seed_high=[1 << 63, 0, 0])
        assert [row["seed"] for row in parsed(rows)] == [str((1 << 127) + 5), "", ""]

    def test_of_several_directories_names_each_row_by_row(self):
        other = recording([3.0], directory=Path('runs/b, "2"'))
        assert written("csv", recording([1.0]), other).splitlines() == [
            HEADER + ",directory",
            "0,0,training,1.0,1,2026-11-21T14:02:00.000000Z,1.5,terminated,,,CartPole-v1,CartPole-v1,0,,runs/ppo",
            "0,0,training,3.0,1,2026-11-21T14:02:00.000000Z,1.5,terminated,,,CartPole-v1,CartPole-v1,0,,"
            '"runs/b, ""2"""',
        ]

    @pytest.mark.parametrize("name", ['a,b"c"', "=cmd()", "+1", "-1", "@x", "a\nb\r\tc", '=a,"b"', "x" * 300])
    def test_names_from_files_are_cells_that_no_spreadsheet_runs(self, name):
        text = written("csv", of_environment(name))
        (row,) = csv.DictReader(io.StringIO(text), strict=True)
        assert row["env_id"] == row["series"]
        assert row["env_id"][:1] not in ("=", "+", "-", "@")
        assert row["env_id"].removeprefix("'") == as_csv.columns.shown(name)
        assert text.count("\n") == 2

    def test_has_the_films_of_the_episodes_and_their_runs(self):
        of = recording([1, 2, 3], videos=(video(1), video(2, broken=True)))
        rows = list(csv.DictReader(io.StringIO(written("csv", of))))
        assert [row["video"] for row in rows] == ["", video(1).name, ""]
        assert [row["run"] for row in rows] == ["0", "0", "0"]

    def test_needs_no_more_memory_for_more_episodes(self, monkeypatch):
        whole = written("csv", recording(range(7)))
        monkeypatch.setattr(as_csv, "_ROWS", 3)
        pieces = list(as_csv.render(report.make_report([recording(range(7))])))
        assert [piece.count("\n") for piece in pieces] == [1, 3, 3, 1]
        assert "".join(pieces) == whole

    @given(
        st.lists(
            st.tuples(
                st.floats(),
                st.integers(0, 2**63 - 1),
                st.floats(),
                st.floats(min_value=0),
                st.integers(0, 2**64 - 1),
                st.integers(0, 2**32 - 1),
                st.sampled_from([-1, 0, 1]),
            ),
            min_size=1,
        )
    )
    def test_reads_back_as_it_was(self, rows):
        names = ("episode_return", "length", "started_at", "duration", "seed", "slot", "success")
        columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
        made = episodes(columns.pop("episode_return"), seeded=[1] * len(rows), **columns)
        read = parsed(made)
        assert [int(row["episode"]) for row in read] == list(range(len(rows)))
        for name, column in (("return", "episode_return"), ("length", "length"), ("duration", "duration")):
            back = np.array([row[name] for row in read]).astype(getattr(made, column).dtype)
            assert np.array_equal(back, getattr(made, column), equal_nan=column != "length")
        assert [int(row["seed"]) for row in read] == made.seed.tolist()
        assert [int(row["slot"]) for row in read] == made.slot.tolist()
        assert [["false", "true", ""].index(row["success"]) for row in read] == (made.success % 3).tolist()

    @given(st.floats(min_value=-62_135_596_800, max_value=253_402_300_799))
    def test_times_are_dates_to_the_microsecond(self, started_at):
        found = parsed(episodes([1], started_at=[started_at]))[0]["started_at"]
        assert found.endswith("Z")
        assert abs(
            datetime.fromisoformat(found[:-1] + "+00:00").timestamp() - started_at
        ) <= 1e-6 + 2 * np.spacing(abs(started_at))


def parsed(rows):
    return list(csv.DictReader(io.StringIO(written("csv", recording(episodes=rows)))))


def of_environment(name):
    return recording([1.0], env_ids=(name,), writers=(Writer("0.u", 0, name, "1.4.0", True),))


def troubled_in_pandas_and_parquet():
    pytest.importorskip("pandas")
    parquet = pytest.importorskip("pyarrow.parquet")
    seeds = {
        "seed": [1, 2**64 - 1, 0, 5],
        "seeded": [1, 1, 0, 2],
        "started_at": [START, math.nan, START, START],
    }
    of = dataclasses.replace(troubled(), episodes=dataclasses.replace(troubled().episodes, **{
        name: np.array(values, getattr(troubled().episodes, name).dtype) for name, values in seeds.items()
    }))  # fmt: skip
    data = b"".join(report.render("parquet", report.make_report([of])))
    records = of.to_pandas().reset_index().to_dict("records")
    return of, parquet.read_table(io.BytesIO(data)).to_pylist(), records


def as_cell(value):
    """A value of a data frame as the CSV has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime) and value == value:
        return value.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return "" if str(value) in ("None", "<NA>", "NaT") else str(value)


class TestDataFrames:
    def test_say_the_same_as_the_csv(self):
        of, *both = troubled_in_pandas_and_parquet()
        expected = list(csv.DictReader(io.StringIO(written("csv", of))))
        for found in both:
            assert [*found[0]] == [*expected[0]]
            assert [{name: as_cell(value) for name, value in row.items()} for row in found] == expected

    def test_have_types(self):
        of, rows, _ = troubled_in_pandas_and_parquet()
        assert {name: type(value).__name__ for name, value in rows[0].items()} == {
            "episode": "int", "slot": "int", "mode": "str", "return": "float", "length": "int",
            "started_at": "datetime", "duration": "float", "end": "str", "seed": "int", "success": "bool",
            "env_id": "str", "series": "str", "run": "int", "video": "str",
        }  # fmt: skip
        assert {name: str(kind) for name, kind in of.to_pandas().dtypes.items()} == {
            "slot": "uint32", "mode": "string", "return": "float64", "length": "int64",
            "started_at": "datetime64[us, UTC]", "duration": "float64", "end": "string", "seed": "UInt64",
            "success": "boolean", "env_id": "string", "series": "string", "run": "int64", "video": "string",
        }  # fmt: skip

    def test_hold_seeds_of_128_bits(self):
        of, *_ = troubled_in_pandas_and_parquet()
        wide = dataclasses.replace(of.episodes, seed_high=np.array([1, 0, 0, 0], np.uint64))
        of = dataclasses.replace(of, episodes=wide)
        assert of.to_pandas()["seed"].tolist() == [2**64 + 1, 2**64 - 1, None, None]
        data = b"".join(report.render("parquet", report.make_report([of])))
        table = pytest.importorskip("pyarrow.parquet").read_table(io.BytesIO(data))
        assert table["seed"].to_pylist() == [str(2**64 + 1), str(2**64 - 1), None, None]

    def test_of_several_directories_name_each(self, monkeypatch):
        parquet = pytest.importorskip("pyarrow.parquet")
        monkeypatch.setattr("monitorcli.report.as_parquet._ROWS", 2)
        several = [recording([1, 2, 3]), recording(), recording([4], directory=Path("runs/b"))]
        data = b"".join(report.render("parquet", report.make_report(several)))
        found = parquet.read_table(io.BytesIO(data)).to_pydict()
        assert found["return"] == [1, 2, 3, 4]
        assert found["directory"] == ["runs/ppo"] * 3 + ["runs/b"]

    def test_need_packages_that_the_message_names(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "pandas", None)
        with pytest.raises(
            PackageMissing, match=r"^to_pandas needs pandas: pip install 'monitorcli\[pandas\]'$"
        ):
            recording().to_pandas()


class TestInAnInterpreter:
    def test_a_recording_is_a_line_for_each_series(self):
        assert repr(troubled()).splitlines() == [
            "Recording('runs/ppo')",
            "  CartPole-v1: 1 episode, mean return 1.5 (last 1)",
            "  CartPole-v1 evaluation: 1 episode + 1 incomplete",
            "  CartPole-v1 unknown mode: 1 episode, mean return -1234 (all)",
        ]
        assert "series" in repr(troubled().episodes)
        assert len(repr(recording(range(100_000)))) + len(repr(recording(range(100_000)).episodes)) < 400

    def test_a_notebook_gets_a_small_table(self):
        assert_golden("recording.html", troubled()._repr_html_())

    def test_no_name_from_a_file_is_markup_or_moves_the_cursor(self):
        for name in (HOSTILE, "<img src=x onerror=alert(1)>", "\n", "&lt;"):
            of = dataclasses.replace(of_environment(name), directory=Path(name))
            page = of._repr_html_()
            assert page.isprintable()
            assert set(re.findall(r"</?(\w+)", page)) <= {"table", "caption", "tr", "th", "td", "div"}
            assert repr(of).replace("\n", "").isprintable()
            assert name.isprintable() or repr(of).count("\n") == 1

    def test_many_series_are_counted(self):
        names = [f"E{number}-v0" for number in range(13)]
        writers = tuple(Writer(f"{number}.u", 0, name, "", True) for number, name in enumerate(names))
        of = recording(episodes=episodes(range(13), writer=range(13)), writers=writers)
        assert repr(of).splitlines()[-1] == "  and 3 more series"
        assert "and 3 more series" in of._repr_html_()


class TestStringsFromFiles:
    def test_never_reach_the_terminal_raw(self):
        of = hostile()
        shown = [table(of), table(of, in_ascii=True), written("table", of, of), written("json", of, of)]
        shown += [written("csv", of), written("markdown", of), written("markdown", of, of)]
        for each in shown:
            assert [char for char in each if not char.isprintable()] == ["\n"] * each.count("\n")

    def test_are_whole_in_json(self):
        found = json.loads(written("json", hostile()))
        assert (found["env_id"], found["problems"], found["notes"]) == (HOSTILE, [HOSTILE], [HOSTILE])
        assert found["videos"][0]["file"] == HOSTILE

    @given(st.text(st.characters(), max_size=50), st.integers(0, 60))
    def test_are_made_printable(self, string, limit):
        assert text.printable(string, limit).isprintable()

    def test_are_cut_when_they_are_long(self):
        assert text.printable("x" * 50, limit=5) == "xxxx…"


def hostile():
    return recording(
        [1, 2],
        env_ids=(HOSTILE,),
        directory=Path(HOSTILE),
        runs=(
            run(0, HOSTILE, recorder=HOSTILE, how={"command": [HOSTILE]}),
            run(1, "crashed", how={"command": HOSTILE, "signal": HOSTILE}, exit_status=10**30),
        ),
        videos=(video(0, name=HOSTILE),),
        problems=(HOSTILE,),
        notes=(HOSTILE,),
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        *((0, "0"), (-0.0, "0"), (500, "500"), (40104, "40,104"), (1e12, "1e+12"), (2e-7, "2e-07")),
        *((9.53472, "9.535"), (187.4321, "187.4"), (-1234.56, "-1,234.6"), (123456.7, "123,457")),
        *((0.01234567, "0.01235"), (math.nan, "nan"), (-math.inf, "-inf")),
    ],
)
def test_numbers_can_be_read_at_a_glance(value, shown):
    assert text.number(value) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        *((1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (1_400_000, "1.4 MB"), (999_600, "1.0 MB")),
        *((123_000_000_000, "123 GB"), (10**16, "10000 TB")),
    ],
)
def test_sizes_are_in_decimal_units(count, shown):
    assert text.size(count) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0831, "0.0831 s"), (59.96, "1 min"), (411, "6 min 51 s"), (11520, "3 h 12 min"), (183600, "2 d 3 h")],
)
def test_durations_are_in_their_two_largest_units(seconds, shown):
    assert text.lasting(seconds) == shown


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (START, START + 420, "21 Nov 2026, 14:02 to 14:09 UTC"),
        (START, START + 20, "21 Nov 2026, 14:02 UTC"),
        (START, START + 86400, "21 Nov 2026, 14:02 to 22 Nov 2026, 14:02 UTC"),
        (START, None, "from 21 Nov 2026, 14:02 UTC"),
        (None, START, "until 21 Nov 2026, 14:02 UTC"),
        (math.nan, 1e300, ""),
    ],
)
def test_times_say_what_is_the_same_once(start, end, shown):
    assert text.when(start, end) == shown


@given(st.floats() | st.none(), st.floats() | st.none())
def test_any_times_can_be_said(start, end):
    assert text.when(start, end).isprintable()


@given(st.floats(min_value=0, max_value=1e300), st.floats(), st.integers(0, 10**30))
def test_any_amount_can_be_said(seconds, value, count):
    assert text.lasting(seconds)
    assert text.number(value)
    assert text.size(count)


def test_films_that_broke_are_no_films_but_counted():
    broken = [video(number, size=0, finished=False, broken=True) for number in (0, 1)]
    shown = as_table.plain(as_table.lines(report.make_report([recording([1.0, 2.0], videos=broken)]), 80))
    assert " videos     none · 2 broken\n" in shown
    assert "filmed" not in shown
    assert "latest" not in shown
    one = [*broken, video(1)]
    shown = as_table.plain(as_table.lines(report.make_report([recording([1.0, 2.0], videos=one)]), 80))
    assert " videos     1 · 1.5 kB · 2 broken\n" in shown
    assert " filmed     1\n latest     runs/ppo/openaigym.video.0.k3f9x2.video000001.mp4\n" in shown
