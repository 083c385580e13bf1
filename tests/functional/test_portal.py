"""The public pages: in both languages, in every state of a tender, without a word too early."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
from webtest import TestResponse

from signing.encoding import format_time
from tests.functional.house import Tendering, Who
from tests.functional.opening_house import OpeningHouse
from tests.unit.reports.read_pdf import all_text, squeezed
from trading.portal import words
from trading.tenders.lifecycle import State
from trading.web.openapi import METHODS, document
from trading.web.pages import CONTENT_POLICY

BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
LANGUAGES = ("zh", "en")
VOID = {"meta", "link", "input", "rect", "line", "br"}


class Page(HTMLParser):
    """A page read strictly: every element is closed, no id stands twice; its links and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.scripts = 0
        self.text = ""
        self.feed(source)
        self.close()
        assert self.open == []
        assert len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert not any(name.startswith("on") or name == "style" for name in given), attrs
        if tag == "script":
            self.scripts += 1
            assert given.get("src"), "no script in the page itself"
        self.ids += [given["id"]] if given.get("id") else []
        self.links += [given[name] or "" for name in ("href", "src") if name in given]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def show(house: OpeningHouse, address: str, lang: str = "zh", status: int = 200) -> tuple[TestResponse, Page]:
    """A page as a new reader sees it."""
    house.app.reset()
    address = quote(address, safe="/?&=%+")
    joint = "&" if "?" in address else "?"
    answer = house.app.get(f"{address}{joint}lang={lang}", headers=BROWSER, status=status)
    assert answer.content_type == "text/html"
    assert answer.headers["Content-Security-Policy"] == CONTENT_POLICY
    page = Page(answer.text)
    assert all(link.startswith(("/", "#", "data:,")) for link in page.links), "nothing from elsewhere"
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}"' in answer.text
    if lang == "en":
        assert not re.search("[\u4e00-\u9fff]", page.text.replace("中文", "").replace("封", "")), page.text
    return answer, page


@pytest.fixture
def house(home: OpeningHouse) -> OpeningHouse:
    return home.start_over()


@pytest.fixture(scope="module")
def custodians(home: OpeningHouse) -> tuple[Who, ...]:
    return tuple(home.enrol("custodian", name=f"Custodian {n}") for n in range(3))


def in_hours(house: OpeningHouse, hours: int) -> str:
    return format_time(house.now() + timedelta(hours=hours))


def english(house: OpeningHouse, custodians: tuple[Who, ...], **facts: Any) -> Tendering:
    """A published tender whose own words are English, so that pages in English have no others."""
    items = [{"number": "1", "code": "A", "description": "Paving", "unit": "m2", "quantity": "1000"}]
    agency = house.enrol("agency", name="An agency")
    project = house.call("POST", "/projects", agency, {"number": "P-1", "title": "Roads"}, 201).json["id"]
    facts = {"title": "A road", "project": project, "items": items, **facts}
    return house.tender(agency, custodians, **facts)


def test_every_state_from_publication_to_award(house: OpeningHouse, custodians: tuple[Who, ...]) -> None:
    tender = english(house, custodians, title="Western road")
    place = f"/tenders/{tender.id}"

    def both(address: str, *texts: str, **words_of: tuple[str, str]) -> list[str]:
        """The page in Chinese and in English has the texts, and its own words of each; its sources."""
        sources = []
        for number, lang in enumerate(LANGUAGES):
            answer, page = show(house, address, lang)
            for text in (*texts, *(each[number] for each in words_of.values())):
                assert text in page.text, text
            sources.append(answer.text)
        return sources

    both(place, "Western road", "Paving", "1,000", act=words.ACTS["tender.published"])
    both(f"{place}/opening", state=words.ACTS["tender.published"])
    suppliers = [house.enrol("supplier", name=f"Bidder {n}") for n in range(2)]
    first = house.bid(suppliers[0], tender)
    house.bid(suppliers[1], tender)
    house.past_deadline()
    house.work()
    live = both(f"{place}/opening", "0 / 2", act=words.ACTS["tender.closed"])
    assert all('data-next="1"' in source for source in live)
    house.open(tender)
    done = both(f"{place}/opening", "2 / 2", act=words.ACTS["tender.opened"])
    assert all('data-next=""' in source for source in done)
    both(place, "Bidder 0", "3,250.00")
    house.evaluate(tender, {first.bid: "no <b>licence</b>"})
    assert "<b>" not in "".join(both(place, "no <b>licence</b>"))
    winner = house.call("GET", f"/tenders/{tender.id}/evaluation").json["winner"]
    house.award(tender, winner)
    house.work()
    both(place, state=words.STATES[State.AWARDED])
    _, page = show(house, place)
    for name in ("notice.json", "opening-record.pdf", "award-report.pdf", "evidence.zip"):
        link = f"/api/v1/tenders/{tender.id}/{name}"
        assert link in page.links
        house.app.get(link, status=200)
    public = f"{house.platform.settings.public_url}{place}"
    record = house.call("GET", f"/tenders/{tender.id}/opening-record.pdf").body
    report = house.call("GET", f"/tenders/{tender.id}/award-report.pdf").body
    assert squeezed(f"{public}/opening") in all_text(record) and squeezed(public) in all_text(report)
    both("/", "Western road", "Bidder 1")


