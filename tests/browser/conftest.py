"""One Chromium for all tests, driven by Playwright; pages of real recordings; axe-core."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from sample import write_sample

from monitorcli.recording import read
from monitorcli.report import ReportOptions, as_html, make_report

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = ROOT / "build" / "axe" / "package" / "axe.min.js"
NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND"  # a new Chromium looks up its maker's hosts


def find():
    """The installed browser: CHROMIUM, or the first there is. Playwright downloads none."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser():
    path = find()
    if path is None:
        pytest.fail("There is no chromium here: apt-get install chromium, or set CHROMIUM to one's path.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[NO_NETWORK])
        yield browser
        browser.close()


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
    """Opens a file in a tab.

    When the test is over the console must have been silent, and nothing asked for over the network.
    """
    pages, said, asked = [], [], []

    def opened(path, width=1280, height=900, dark=False):
        page = browser.new_page(
            viewport={"width": width, "height": height},
            is_mobile=width < 600,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        pages.append(page)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        return page

    yield opened
    for page in pages:
        page.close()
    assert said == []
    assert [url for url in asked if url.startswith("http")] == []
