"""The README, typed in from top to bottom in a fresh checkout."""

import re
import shutil
from importlib.metadata import metadata

import pytest
from pages import ROOT, blocks, commands, shows, type_in

README = (ROOT / "README.md").read_text(encoding="utf-8")
INSTALLING = ("python3 -m venv .venv && . .venv/bin/activate", "pip install '.[demo]'")


def test_what_the_readme_types_does_what_it_shows(tmp_path):
    """But for the installing, which fetches 100 MB."""
    for folder in ("docs", "tests/recordings"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    type_in("README.md", tmp_path, but=INSTALLING)


def test_the_readme_installs_what_pyproject_has():
    assert [command for command, _ in commands("README.md")][:2] == list(INSTALLING)
    ours = metadata("monitorcli")
    assert "demo" in ours.get_all("Provides-Extra")
    assert f"Python {ours['Requires-Python'].removeprefix('>=')} or newer" in README


def test_the_policy_that_the_readme_shows_is_the_one_it_runs():
    (shown,) = (body for language, _, body in blocks("README.md") if language == "python")
    assert (ROOT / "docs" / "examples" / "policy.py").read_text(encoding="utf-8").endswith(f"\n{shown}")


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{page.name}" for page in ROOT.glob("docs/*.md"))])
def test_what_a_page_links_to_is_there(page):
    targets = re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text(encoding="utf-8"))
    assert [target for target in targets if not (ROOT / page).parent.joinpath(target).exists()] == []


@pytest.mark.parametrize(
    ("shown", "may"),
    [
        ("one\ntwo\n", True),
        ("one\n", False),
        ("two\n", False),
        ("one\n (and so on)\n", True),
        (" (and so on)\ntwo\n", True),
        ("one\n (and so on)\nthree\n", False),
        ("One\ntwo\n", False),
    ],
)
def test_a_page_shows_all_that_is_printed_or_says_that_it_does_not(shown, may):
    assert shows("one\ntwo\n", shown) == may
