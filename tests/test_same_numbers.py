"""Every format says the same of the same episodes: of whole recordings and of any part, series by series."""

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from click.testing import CliRunner
from writing import packed, write

import monitorcli
from monitorcli.cli import main
from monitorcli.format import log
from monitorcli.format.environment import Environment
from monitorcli.report.text import number
from monitorcli.summary.intervals import intervals


class Row(NamedTuple):
    """What there is to know of an episode."""

    directory: str
    episode: int
    env: str
    mode: str
    run: int
    slot: int
    value: float
    length: int
    seed: int
    end: int
    film: str

    @property
    def series(self):
        return self.env + (" evaluation" if self.mode == "evaluation" else "")


def rows_of(directory, env, count, first=0, run=0, evaluated=False, films=()):
    """Episodes of one writer: every third is an evaluation if it is `evaluated`, and two are cut."""
    uid = f"u{run}"
    return [
        Row(
            directory, first + place, env, "evaluation" if evaluated and place % 3 == 0 else "training",
            run, place % 2, float("nan") if place == 12 else round(100 * np.sin(7 * place + run) + place, 2),
            10 + place, 100 + place, log.CUT_RESET if place in (5, 36) else log.END_TERMINATED,
            f"openaigym.video.0.{uid}.video{place:06}.mp4" if place in films else "",
        )
        for place in range(count)
    ]  # fmt: skip


WRITERS = (
    rows_of("run", "CartPole-v1", 40, evaluated=True, films=(0, 8, 27, 33, 36)),
    rows_of("run", "MountainCar-v0", 130, first=40, run=1, films=(4, 129)),
    rows_of("other", "CartPole-v1", 20),
)


class Case(NamedTuple):
    """Directories, options, which rows they select, and of each series at most how many completed ones."""

    directories: tuple[str, ...]
    options: list[str]
    wanted: Callable[[Row], bool] = lambda row: True
    last: int | None = None

    def parts(self):
        """The selected rows of each series of each directory, in the order in which they are shown."""
        parts = {}
        for directory in self.directories:
            rows = [row for rows in WRITERS for row in rows if row.directory == directory]
            for series in dict.fromkeys(row.series for row in rows):
                parts[directory, series] = [row for row in rows if row.series == series and self.wanted(row)]
        parts = {key: rows for key, rows in parts.items() if rows}
        if self.last is not None:
            for rows in parts.values():
                first = [row.episode for row in rows if row.end == log.END_TERMINATED][-self.last]
                rows[:] = [row for row in rows if row.episode >= first]
        return parts

    def several(self):
        """Whether a recording of it has several series."""
        return max(Counter(directory for directory, _ in self.parts()).values()) > 1


EIGHTY = ("--confidence", "0.8")
RUN, BOTH = ("run",), ("run", "other")
CASES = {
    "a recording": Case(RUN, []),
    "two recordings": Case(BOTH, []),
    "a recording of one series": Case(("other",), []),
    "an environment": Case(RUN, ["--env", "Mount*"], lambda row: row.env == "MountainCar-v0"),
    "an environment of two series": Case(RUN, ["--env", "C*"], lambda row: row.env == "CartPole-v1"),
    "a mode": Case(RUN, ["--mode", "evaluation"], lambda row: row.mode == "evaluation"),
    "a series": Case(BOTH, ["--series", "CartPole-v1"], lambda row: row.series == "CartPole-v1"),
    "a run": Case(RUN, ["--run", "1"], lambda row: row.run == 1),
    "a slot": Case(BOTH, ["--slot", "1"], lambda row: row.slot == 1),
    "the last": Case(RUN, ["--last", "7"], last=7),
    "the last of a slot": Case(BOTH, ["--slot", "0", "--last", "5"], lambda row: row.slot == 0, 5),
}


@pytest.fixture(autouse=True)
def _recordings(tmp_path, monkeypatch):
    """Two environments in one directory, one of them evaluated; another directory that shares a series."""
    monkeypatch.chdir(tmp_path)
    for rows in WRITERS:
        directory, uid = Path(rows[0].directory), f"u{rows[0].run}"
        records = [
            packed(
                place, row.value, length=row.length, slot=row.slot, seed=row.seed, seeded=1, end=row.end,
                mode=b"e" if row.mode == "evaluation" else b"t",
            )
            for place, row in enumerate(rows)
        ]  # fmt: skip
        write(directory, *records, uid=uid, run=rows[0].run, environment=Environment(rows[0].env, "1.4.0"))
        for film in filter(None, (row.film for row in rows)):
            (directory / film).write_bytes(b"film")
            about = {"content_type": "video/mp4", "frames": 11, "broken": False}
            (directory / film.replace(".mp4", ".meta.json")).write_text(json.dumps(about))


