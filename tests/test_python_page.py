"""docs/python.md: its examples run, its tables are complete, and it needs no other library."""

import dataclasses
import doctest
import re
import sys
import types

import numpy as np
import pytest
from pages import ROOT, blocks
from writing import packed, write

from monitorcli.format import log
from monitorcli.format.environment import Environment
from monitorcli.recording.model import Episodes, Recording, Run, Series, Video, Writer
from monitorcli.recording.reader import KINDS

PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
EXAMPLES = [body for language, _, body in blocks("docs/python.md") if language == "python"]


class Anything(types.ModuleType):
    """Stands for a library that is not installed: takes every call, and remembers the arrays it was given."""

    def __init__(self):
        super().__init__("anything")
        self.arrays = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *arguments, **options):
        values = [
            *arguments,
            *(value for one in arguments if isinstance(one, dict) for value in one.values()),
        ]
        self.arrays += [value for value in values if isinstance(value, np.ndarray)]
        return self

    def __getitem__(self, key):
        return self


@pytest.fixture(autouse=True)
def _runs(tmp_path, monkeypatch):
    """A training, evaluated after every twelve episodes, and killed in its last one."""
    (tmp_path / "runs").mkdir()
    records = []
    for number in range(240):
        records.append(packed(len(records), float(number), seed=number, seeded=1))
        if number % 12 == 11:
            check = number // 12
            records.append(packed(len(records), 200.0 + check, seed=check, seeded=1, mode=b"e"))
    records.append(packed(len(records), 3.0, seed=240, seeded=1, end=log.CUT_CLOSED))
    write(tmp_path / "runs" / "ppo", *records)
    monkeypatch.chdir(tmp_path)


def test_the_session_shows_what_the_page_shows():
    pytest.importorskip("pandas")
    session = "".join(body for language, _, body in blocks("docs/python.md") if language == "pycon")
    said = []
    test = doctest.DocTestParser().get_doctest(session, {}, "docs/python.md", None, None)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    assert runner.run(test, out=said.append).failed == 0, "".join(said)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs(example, monkeypatch):
    library = Anything()
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, library)
    exec(compile(example, "docs/python.md", "exec"), {})
    assert library.arrays


def test_there_is_a_session_and_an_example():
    assert (PAGE.count("```pycon"), len(EXAMPLES)) == (3, 1)


@pytest.mark.parametrize("value", [Recording, Episodes, Run, Series, Environment, Writer, Video])
def test_the_page_names_every_field(value):
    fields = getattr(value, "_fields", None) or [field.name for field in dataclasses.fields(value)]
    assert [name for name in fields if f"`{name}`" not in PAGE] == []


def test_the_page_names_every_kind():
    assert re.findall(r'^\| `"(\w+)"`', PAGE, re.MULTILINE) == list(KINDS)