def test_how_many_bid_is_on_no_page_before_the_deadline(
    house: OpeningHouse, custodians: tuple[Who, ...]
) -> None:
    tender = english(house, custodians)

    def pages() -> Iterator[str]:
        for address in ("/", "/tenders", f"/tenders/{tender.id}", f"/tenders/{tender.id}/opening"):
            for lang in LANGUAGES:
                yield re.sub(r'data-now="\d+"', "", show(house, address, lang)[0].text)

    before = list(pages())
    for _ in range(2):
        house.bid(house.enrol("supplier"), tender)
    assert list(pages()) == before


def test_tenders_are_found_by_words_state_and_category(
    house: OpeningHouse, custodians: tuple[Who, ...]
) -> None:
    tender = english(house, custodians, title="珠海斗门 100% 白藤湖道路_改造")
    draft = house.draft(tender.agency, custodians, title="白藤湖草案")

    def found(query: str) -> bool:
        _, page = show(house, f"/tenders?{query}")
        assert f"/tenders/{draft['id']}" not in page.links, "drafts are nobody's business"
        return f"/tenders/{tender.id}" in page.links

    assert found("q=白藤湖") and found("q=道路+斗门") and found("q=100%25%25") and found("q=路_改")
    assert found("q=ＡＮ+AGEN+白藤湖") and found("q=白藤湖&state=published")
    assert found(f"q={tender.id.upper()}")
    for query in ("q=白藤桥", "q=白藤斗门", "q=%25%25", "q=白藤湖&state=awarded", "q=白藤湖&category=land"):
        assert not found(query), query
    # What nobody can have meant is no filter, and no error.
    assert found("q=白藤湖&state=draft&after=x")
    house.app.get(f"/tenders/{draft['id']}", headers=BROWSER, status=404)


