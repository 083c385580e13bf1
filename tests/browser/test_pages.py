"""Every public page in every state, in both languages, on a phone and on a desk."""

from __future__ import annotations

import re
from decimal import Decimal

from tests.browser.chromium import Language, Reader
from tests.browser.conftest import BOTH, Enter
from tests.browser.scenes import Scene
from trading.portal import words
from trading.tenders.lifecycle import State

STATES = tuple(state for state in words.STATES if state is not State.JUDGING)  # that is in test_stages.py


@BOTH
def test_pages_of_tenders_in_every_state(
    enter: Enter, scene: Scene, address: str, lang: Language, width: int
) -> None:
    reader = enter(address, lang, width)
    for state in STATES:
        for more in ("", "/opening"):
            page = reader.open(scene.place(state) + more)
            assert scene.tenders[state].notice.title in page.locator("h1").inner_text()
            if not more:
                assert words.STATES[state][lang == "en"] in page.locator("main").inner_text()


@BOTH
def test_lists_and_refusals(enter: Enter, address: str, lang: Language, width: int) -> None:
    reader = enter(address, lang, width)
    for path in (
        "/",
        "/tenders",
        "/tenders?q=nothing+like+it",
        "/tenders?state=awarded",
        "/log",
        "/sign-in",
    ):
        reader.open(path)
    reader.open("/api", look=lang == "zh")  # test_explorer.py looks at it in English
    reader.open("/nothing", 404)
    reader.open("/tenders?q=%FF", 400)


def test_a_tender_is_found_and_the_language_changed(reader: Reader, scene: Scene) -> None:
    page = reader.open("/", look=False)
    page.get_by_role("searchbox").fill("S272")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("S272")).click()
    assert page.url.endswith(scene.place(State.OPENED))
    page.get_by_role("link", name={"zh": "English", "en": "中文"}[reader.lang], exact=True).click()
    assert page.locator("html").get_attribute("lang") == {"zh": "en", "en": "zh-CN"}[reader.lang]
    reader.look()


def test_the_countdown_counts(reader: Reader, scene: Scene) -> None:
    page = reader.open(scene.place(State.PUBLISHED), look=False)
    left = page.locator(".due[data-until]")
    first = left.inner_text()
    assert re.fullmatch(r"\d+ (天|d) \d\d:\d\d:\d\d", first)
    page.wait_for_function("(before) => document.querySelector('.due').textContent !== before", arg=first)


def test_the_keyboard_reaches_the_content(reader: Reader) -> None:
    page = reader.open("/", look=False)
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert skip.evaluate("(link) => link === document.activeElement")
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")


def test_the_main_pages_weigh_little(reader: Reader, scene: Scene) -> None:
    for name, path in {
        "home": "/",
        "tenders": "/tenders",
        "tender-published": scene.place(State.PUBLISHED),
        "tender-awarded": scene.place(State.AWARDED),
        "opening": scene.place(State.OPENING) + "/opening",
        "opening-ahead": scene.place(State.PUBLISHED) + "/opening",
        "api": "/api#createProject",
        "sign-in": "/sign-in",
        "register": "/register",
        "check": f"/check?tender={scene.tenders[State.AWARDED].id}",
    }.items():
        reader.open(path, look=False)
        reader.pictures(name)


@BOTH
def test_the_list_is_sorted_by_its_headings(
    enter: Enter, scene: Scene, address: str, lang: Language, width: int
) -> None:
    reader = enter(address, lang, width)
    page = reader.open("/tenders?q=工程")
    estimates = [tender.notice.estimate for tender in scene.tenders.values() if "工程" in tender.notice.title]
    heading = page.get_by_role("link", name={"zh": "概算", "en": "Estimate"}[lang])
    shown: list[list[Decimal]] = []
    for direction in ("descending", "ascending"):
        heading.click()
        page.locator(f"th[aria-sort={direction}]", has=heading).wait_for()
        assert page.locator("th[aria-sort]").count() == 1
        cells = page.locator("tbody td.num:not(.text-start)").all_inner_texts()
        shown.append([Decimal(re.sub("[^0-9.]", "", cell)) for cell in cells])
        reader.look()
    assert shown[0] == sorted(estimates, reverse=True) and shown[1] == sorted(estimates)
