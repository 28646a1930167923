"""Every format says the same of the same episodes: of a whole recording, and of any part of one."""

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import pytest
from click.testing import CliRunner
from writing import packed, write

from monitorcli.cli import main
from monitorcli.format import log
from monitorcli.report.text import number
from monitorcli.summary.intervals import intervals

COUNT = 40
RETURNS = [round(100 * np.sin(7 * row) + row, 2) for row in range(COUNT)]
RETURNS[12] = float("nan")
EVALUATION = [row for row in range(COUNT) if row % 3 == 0]
CUT = (5, 36)
FILMED = (0, 8, 27, 33, 35, 36, 39)

SELECTIONS = {
    "whole": ([], range(COUNT)),
    "last 7": (["--last", "7"], range(32, COUNT)),  # 36 is incomplete, and stays to be shown
    "evaluation": (["--mode", "evaluation"], EVALUATION),
    "last 7 of evaluation": (["--mode", "evaluation", "--last", "7"], EVALUATION[-8:]),
}


@pytest.fixture(autouse=True)
def _run(tmp_path, monkeypatch):
    """A recording of two modes, with incomplete episodes, a return that is no number, and films."""
    monkeypatch.chdir(tmp_path)
    records = [
        packed(
            row, RETURNS[row], length=10 + row, seed=100 + row, seeded=1,
            mode=b"e" if row in EVALUATION else b"t",
            end=log.CUT_RESET if row in CUT else log.END_TERMINATED,
        )
        for row in range(COUNT)
    ]  # fmt: skip
    run = tmp_path / "run"
    write(run, *records, uid="u")
    for row in FILMED:
        base = f"openaigym.video.0.u.video{row:06}"
        (run / f"{base}.mp4").write_bytes(b"film")
        (run / f"{base}.meta.json").write_text(
            json.dumps({"content_type": "video/mp4", "frames": 11 + row, "broken": False})
        )


def inspect(*arguments):
    done = CliRunner().invoke(main, ["inspect", "run", *arguments])
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout_bytes


def told(rows):
    """What there is to be said of these episodes."""
    ended = [row for row in rows if row not in CUT]
    finite = [row for row in ended if RETURNS[row] == RETURNS[row]]
    returns = np.array([RETURNS[row] for row in finite])
    interval = intervals(returns, 0.8, ["mean"])["mean"]
    return {
        "completed": len(ended),
        "incomplete": len(rows) - len(ended),
        "n": len(finite),
        "mean": float(returns.mean()),
        "interval": [interval.low, interval.high],
        "best": float(returns.max()),
        "worst": float(returns.min()),
        "episodes": [(row, str(RETURNS[row]), 10 + row, 100 + row) for row in rows],
        "films": [row for row in FILMED if row in rows],
        "best episode": finite[int(returns.argmax())],
        "worst episode": finite[int(returns.argmin())],
        "last episode": rows[-1],
    }


def shown(said):
    """The same with numbers as people get them."""
    return {name: [number(each) for each in value] if name == "interval" else number(value)
            for name, value in said.items() if name in ("mean", "interval", "best", "worst")}  # fmt: skip


def of_json(selected):
    found = json.loads(inspect(*selected, "--confidence", "0.8", "--format", "json"))
    assert found["episodes"] == found["completed"] + found["incomplete"]
    assert {film["file"]: film["episode"] for film in found["videos"]} == {
        f"openaigym.video.0.u.video{film['episode']:06}.mp4": film["episode"] for film in found["videos"]
    }
    of = found["return"]
    return {
        "completed": found["completed"],
        "incomplete": found["incomplete"],
        "n": of["n"],
        "mean": of["mean"],
        "interval": of["intervals"]["mean"],
        "best": of["max"],
        "worst": of["min"],
        "films": [film["episode"] for film in found["videos"]],
    }


def of_csv(selected):
    rows = list(csv.DictReader(io.StringIO(inspect(*selected, "--format", "csv").decode())))
    ended = [float(row["return"]) for row in rows if row["end"] != "incomplete"]
    return {
        "completed": len(ended),
        "incomplete": len(rows) - len(ended),
        "mean": float(np.nanmean(ended)),
        "episodes": [
            (int(row["episode"]), row["return"], int(row["length"]), int(row["seed"])) for row in rows
        ],
    }


def of_npz(selected):
    with np.load(io.BytesIO(inspect(*selected, "--format", "npz"))) as found:
        columns = [found[name].tolist() for name in ("episode", "episode_return", "length", "seed")]
        ended = found["episode_return"][found["end"] < log.CUT_RESET]
    return {
        "completed": len(ended),
        "incomplete": len(columns[0]) - len(ended),
        "mean": float(np.nanmean(ended)),
        "episodes": [(row, str(value), *rest) for row, value, *rest in zip(*columns, strict=True)],
    }


