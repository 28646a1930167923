"""docs/python.md: its examples run, its tables are complete, and it needs no other library."""

import dataclasses
import re
import sys
import types

import numpy as np
import pytest
from pages import ROOT, blocks
from writing import packed, write

from monitorcli.recording.model import Episodes, Recording, Run, Video, Writer
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


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs(example, tmp_path, monkeypatch, capsys):
    (tmp_path / "runs").mkdir()
    write(tmp_path / "runs" / "ppo", *(packed(number, float(number)) for number in range(30)))
    monkeypatch.chdir(tmp_path)
    library = Anything()
    for name in ("pandas", "matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, library)
    exec(compile(example, "docs/python.md", "exec"), {})
    assert library.arrays or "('CartPole-v1',) 30 14.5" in capsys.readouterr().out


def test_there_are_three_examples():
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize("value", [Recording, Episodes, Run, Writer, Video])
def test_the_page_names_every_field(value):
    assert [field.name for field in dataclasses.fields(value) if f"`{field.name}`" not in PAGE] == []


def test_the_page_names_every_kind():
    assert re.findall(r'^\| `"(\w+)"`', PAGE, re.MULTILINE) == list(KINDS)
