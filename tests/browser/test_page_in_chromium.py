"""The page as a person has it: in a real browser, with a mouse, a keyboard, at any width, in the dark."""

import json
import shutil

import numpy as np
import pytest
from helpers import episodes
from helpers import recording as made

from monitorcli.format import log
from monitorcli.recording import read
from monitorcli.report import ReportOptions, as_html, make_report
from monitorcli.report.page import curve, running_mean
from monitorcli.summary.gates import at_least
from monitorcli.summary.selection import Selection

SIZES = {"wide": (1600, 1000), "laptop": (1280, 900), "phone": (390, 844), "small phone": (320, 640)}
HOSTILE = "</script><img src=x onerror=\"document.title='owned'\">"


def html_of(*recordings, embed=as_html.EMBED, **wanted):
    return as_html.render(make_report(recordings, ReportOptions(**wanted)), embed)


def text_of(page, selector):
    return page.run(f"document.querySelector({json.dumps(selector)}).textContent")


def centre(page, selector):
    return page.run(
        f"(() => {{ const it = document.querySelector({json.dumps(selector)});"
        "it.scrollIntoView({block: 'center'});"
        "const box = it.getBoundingClientRect(); return [box.left, box.top, box.width, box.height]; })()"
    )


class TestThePage:
    def test_is_there_without_a_word_on_the_console(self, show, html):
        page = show(html)
        assert text_of(page, "h1") == "CartPole-v1"
        assert page.run("document.querySelectorAll('.tiles > div').length") >= 5
        assert page.run("getComputedStyle(document.body).marginTop") == "0px"  # the style was let in
        assert text_of(page, ".found").startswith("1 to 50 of 10,000")  # and so was the script

    @pytest.mark.parametrize("size", SIZES)
    def test_never_scrolls_sideways(self, show, html, size):
        page = show(html, width=SIZES[size][0], height=SIZES[size][1])
        assert page.run("document.documentElement.scrollWidth") <= SIZES[size][0]

    @pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
    @pytest.mark.parametrize("size", ["laptop", "phone"])
    def test_is_accessible(self, show, html, axe, size, dark):
        page = show(html, width=SIZES[size][0], height=SIZES[size][1], dark=dark)
        page.run("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        assert violations(page, axe) == []

    def test_of_several_directories_is_accessible(self, show, recording, axe, tmp_path):
        others = [recording, made([1, 2, 3], problems=("x.json: not JSON",)), made()]
        path = tmp_path / "several.html"
        path.write_text(html_of(*others, folder=tmp_path, gates=(at_least("mean:9"),)), encoding="utf-8")
        assert violations(show(path), axe) == []

    def test_is_dark_when_the_reader_likes_it_dark(self, show, html):
        shades = [
            show(html, dark=dark).run("getComputedStyle(document.body).backgroundColor") for dark in (0, 1)
        ]
        assert [sum(map(int, shade[4:-1].split(","))) > 384 for shade in shades] == [True, False]

    def test_does_nothing_that_a_string_from_a_file_says(self, show, tmp_path):
        of = made([1, 2, 3], env_ids=(HOSTILE,), problems=(HOSTILE,), notes=(HOSTILE,))
        path = tmp_path / "hostile.html"
        path.write_text(html_of(of, folder=tmp_path), encoding="utf-8")
        page = show(path)
        assert text_of(page, "h1") == HOSTILE
        assert page.run("document.querySelectorAll('img').length") == 0
        assert page.run("document.title").endswith("monitorcli")

    def test_prints(self, show, html, tmp_path):
        page = show(html, dark=True)
        page.pdf(tmp_path / "page.pdf")
        assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")


def violations(page, axe):
    page.run(axe + "; 0")
    page.run("axe.run().then((found) => (window.found = found)).then(() => 0)")
    assert page.run("found.passes.length") > 20
    return page.run("found.violations.map((one) => [one.id, one.nodes.map((node) => node.html)])")


class TestTheCurve:
    def test_is_drawn_where_the_numbers_are(self, show, recording, html):
        page = show(html)
        shown = curve.seen(recording.episodes, np.arange(len(recording.episodes)))
        line = running_mean.of_returns(shown.rows, shown.returns, 0.95)
        left, top, width, height = centre(page, ".tall .area")
        points = page.run(
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
        page.move(left + width * row / (len(recording.episodes) - 1), top + height * share + 1)
        said = text_of(page, ".walk output")
        number = int(said.split(" · ")[0].removeprefix("Episode ").replace(",", ""))
        assert abs(number - row) * width / len(recording.episodes) < 2
        length = int(recording.episodes.length[number])
        ended = "truncated" if length == 500 else "terminated"
        facts = f"return {length} · {length} steps · {ended} · seed {number + 7}"
        assert said.startswith(f"Episode {number:,} · {facts} · ")
        assert text_of(page, ".tall .tip").startswith(f"Episode {number:,}return {length}{length} steps")
        assert (
            page.run("document.querySelector('.tall .tip').getBoundingClientRect().right") <= left + width + 1
        )

    def test_can_be_walked_with_the_keyboard(self, show, recording, html):
        page = show(html)
        page.run("document.querySelector('.walk input').focus()")
        for _ in range(3):
            page.press("ArrowRight", 39)
        length = int(recording.episodes.length[3])
        said = page.run("document.querySelector('.walk input').getAttribute('aria-valuetext')")
        assert said == f"Episode 3 · return {length} · {length} steps · terminated · seed 10"
        page.press("End", 35)
        assert text_of(page, ".walk output").startswith("Episode 9,999 · ")

    def test_of_a_part_has_the_numbers_of_the_whole(self, show, recording, tmp_path):
        path = tmp_path / "part.html"
        path.write_text(html_of(recording, folder=tmp_path, selection=Selection(last=50)), encoding="utf-8")
        page = show(path)
        page.run("document.querySelector('.walk input').focus()")
        page.press("End", 35)
        assert text_of(page, ".walk output").startswith("Episode 9,999 · ")
        page.press("ArrowLeft", 37)
        assert text_of(page, ".walk output").startswith("Episode 9,998 · ")
        left, top, _, height = centre(page, ".tall .area")
        page.move(left + 1, top + height / 2)
        assert text_of(page, ".walk output").startswith("Episode 9,949 · ")
        assert page.run("document.querySelector('.list tbody th').textContent") == "9,949"

    def test_leads_to_the_film_or_the_row_of_an_episode(self, show, html):
        page = show(html)
        page.run("document.querySelector('.walk input').focus()")
        page.press("ArrowRight", 39)
        page.run("document.querySelector('.walk output a').click()")
        page.wait("document.querySelector('tr.here th')?.textContent === '1'")
        page.run("document.querySelector('.walk input').focus()")
        page.press("ArrowLeft", 37)
        assert page.run("document.querySelector('.walk output a').getAttribute('href')") == "#r0-film-0"

    def test_has_bars_that_say_what_they_hold(self, show, html):
        page = show(html)
        left, top, width, height = centre(page, "#r0-returns .bar")
        page.move(left + width / 2, top + height / 2)
        assert "episodes" in text_of(page, "#r0-returns .tip")


class TestFilms:
    @pytest.mark.parametrize("embed", [8_000_000, 0], ids=["inside", "linked"])
    def test_play(self, show, recording, tmp_path, embed):
        shutil.copytree(recording.directory, tmp_path / "runs" / "a %#ü")
        path = tmp_path / "reports" / "page.html"
        path.parent.mkdir()
        of = read(tmp_path / "runs" / "a %#ü")
        path.write_text(html_of(of, embed=embed, folder=path.parent), encoding="utf-8")
        page = show(path)
        films = page.run(
            "[...document.querySelectorAll('video')].map((film) => film.getAttribute('src').slice(0, 5))"
        )
        assert films == (["data:"] * 3 if embed else ["../ru"] * 3)
        page.run("Promise.all([...document.querySelectorAll('video')].map((film) => film.play()))")
        page.wait("[...document.querySelectorAll('video')].every((film) => film.currentTime > 0.1)")
        assert page.run("[...document.querySelectorAll('video')].map((film) => film.videoWidth)") == [600] * 3

    def test_play_at_a_click_and_then_have_controls(self, show, html):
        page = show(html)
        film = "document.querySelector('video')"
        assert not page.run(f"{film}.controls")
        page.run("document.querySelector('.screen button').click()")
        page.wait(f"{film}.currentTime > 0.1")
        assert page.run(f"{film}.controls && document.activeElement === {film}")
        assert page.run("document.querySelectorAll('.screen button').length") == 2


class TestTheList:
    def rows(self, page):
        return page.run(
            "[...document.querySelectorAll('.list tbody tr')]"
            ".map((row) => [...row.children].map((one) => one.textContent))"
        )

    def sort(self, page, name):
        page.run(f"document.querySelector('[data-by={name}] button').click()")

    def test_sorts(self, show, recording, html):
        page = show(html)
        self.sort(page, "return")
        best = float(recording.episodes.episode_return.max())
        assert float(self.rows(page)[0][1]) == best
        assert (
            page.run("document.querySelector('[data-by=return]').getAttribute('aria-sort')") == "descending"
        )
        self.sort(page, "return")
        assert float(self.rows(page)[0][1]) == float(recording.episodes.episode_return.min())

    def test_filters(self, show, recording, html):
        page = show(html)
        page.run(
            "(() => { const form = document.querySelector('.filters'); form.elements.end.value = 'cb';"
            "form.elements.low.value = '500'; form.dispatchEvent(new Event('input')); })()"
        )
        wanted = np.flatnonzero(recording.episodes.end == log.END_TRUNCATED)
        assert [int(row[0].replace(",", "")) for row in self.rows(page)] == wanted[:50].tolist()
        assert f"of {len(wanted):,} episodes (10,000 without the filter)" in text_of(page, ".found")
        page.run("document.querySelector('.filters button[type=reset]').click()")
        page.wait("document.querySelector('.found').textContent === '1 to 50 of 10,000 episodes'")

    def test_shows_a_page_at_a_time(self, show, html):
        page = show(html)
        assert len(self.rows(page)) == 50
        page.run("document.querySelector('[data-to=last]').click()")
        assert self.rows(page)[-1][0] == "9,999"
        assert text_of(page, ".page") == "Page 200 of 200"
        assert page.run("document.querySelector('[data-to=on]').disabled")

    def test_leads_to_the_films(self, show, html):
        page = show(html)
        page.run(
            "(() => { const form = document.querySelector('.filters');"
            "form.elements.filmed.checked = true; form.dispatchEvent(new Event('input')); })()"
        )
        assert [row[0] for row in self.rows(page)] == ["0", "1,000", "9,000"]
        targets = page.run(
            "[...document.querySelectorAll('.list tbody a')].map((one) => !!document.querySelector(one.hash))"
        )
        assert targets == [True] * 3

    def test_is_quick_with_a_hundred_thousand_episodes(self, show, tmp_path):
        returns = np.random.default_rng(0).normal(0, 100, 100_000).round(2)
        path = tmp_path / "many.html"
        path.write_text(html_of(made(episodes=episodes(returns)), folder=tmp_path), encoding="utf-8")
        page = show(path)
        took = page.run(
            "(() => { const from = performance.now();"
            "document.querySelector('[data-by=return] button').click(); return performance.now() - from; })()"
        )
        assert float(self.rows(page)[0][1]) == returns.max()
        assert took < 2000  # milliseconds, on a slow and shared machine