def inspect(case, *arguments):
    done = CliRunner().invoke(main, ["inspect", *case.directories, *case.options, *arguments])
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout_bytes


def told(rows):
    """What there is to be said of the episodes of one series."""
    ended = [row for row in rows if row.end == log.END_TERMINATED]
    returns = np.array([row.value for row in ended])
    last = returns[-100:] if rows[0].mode == "training" else returns
    returns, last = returns[np.isfinite(returns)], last[np.isfinite(last)]
    interval, of_last = (intervals(values, 0.8, ["mean"])["mean"] for values in (returns, last))
    finite = [row for row in ended if row.value == row.value]
    return {
        "completed": len(ended),
        "incomplete": len(rows) - len(ended),
        "n": len(returns),
        "mean": float(returns.mean()),
        "interval": [interval.low, interval.high],
        "headline": float(last.mean()),
        "headline interval": [of_last.low, of_last.high],
        "best": float(returns.max()),
        "worst": float(returns.min()),
        "episodes": [(row.episode, str(row.value), row.length, row.seed, row.run, row.slot) for row in rows],
        "episodes of page": [(row.episode, str(row.value), row.length, row.seed) for row in rows],
        "films": {row.episode: row.film for row in rows if row.film},
        "film count": sum(bool(row.film) for row in rows),
        "axis": [str(ended[0].episode), str(ended[-1].episode)],
        "best episode": max(finite, key=lambda row: row.value).episode,
        "worst episode": min(finite, key=lambda row: row.value).episode,
        "last episode": rows[-1].episode,
    }


def shown(said):
    """The same with numbers as people get them."""
    names = ("mean", "headline", "best", "worst")
    return {
        **{name: number(said[name]) for name in names},
        **{name: [number(end) for end in said[name]] for name in ("interval", "headline interval")},
    }


def of_json(case):
    found = json.loads(inspect(case, *EIGHTY, "--format", "json"))
    documents = found if len(case.directories) > 1 else [found]
    parts = {}
    for document in documents:
        for series in document["series"]:
            alone = len(document["series"]) == 1
            assert document["return"] == (series["return"] if alone else None)
            assert document["completed"] == (series["completed"] if alone else None)
            assert series["episodes"] == series["completed"] + series["incomplete"]
            of, headline = series["return"], series["recent"]
            if series["mode"] != "training":
                headline = {"mean": of["mean"], "interval": of["intervals"]["mean"]}
            films = [film for film in document["videos"] if film["series"] == series["name"]]
            parts[document["directory"], series["name"]] = {
                **{name: series[name] for name in ("completed", "incomplete")},
                "n": of["n"],
                "mean": of["mean"],
                "interval": of["intervals"]["mean"],
                "headline": headline["mean"],
                "headline interval": headline["interval"],
                "best": of["max"],
                "worst": of["min"],
                "films": {film["episode"]: film["file"] for film in films},
            }
    return parts


def from_rows(rows, default):
    """What follows from rows with the CSV's names; without `directory`, they are of the `default`."""
    parts = {}
    for row in rows:
        parts.setdefault((row.get("directory", default), row["series"]), []).append(row)
    found = {}
    for key, of in parts.items():
        returns = [float(row["return"]) for row in of if row["end"] != "incomplete"]
        assert {row["env_id"] for row in of} == {key[1].removesuffix(" evaluation")}
        found[key] = {
            "completed": len(returns),
            "incomplete": len(of) - len(returns),
            "mean": float(np.nanmean(returns)),
            "episodes": [
                (
                    int(row["episode"]), str(float(row["return"])),
                    *(int(row[name]) for name in ("length", "seed", "run", "slot")),
                )
                for row in of
            ],
            "films": {int(row["episode"]): row["video"] for row in of if row["video"]},
        }  # fmt: skip
    order = [(row.get("directory", default), int(row["episode"])) for row in rows]
    assert [one for name in dict(order) for one in order if one[0] == name] == order
    assert all(one < other for one, other in pairwise(order) if one[0] == other[0])
    return found


def of_csv(case):
    text = inspect(case, "--format", "csv").decode()
    return from_rows(list(csv.DictReader(io.StringIO(text))), case.directories[0])


def of_parquet(case):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(io.BytesIO(inspect(case, "--format", "parquet")))
    return from_rows(table.to_pylist(), case.directories[0])


