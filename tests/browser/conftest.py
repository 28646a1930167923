"""One Chromium for all tests, pages of real recordings, and axe-core."""

from pathlib import Path

import pytest
from chromium import Browser, Page, find
from sample import write_sample

from monitorcli.recording import read
from monitorcli.report import ReportOptions, as_html, make_report

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = ROOT / "build" / "axe" / "package" / "axe.min.js"


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    if find() is None:
        pytest.fail("There is no chromium here: apt-get install chromium, or set CHROMIUM to one's path.")
    found = Browser(tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


@pytest.fixture(scope="session")
def axe():
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def recording(tmp_path_factory):
    """A recording of 10,000 episodes by the real writer, with three films of Gym's."""
    directory = tmp_path_factory.mktemp("runs") / "learning"
    write_sample(directory, 10_000)
    return read(directory)


@pytest.fixture(scope="session")
def html(recording):
    """Its page, standing beside it."""
    folder = recording.directory.parent
    path = folder / "page.html"
    path.write_text(as_html.render(make_report([recording], ReportOptions(folder=folder))), encoding="utf-8")
    return path


@pytest.fixture
def show(browser):
    """Opens a file in a tab; when the test is over the console must have been silent."""
    pages = []

    def opened(path, **options):
        pages.append(Page(browser, path, **options))
        return pages[-1]

    yield opened
    said = [complaint for page in pages for complaint in page.complaints()]
    for page in pages:
        page.close()
    assert said == []
