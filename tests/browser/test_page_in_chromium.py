"""The page as a person has it: in a real browser, with a mouse, a keyboard, at any width, in the dark."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers import episodes
from helpers import recording as made
from playwright.sync_api import expect

from monitorcli.format import log
from monitorcli.recording import read
from monitorcli.recording.model import Writer
from monitorcli.report import ReportOptions, as_html, make_report
from monitorcli.report.page import curve, running_mean
from monitorcli.summary.gates import at_least
from monitorcli.summary.selection import Selection

SIZES = {"wide": (1600, 1000), "laptop": (1280, 900), "phone": (390, 844), "small phone": (320, 640)}
HOSTILE = "</script><img src=x onerror=\"document.title='owned'\">"


def html_of(*recordings, embed=as_html.EMBED, baseline=None, **wanted):
    return as_html.render(make_report(recordings, ReportOptions(**wanted), baseline), embed)


def two_series(count, directory="runs/ppo"):
    """Training, and every fourth episode an evaluation, from episode 3 on."""
    mode = [b"e" if row % 4 == 3 else b"t" for row in range(count)]
    return made(episodes=episodes(np.arange(count), mode=mode), directory=Path(directory))


def centre(page, selector):
    """Where the element is, once it is in the middle of the window: left, top, width, height."""
    element = page.locator(selector).first
    element.evaluate("(it) => it.scrollIntoView({block: 'center'})")
    box = element.bounding_box()
    return box["x"], box["y"], box["width"], box["height"]


def count(page, selector):
    return page.locator(selector).count()


class TestThePage:
    def test_is_there_without_a_word_on_the_console(self, show, html):
        page = show(html)
        assert page.text_content("h1") == "CartPole-v1"
        assert count(page, ".tiles > div") >= 5
        assert page.evaluate("getComputedStyle(document.body).marginTop") == "0px"  # the style was let in
        assert page.text_content(".found").startswith("1 to 50 of 10,000")  # and so was the script

    @pytest.mark.parametrize("size", SIZES)
    def test_never_scrolls_sideways(self, show, html, size):
        page = show(html, width=SIZES[size][0], height=SIZES[size][1])
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]

    @pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
    @pytest.mark.parametrize("size", ["laptop", "phone"])
    def test_is_accessible(self, show, html, axe, size, dark):
        page = show(html, width=SIZES[size][0], height=SIZES[size][1], dark=dark)
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        assert violations(page, axe) == []

    def test_of_several_directories_is_accessible(self, show, recording, axe, tmp_path):
        others = [recording, made([1, 2, 3], problems=("x.json: not JSON",)), made()]
        path = tmp_path / "several.html"
        path.write_text(html_of(*others, folder=tmp_path, gates=(at_least("mean:9"),)), encoding="utf-8")
        assert violations(show(path), axe) == []

    @pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
    def test_of_several_series_beside_a_baseline_is_accessible(self, show, axe, tmp_path, dark):
        two = [two_series(returns, f"runs/{returns}") for returns in (50, 60)]
        path = tmp_path / "series.html"
        path.write_text(html_of(*two, folder=tmp_path, baseline=two_series(40)), encoding="utf-8")
        for width in (1280, 320):
            page = show(path, width=width, dark=dark)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
            assert violations(page, axe) == []

    def test_is_dark_when_the_reader_likes_it_dark(self, show, html):
        shades = [
            show(html, dark=dark).evaluate("getComputedStyle(document.body).backgroundColor")
            for dark in (0, 1)
        ]
        assert [sum(map(int, shade[4:-1].split(","))) > 384 for shade in shades] == [True, False]

    def test_does_nothing_that_a_string_from_a_file_says(self, show, tmp_path):
        writers = (Writer("0.k3f9x2", 0, HOSTILE, "1.4.0", True),)
        of = made([1, 2, 3], writers=writers, problems=(HOSTILE,), notes=(HOSTILE,))
        path = tmp_path / "hostile.html"
        path.write_text(html_of(of, folder=tmp_path), encoding="utf-8")
        page = show(path)
        assert page.text_content("h1") == HOSTILE
        assert count(page, "img") == 0
        assert page.title().endswith("monitorcli")

    def test_prints(self, show, html, tmp_path):
        page = show(html, dark=True)
        page.pdf(path=tmp_path / "page.pdf", format="A4")
        assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")


def violations(page, axe):
    page.evaluate(axe + "; 0")
    found = page.evaluate("axe.run()")
    assert len(found["passes"]) > 20
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]


class TestTheCurve:
    def test_is_drawn_where_the_numbers_are(self, show, recording, html):
        page = show(html)
        shown = curve.seen(recording.episodes, np.arange(len(recording.episodes)))
        line = running_mean.of_returns(shown.rows, shown.returns, 0.95)
        left, top, width, height = centre(page, ".tall .area")
        points = page.evaluate(
            "(() => { const path = document.querySelector('.line'); const to = path.getScreenCTM();"
            "return path.getAttribute('d').slice(1).split('L').map((point) => {"
            "const [x, y] = point.split(' ');"
            "const at = new DOMPoint(x, y).matrixTransform(to); return [at.x, at.y]; }); })()"
        )
        x = left + width * line.at / (len(recording.episodes) - 1)
        y = top + height * (shown.y.high - line.mean) / (shown.y.high - shown.y.low)
        assert np.abs(np.array(points) - np.stack([x, y], axis=1)).max() < 0.2  # pixels

    def test_says_which_episode_is_under_the_pointer(self, show, recording, html):
        page = show(html)
        shown = curve.seen(recording.episodes, np.arange(len(recording.episodes)))
        row = int(shown.rows[shown.returns.argmax()])
        left, top, width, height = centre(page, ".tall .area")
        share = (shown.y.high - shown.returns.max()) / (shown.y.high - shown.y.low)
        page.mouse.move(left + width * row / (len(recording.episodes) - 1), top + height * share + 1)
        said = page.text_content(".walk output")
        number = int(said.split(" · ")[0].removeprefix("Episode ").replace(",", ""))
        assert abs(number - row) * width / len(recording.episodes) < 2
        length = int(recording.episodes.length[number])
        ended = "truncated" if length == 500 else "terminated"
        facts = f"return {length} · {length} steps · {ended} · seed {number + 7}"
        assert said.startswith(f"Episode {number:,} · {facts} · ")
        assert page.text_content(".tall .tip").startswith(f"Episode {number:,}return {length}{length} steps")
        assert (
            page.evaluate("document.querySelector('.tall .tip').getBoundingClientRect().right")
            <= left + width + 1
        )

    def test_can_be_walked_with_the_keyboard(self, show, recording, html):
        page = show(html)
        page.focus(".walk input")
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        length = int(recording.episodes.length[3])
        said = page.get_attribute(".walk input", "aria-valuetext")
        assert said == f"Episode 3 · return {length} · {length} steps · terminated · seed 10"
        page.keyboard.press("End")
        assert page.text_content(".walk output").startswith("Episode 9,999 · ")

    def test_of_a_part_has_the_numbers_of_the_whole(self, show, recording, tmp_path):
        path = tmp_path / "part.html"
        path.write_text(html_of(recording, folder=tmp_path, selection=Selection(last=50)), encoding="utf-8")
        page = show(path)
        page.focus(".walk input")
        page.keyboard.press("End")
        assert page.text_content(".walk output").startswith("Episode 9,999 · ")
        page.keyboard.press("ArrowLeft")
        assert page.text_content(".walk output").startswith("Episode 9,998 · ")
        left, top, _, height = centre(page, ".tall .area")
        page.mouse.move(left + 1, top + height / 2)
        assert page.text_content(".walk output").startswith("Episode 9,949 · ")
        assert page.text_content(".list tbody th") == "9,949"

    def test_of_a_series_is_walked_past_the_episodes_of_others(self, show, tmp_path):
        path = tmp_path / "series.html"
        path.write_text(html_of(two_series(40), folder=tmp_path), encoding="utf-8")
        page = show(path)
        page.focus("#r0-s1 .walk input")
        said = []
        for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowLeft", "Home"):
            page.keyboard.press(key)
            said.append(page.get_attribute("#r0-s1 .walk input", "aria-valuetext").split(" · ")[0])
        assert said == [f"Episode {number}" for number in (7, 11, 7, 39, 35, 3)]
        left, top, width, height = centre(page, "#r0-s1-curve .area")
        page.mouse.move(left + width * (15.2 - 3) / 36, top + height / 2)
        assert page.text_content("#r0-s1 .walk output").startswith("Episode 15 · ")

    def test_leads_to_the_film_or_the_row_of_an_episode(self, show, html):
        page = show(html)
        page.focus(".walk input")
        page.keyboard.press("ArrowRight")
        page.click(".walk output a")
        expect(page.locator("tr.here th")).to_have_text("1")
        page.focus(".walk input")
        page.keyboard.press("ArrowLeft")
        assert page.get_attribute(".walk output a", "href") == "#r0-film-0"

    def test_has_bars_that_say_what_they_hold(self, show, html):
        page = show(html)
        left, top, width, height = centre(page, "#r0-returns .bar")
        page.mouse.move(left + width / 2, top + height / 2)
        assert "episodes" in page.text_content("#r0-returns .tip")


# Resolves once a film has played a little.
PLAYS = """(film) => new Promise((done) => {
    const look = () => film.currentTime > 0.1 && done();
    film.addEventListener("timeupdate", look);
    look();
})"""


class TestSeveralRecordings:
    def test_are_sorted_by_what_the_reader_clicks(self, show, tmp_path):
        three = [made([value] * count, directory=Path(f"runs/{value}")) for value, count in
                 ((9, 5), (100, 20), (-5, 100))]  # fmt: skip
        path = tmp_path / "several.html"
        path.write_text(html_of(*three, made(), folder=tmp_path), encoding="utf-8")
        page = show(path)

        def order(heading):
            page.click(f".sortable th:has-text('{heading}') button")
            return page.locator(".sortable tbody th").all_text_contents()

        assert order("Mean return") == ["runs/100", "runs/9", "runs/-5", "runs/ppo"]
        assert order("Mean return") == ["runs/-5", "runs/9", "runs/100", "runs/ppo"]
        assert order("Completed") == ["runs/-5", "runs/100", "runs/9", "runs/ppo"]
        assert page.get_attribute(".sortable th:has-text('Completed')", "aria-sort") == "descending"

    def test_have_lines_that_say_whose_they_are(self, show, tmp_path):
        two = [made([level] * 20, directory=Path(f"runs/{level}")) for level in (10, 20)]
        path = tmp_path / "several.html"
        path.write_text(html_of(*two, folder=tmp_path), encoding="utf-8")
        page = show(path)
        left, _, width, _ = centre(page, "#curves-0 .area")
        box = page.locator("#curves-0 .plane .over").nth(1).bounding_box()
        page.mouse.move(left + width / 2, box["y"])
        assert page.text_content("#curves-0 .tip") == "runs/20last 20highest 20"


class TestFilms:
    @pytest.mark.parametrize("embed", [8_000_000, 0], ids=["inside", "linked"])
    def test_play(self, show, recording, tmp_path, embed):
        shutil.copytree(recording.directory, tmp_path / "runs" / "a %#ü")
        path = tmp_path / "reports" / "page.html"
        path.parent.mkdir()
        of = read(tmp_path / "runs" / "a %#ü")
        path.write_text(html_of(of, embed=embed, folder=path.parent), encoding="utf-8")
        page = show(path)
        films = page.evaluate(
            "[...document.querySelectorAll('video')].map((film) => film.getAttribute('src').slice(0, 5))"
        )
        assert films == (["data:"] * 3 if embed else ["../ru"] * 3)
        for film in page.locator("video").all():
            film.evaluate("(film) => film.play()")
            film.evaluate(PLAYS)
            assert film.evaluate("(film) => film.videoWidth") == 600

    def test_play_at_a_click_and_then_have_controls(self, show, html):
        page = show(html)
        film = page.locator("video").first
        assert not film.evaluate("(film) => film.controls")
        page.click(".screen button")
        film.evaluate(PLAYS)
        assert film.evaluate("(film) => film.controls && document.activeElement === film")
        assert count(page, ".screen button") == 2


class TestTheList:
    def rows(self, page):
        return page.evaluate(
            "[...document.querySelectorAll('.list tbody tr')]"
            ".map((row) => [...row.children].map((one) => one.textContent))"
        )

    def sort(self, page, name):
        page.click(f"[data-by={name}] button")

    def test_sorts(self, show, recording, html):
        page = show(html)
        self.sort(page, "return")
        best = float(recording.episodes.episode_return.max())
        assert float(self.rows(page)[0][1]) == best
        assert page.get_attribute("[data-by=return]", "aria-sort") == "descending"
        self.sort(page, "return")
        assert float(self.rows(page)[0][1]) == float(recording.episodes.episode_return.min())

    def test_filters(self, show, recording, html):
        page = show(html)
        page.select_option(".filters [name=end]", "cb")
        page.fill(".filters [name=low]", "500")
        wanted = np.flatnonzero(recording.episodes.end == log.END_TRUNCATED)
        assert [int(row[0].replace(",", "")) for row in self.rows(page)] == wanted[:50].tolist()
        assert f"of {len(wanted):,} episodes (10,000 without the filter)" in page.text_content(".found")
        page.click(".filters button[type=reset]")
        expect(page.locator(".found")).to_have_text("1 to 50 of 10,000 episodes")

    def test_filters_by_series(self, show, tmp_path):
        path = tmp_path / "series.html"
        path.write_text(html_of(two_series(40), folder=tmp_path), encoding="utf-8")
        page = show(path)
        assert [row[1] for row in self.rows(page)][2:4] == ["CartPole-v1", "CartPole-v1 evaluation"]
        page.select_option(".filters [name=series]", label="CartPole-v1 evaluation")
        assert [int(row[0]) for row in self.rows(page)] == list(range(3, 40, 4))

    def test_shows_a_page_at_a_time(self, show, html):
        page = show(html)
        assert len(self.rows(page)) == 50
        page.click("[data-to=last]")
        assert self.rows(page)[-1][0] == "9,999"
        assert page.text_content(".page") == "Page 200 of 200"
        assert page.is_disabled("[data-to=on]")

    def test_leads_to_the_films(self, show, html):
        page = show(html)
        page.check(".filters [name=filmed]")
        assert [row[0] for row in self.rows(page)] == ["0", "1,000", "9,000"]
        targets = page.evaluate(
            "[...document.querySelectorAll('.list tbody a')].map((one) => !!document.querySelector(one.hash))"
        )
        assert targets == [True] * 3

    def test_is_quick_with_a_hundred_thousand_episodes(self, show, tmp_path):
        returns = np.random.default_rng(0).normal(0, 100, 100_000).round(2)
        path = tmp_path / "many.html"
        path.write_text(html_of(made(episodes=episodes(returns)), folder=tmp_path), encoding="utf-8")
        page = show(path)
        took = page.evaluate(
            "(() => { const from = performance.now();"
            "document.querySelector('[data-by=return] button').click(); return performance.now() - from; })()"
        )
        assert float(self.rows(page)[0][1]) == returns.max()
        assert took < 2000  # milliseconds, on a slow and shared machine