def of_npz(case):
    if len(case.directories) > 1:
        return {}
    with np.load(io.BytesIO(inspect(case, "--format", "npz"))) as found:
        columns = {name: found[name] for name in ("episode", "length", "seed", "run", "slot")}
        columns["return"] = found["episode_return"]
        columns["end"] = np.where(found["end"] < log.CUT_RESET, "", "incomplete")
        for name in ("env_id", "series", "video"):
            columns[name] = found[f"{name}_names"][found[name]]
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return from_rows([dict(zip(columns, row, strict=True)) for row in rows], case.directories[0])


def of_junit(case):
    """A gate wants one series of each recording."""
    if case.several():
        return {}
    gate = ("--min-episodes", "1", "--format", "junit")
    suites = ET.fromstring(inspect(case, *EIGHTY, *gate))
    found = {}
    for directory, suite in zip(case.directories, suites, strict=True):
        said = {one.get("name"): one.get("value") for one in suite.find("properties")}
        (mean,) = (value for name, value in said.items() if name.startswith("mean return"))
        found[directory, said["series"]] = {
            "completed": int(said["episodes"]),
            "headline": float(mean),
            "headline interval": json.loads(said["80 % interval"]),
        }
    return found


def of_pandas(case):
    """All rows: `to_pandas` selects nothing."""
    if case.options:
        return {}
    pytest.importorskip("pandas")
    found = {}
    for directory in case.directories:
        table = monitorcli.read(directory).to_pandas().reset_index()
        rows = table.astype(object).where(table.notna() | (table.columns == "return"), None)
        found |= from_rows(rows.to_dict("records"), directory)
    return found


def of_episode(case):
    found = {}
    (key, rows), *others = case.parts().items()
    if others:
        return {}
    for which in ("best", "worst", "last"):
        text = inspect(case, "--episode", which).decode()
        episode, value, length, seed = re.search(
            r"episode (\d+) of.*^ return +(\S+)$.*^ length +(\d+) steps$.*^ seed +(\d+)$", text, re.S | re.M
        ).groups()
        row = next(row for row in rows if row.episode == int(episode))
        assert (float(value), int(length), int(seed)) == (row.value, row.length, row.seed)
        assert re.findall(r"openaigym\.video\.\S+\.mp4", text) == ([row.film] if row.film else [])
        found[f"{which} episode"] = row.episode
    return {key: found}


COUNTS = r"(\d+) completed(?: · (\d+) incomplete)?"


def of_table(case):
    text = inspect(case, *EIGHTY).decode()
    if len(case.directories) > 1:
        row = r"^ (\S+) +(\S+(?: evaluation)?) +(\d+)(?: \+ (\d+) incomplete)? +(\S+) \[(.*?)\]"
        return several_in_words(re.findall(row, text, re.MULTILINE))
    blocks = [
        re.findall(r"mean (?:return )?(\S+) \[(.*?)\]", text),
        re.findall(rf"^ episodes +{COUNTS}", text, re.MULTILINE),
        re.findall(r" best (\S+)", text),
        re.findall(r"worst (\S+)", text),
    ]
    found = blocks_in_words(case, *blocks)
    axes = re.findall(r"└ episode (\d+) .* (\d+)$", text, re.MULTILINE)
    filmed = re.findall(r"^ filmed +(.*)$", text, re.MULTILINE)
    films = sorted(row.episode for rows in case.parts().values() for row in rows if row.film)
    assert [list(map(int, line.split(" · "))) for line in filmed] == ([films] if films else [])
    return {key: {**said, "axis": [*axis]} for (key, said), axis in zip(found.items(), axes, strict=True)}


def of_markdown(case):
    text = inspect(case, *EIGHTY, "--format", "markdown").decode().replace("\\", "")
    assert "80 % intervals" in text
    if len(case.directories) > 1:
        row = r"^\| (\S+) \| ([^|]+) \| (\d+) \| (\d+) \| (\S+) \| \[(.*?)\] \|"
        return several_in_words(re.findall(row, text, re.MULTILINE))
    means = re.findall(r"^\| mean return \| (\S+) \| \[(.*?)\] \| (\d+) \|", text, re.MULTILINE)
    extremes = re.findall(r"^\| return from, to \| (\S+), (\S+) \|", text, re.MULTILINE)
    counts = re.findall(r"(\d+) episodes? completed, (\d+) incomplete", text)
    films = re.findall(r"(\d+) videos?", text)
    return {
        key: {
            "mean": mean,
            "interval": interval.split(", "),
            "n": int(n),
            "best": best,
            "worst": worst,
            "completed": int(completed),
            "incomplete": int(incomplete),
            "film count": int(count),
        }
        for key, (mean, interval, n), (worst, best), (completed, incomplete), count in zip(
            case.parts(), means, extremes, counts, films, strict=True
        )
    }