def test_pages_follow_each_other_without_gap_or_repetition(
    house: OpeningHouse, custodians: tuple[Who, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trading.portal.lists.PAGE", 2)
    # The dearest was published first and closes in the middle; one has no estimate.
    estimates = ("900.00", "1000000.00", None, "20.00", "100.00")
    soon = house.now() + timedelta(hours=1)
    made = [
        english(
            house, custodians, title=f"Paged {n}", estimate=estimate,
            deadline=format_time(soon + timedelta(minutes=n % 3)),
        )
        for n, estimate in enumerate(estimates)
    ]  # fmt: skip
    ids = [each.id for each in made]
    dearest = sorted(range(5), key=lambda n: Decimal(estimates[n] or 0))

    def walk(order: str) -> list[int]:
        seen: list[int] = []
        address: str | None = f"/tenders?q=Paged&sort={order}"
        while address is not None:
            _, page = show(house, address)
            seen += [ids.index(link[9:]) for link in page.links if link[9:] in ids]
            following = [link for link in page.links if "after=" in link and "lang=" not in link]
            address = following[0] if following else None
        return seen

    assert walk("published") == [0, 1, 2, 3, 4] and walk("-published") == [4, 3, 2, 1, 0]
    assert walk("estimate") == dearest and walk("-estimate") == dearest[::-1]
    closing = walk("deadline")
    assert sorted(closing) == [0, 1, 2, 3, 4] and [n % 3 for n in closing] == [0, 0, 1, 1, 2]
    assert walk("-deadline") == closing[::-1] == walk("nonsense")


def test_an_amended_tender_is_found_by_its_new_notice_alone(
    house: OpeningHouse, custodians: tuple[Who, ...]
) -> None:
    tender = english(house, custodians, title="Quarry lane")
    other = english(house, custodians, title="Quarry lane, another", deadline=in_hours(house, 2))

    def found(query: str) -> list[str]:
        _, page = show(house, f"/tenders?{query}")
        return [link[9:] for link in page.links if link[9:] in (tender.id, other.id)]

    assert found("q=Quarry+lane") == [other.id, tender.id]
    house.amend(tender, title="Harbour lane", deadline=house.now() + timedelta(hours=3))
    assert found("q=Quarry") == [other.id] and found("q=Harbour") == [tender.id]
    assert found("q=lane&sort=-deadline") == [tender.id, other.id]
    assert found("q=lane&sort=-published") == [other.id, tender.id], "it was published before"


def test_headings_sort_and_say_so(house: OpeningHouse, custodians: tuple[Who, ...]) -> None:
    english(house, custodians, title="Sorted")
    source = show(house, "/tenders?q=Sorted")[0].text
    assert source.count("aria-sort") == 1
    assert 'aria-sort="descending"><a class="sort" href="/tenders?q=Sorted&amp;sort=deadline">' in source
    _, page = show(house, "/tenders?q=Sorted&state=published&sort=-estimate")
    sorts = [link for link in page.links if "sort=" in link and "lang=" not in link]
    assert sorts == [
        f"/tenders?q=Sorted&state=published&sort={order}" for order in ("estimate", "-published", "deadline")
    ]
    for link in sorts:
        show(house, link)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_not_there_is_said_on_a_page(house: OpeningHouse, lang: str) -> None:
    for address in ("/nothing", "/tenders/" + "0" * 32, "/tenders/x", "/static/built/none.css"):
        _, page = show(house, address, lang, 404)
        assert "/tenders" in page.links
    # A program that asks for no page gets a problem, and the API answers with nothing else.
    assert house.app.get("/nothing", status=404).content_type == "application/problem+json"
    answer = house.app.get("/api/v1/tenders/x", headers=BROWSER, status=404)
    assert answer.content_type == "application/problem+json"


def test_an_address_that_is_no_text_is_said_on_a_page(house: OpeningHouse) -> None:
    for address in ("/tenders?q=%ff", "/?lang=%ff", "/tenders?q=%00"):
        answer = house.app.get(address, headers=BROWSER, status=400)
        assert answer.content_type == "text/html" and Page(answer.text).links


def test_the_language_is_the_browsers_until_another_is_chosen(house: OpeningHouse) -> None:
    house.app.reset()
    asks = {**BROWSER, "Accept-Language": "zh-CN,zh;q=0.9"}
    assert '<html lang="zh-CN"' in house.app.get("/", headers=asks).text
    assert '<html lang="en"' in house.app.get("/?lang=en", headers=asks).text
    assert '<html lang="en"' in house.app.get("/", headers=asks).text, "remembered"
    house.app.reset()
    own = house.platform.settings.default_language
    assert f'<html lang="{own}"' in house.app.get("/", headers=BROWSER).text, "the platform's own"


def test_what_pages_load_is_there_and_may_be_kept(house: OpeningHouse) -> None:
    _, page = show(house, "/")
    loaded = [link for link in page.links if link.startswith("/static/")]
    assert len(loaded) == 2 and page.scripts == 1
    for link in loaded:
        answer = house.app.get(link)
        assert "max-age=31536000" in answer.headers["Cache-Control"]
        assert answer.content_type in ("text/css", "text/javascript", "application/javascript")
        assert not re.search(rb"url\(\s*(?!['\"]?data:)", answer.body), "nothing from elsewhere"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_api_is_described_whole(house: OpeningHouse, lang: str) -> None:
    answer, page = show_api(house, lang)
    items = document()["paths"].values()
    operations = [item[method] for item in items for method in METHODS if method in item]
    for operation in operations:
        assert operation["operationId"] in page.ids, operation["operationId"]
        said = operation["x-zh" if lang == "zh" else "summary"]
        assert said.replace("`", "") in page.text, said
    for name in document()["components"]["schemas"]:
        assert f"schema-{name}" in page.ids
    anchors = {link[1:] for link in page.links if link.startswith("#")}
    assert anchors <= set(page.ids), "every reference leads somewhere"
    assert "hidden" in answer.text and answer.text.count('class="try"') == len(operations)


def show_api(house: OpeningHouse, lang: str) -> tuple[TestResponse, Page]:
    """Its English has names in Chinese, as the document has."""
    house.app.reset()
    answer = house.app.get(f"/api?lang={lang}", headers=BROWSER)
    return answer, Page(answer.text)