def of_table(selected):
    text = inspect(*selected, "--confidence", "0.8").decode()
    filmed = re.search(r"^ filmed +(.*)$", text, re.MULTILINE)[1]
    latest = re.search(r"latest +run/openaigym\.video\.0\.u\.video0*(\d+)\.mp4$", text, re.MULTILINE)[1]
    films = list(map(int, filmed.split(" · ")))
    assert int(latest) == films[-1]
    mean, low, high = re.search(r" return +mean (\S+) \[(\S+), (\S+)\]", text).groups()
    return {
        "completed": int(re.search(r"(\d+) completed\b(?! episodes)", text)[1]),
        "incomplete": int(re.search(r"(\d+) incomplete", text)[1]),
        "n": int(re.search(r"80 % interval over (\d+) episodes", text)[1]),
        "mean": mean,
        "interval": [low, high],
        "best": re.search(r" best (\S+)", text)[1],
        "worst": re.search(r" worst (\S+)", text)[1],
        "films": films,
        "axis": list(map(int, re.search(r"└ episode (\d+) .* (\d+)$", text, re.MULTILINE).groups())),
    }


def of_markdown(selected):
    text = inspect(*selected, "--confidence", "0.8", "--format", "markdown").decode().replace("\\", "")
    completed, incomplete = re.search(r"(\d+) episodes completed, (\d+) incomplete", text).groups()
    mean, low, high, n = re.search(r"mean return \| (\S+) \| \[(\S+), (\S+)\] \| (\d+)", text).groups()
    worst, best = re.search(r"return from, to \| (\S+), (\S+) \|", text).groups()
    assert "80 % intervals" in text
    return {
        "completed": int(completed),
        "incomplete": int(incomplete),
        "n": int(n),
        "mean": mean,
        "interval": [low, high],
        "best": best,
        "worst": worst,
        "film count": int(re.search(r"(\d+) videos", text)[1]),
    }


def of_junit(selected):
    gate = ("--min-episodes", "1", "--format", "junit")
    suite = ET.fromstring(inspect(*selected, "--confidence", "0.8", *gate))[0]
    said = {one.get("name"): one.get("value") for one in suite.find("properties")}
    return {
        "completed": int(said["episodes"]),
        "mean": float(said["mean return"]),
        "interval": json.loads(said["80 % interval"]),
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


def of_html(selected):
    page = Words(inspect(*selected, "--confidence", "0.8", "--format", "html").decode())
    text = "|".join(page.words)
    data = json.loads(page.scripts[0])
    columns = {name: expanded(of, data["rows"]) for name, of in data["columns"].items()}
    mean, low, high, n = re.search(
        r"Mean return\|(\S+)\|80 % interval (\S+) to (\S+) · n = (\d+)", text
    ).groups()
    best, worst = re.search(r"best (\S+) · worst (\S+)", text).groups()
    cards = re.findall(
        r"Episode (\d+)\|(?: · )?return (\S+) · (\d+) steps · (\w+) · seed (\d+)", text.replace("| · ", "|")
    )
    by_number = {row: index for index, row in enumerate(columns["episode"])}
    for row, value, length, _, seed in cards:
        index = by_number[int(row)]
        assert (value, int(length), int(seed)) == (
            number(float(columns["return"][index])), columns["length"][index], columns["seed"][index],
        )  # fmt: skip
    assert sorted(map(int, data["films"])) == [int(card[0]) for card in cards]
    return {
        "completed": int(re.search(r"(\d+) completed", text)[1]),
        "incomplete": int(re.search(r"(\d+) incomplete, left out", text)[1]),
        "n": int(n),
        "mean": mean,
        "interval": [low, high],
        "best": best,
        "worst": worst,
        "episodes": [
            (row, "nan" if value is None else str(float(value)), *rest)
            for row, value, *rest in zip(
                *(columns[name] for name in ("episode", "return", "length", "seed")), strict=True
            )
        ],
        "films": [int(card[0]) for card in cards],
        "axis": [int(data["curves"][0]["axes"][end]) for end in ("first", "last")],
    }


def expanded(column, rows):
    """As page/columns.js does it."""
    if isinstance(column, dict):
        return [column["from"] + row * column["by"] for row in range(rows)] if "from" in column else []
    return list(column)


def of_episode(selected):
    found = {}
    for which in ("best", "worst", "last"):
        text = inspect(*selected, "--episode", which).decode()
        row, value, length, seed = re.search(
            r"episode (\d+) of.*^ return +(\S+)$.*^ length +(\d+) steps$.*^ seed +(\d+)$", text, re.S | re.M
        ).groups()
        assert (float(value), int(length), int(seed)) == (RETURNS[int(row)], 10 + int(row), 100 + int(row))
        film = re.search(r"video0*(\d+)\.mp4", text)
        assert (film and int(film[1] or 0)) == (int(row) if int(row) in FILMED else None)
        found[f"{which} episode"] = int(row)
    return found


EXACT, ROUNDED = (of_json, of_csv, of_npz, of_junit, of_episode), (of_table, of_markdown, of_html)


@pytest.mark.parametrize("name", SELECTIONS)
def test_every_format_says_the_same(name):
    selected, rows = SELECTIONS[name]
    said = told(list(rows))
    ended = [row for row in rows if row not in CUT]
    wanted = {**said, "film count": len(said["films"]), "axis": [ended[0], ended[-1]]}
    for form in (*EXACT, *ROUNDED):
        expected = {**wanted, **shown(said)} if form in ROUNDED else wanted
        found = form(selected)
        assert found == {key: same(expected[key]) for key in found}, form.__name__


def same(value):
    """Numbers to the last digits but a few; everything else as it is."""
    first = value[0] if isinstance(value, list) and value else value
    return pytest.approx(value, rel=1e-9) if isinstance(first, float) else value