class Words(HTMLParser):
    """The page's words, and what is in its script elements."""

    def __init__(self, page):
        super().__init__()
        self.words, self.scripts, self._inside = [], [], []
        self.feed(page)

    def handle_starttag(self, name, attributes):
        self._inside.append(name)

    def handle_endtag(self, name):
        while self._inside.pop() != name:
            pass

    def handle_data(self, text):
        inside = self._inside[-1] if self._inside else ""
        if inside != "style":
            (self.scripts if inside == "script" else self.words).append(text)


def of_html(case):
    page = Words(inspect(case, *EIGHTY, "--format", "html").decode())
    text = "|".join(page.words)
    headline = r"Mean return(?: of the last [\d,]+)?\|(\S+)\|80 % interval (\S+) to (\S+) · n = \d+"
    blocks = [
        [(mean, f"{low}, {high}") for mean, low, high in re.findall(headline, text)],
        re.findall(r"(\d+) completed(?! episodes)(?: · (\d+) incomplete, left out)?", text),
        re.findall(r"(?:best |Best return\|)(\S+?)(?: · worst|\|)", text),
        re.findall(r"(?: · |\|)worst (\S+)", text),
    ]
    found = blocks_in_words(case, *blocks)
    if len(case.directories) == 1:
        for key, rows in rows_of_page(page, case.parts()).items():
            found[key]["episodes of page"] = rows
        for key, curve in zip(found, json.loads(page.scripts[0])["curves"], strict=True):
            found[key]["axis"] = [f"{curve['axes'][end]:.0f}" for end in ("first", "last")]
    return found


def rows_of_page(page, parts):
    """The episodes of each series that the page's list shows; of one it does not name it."""
    data = json.loads(page.scripts[0])
    columns = {name: expanded(of, data["rows"]) for name, of in data["columns"].items()}
    of_name = {series: (directory, series) for directory, series in parts}
    numbers = columns.get("series") or [min(data["series"])] * data["rows"]
    found = {}
    for place, series in enumerate(numbers):
        value = columns["return"][place]
        row = (columns["episode"][place], "nan" if value is None else str(float(value)))
        more = (columns["length"][place], columns["seed"][place])
        found.setdefault(of_name[data["series"][str(series)]], []).append((*row, *more))
    return found


def expanded(column, rows):
    """As page/columns.js does it."""
    if isinstance(column, dict):
        return [column["from"] + row * column["by"] for row in range(rows)] if "from" in column else []
    return list(column)


def several_in_words(rows):
    """Of the rows of a table: directory, series, counts, headline and its interval."""
    return {
        (directory, series): {
            "completed": int(completed),
            "incomplete": int(incomplete or 0),
            "headline": mean,
            "headline interval": interval.split(", "),
        }
        for directory, series, completed, incomplete, mean, interval in rows
    }


def blocks_in_words(case, headlines, counts, best, worst):
    """Of a block for each series, one after the other."""
    return {
        key: {
            "headline": mean,
            "headline interval": interval.split(", "),
            "best": most,
            "worst": least,
            "completed": int(completed),
            "incomplete": int(incomplete or 0),
        }
        for key, (mean, interval), (completed, incomplete), most, least in zip(
            case.parts(), headlines, counts, best, worst, strict=True
        )
    }


EXACT = (of_json, of_csv, of_npz, of_parquet, of_pandas, of_junit, of_episode)
ROUNDED = (of_table, of_markdown, of_html)


@pytest.mark.parametrize("form", [*EXACT, *ROUNDED])
@pytest.mark.parametrize("name", CASES)
def test_every_format_says_the_same(name, form):
    case = CASES[name]
    wanted = {key: told(rows) for key, rows in case.parts().items()}
    if form in ROUNDED:
        wanted = {key: {**said, **shown(said)} for key, said in wanted.items()}
    found = form(case)
    assert not found or found.keys() == wanted.keys()
    for key, said in found.items():
        assert said == {what: same(wanted[key][what]) for what in said}, (form.__name__, key)


def same(value):
    """Numbers to the last digits but a few; everything else as it is."""
    first = value[0] if isinstance(value, list) and value else value
    return pytest.approx(value, rel=1e-9) if isinstance(first, float) else value
