"""The log and the acts beside it, filtered by whom, what, which tender and when; nothing before its time."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

import trading
from tests.functional.drafting import HOUR
from tests.functional.house import Tendering, Who
from tests.functional.opening_house import OpeningHouse
from tests.functional.test_evaluators import agency_of, appoint, expert, opened
from tests.functional.test_handover import handed, make_key
from tests.functional.test_sign_in import Reader
from tests.functional.test_supervision import Supervisor
from trading.accounts.models import Organisation, Person
from trading.supervision.words import PRIVATE_ACTS


@pytest.fixture
def house(home: OpeningHouse) -> OpeningHouse:
    return home.start_over()


@pytest.fixture(scope="module")
def custodians(home: OpeningHouse) -> tuple[Who, ...]:
    return tuple(home.enrol("custodian", name=f"第{n}公证处") for n in (1, 2, 3))


def named(house: OpeningHouse, custodians: tuple[Who, ...]) -> tuple[str, Tendering]:
    """A tender of an agency that no other test has."""
    word = f"{house.now():%M%S%f}"
    agency = house.enrol("agency", name=f"斗门{word}局")
    return word, house.tender(agency, custodians, title=f"白藤{word}桥")


def log(reader: Reader, query: str) -> str:
    return str(reader.get(f"/log?{quote(query, safe='=&%')}").text)


def acts(supervisor: Supervisor, query: str) -> str:
    place = "/supervision/acts?" + quote(query, safe="=&%")
    return supervisor.get(place)


def count(page: str) -> int:
    """Lines of the log, or rows of acts."""
    return len(re.findall(r'<span class="num quiet">|<td><time', page))


def test_the_public_log_by_organisation_and_words(house: OpeningHouse, custodians: tuple[Who, ...]) -> None:
    word, tender = named(house, custodians)
    reader = Reader(house, "zh")
    page = log(reader, f"organisation=斗门{word}")
    found = re.findall(r'<span class="grow">([^：<]+)', page)
    assert found == ["招标公告发布，由招标人签名", "招标人设置附件密钥", "签发证书"]
    assert f'value="斗门{word}"' in page and f"斗门{word}局" in page
    page = log(reader, f"organisation=斗门{word}&act=tender.published&tender={word}")
    assert count(page) == 1 and tender.id in page and " selected>招标公告发布" in page
    # Whoever has done nothing public is not to be found, a supplier above all.
    supplier = house.enrol("supplier", name=f"供应{word}公司")
    assert "没有相符的" in log(reader, f"organisation={supplier.name}")
    assert count(log(reader, "organisation=公证处")) == 0


def test_a_name_that_several_have_is_asked_again(house: OpeningHouse, custodians: tuple[Who, ...]) -> None:
    word, _ = named(house, custodians)
    house.tender(house.enrol("agency", name=f"斗门{word}局二处"), custodians, title=f"白藤{word}桥二期")
    reader = Reader(house, "en")
    page = log(reader, f"organisation={word}&act=tender.published")
    assert "Which one?" in page and count(page) == 0
    offered = re.findall(r'href="(/log\?[^"]+)">(斗门[^<]+)<', page)
    assert [called for _, called in offered] == [f"斗门{word}局", f"斗门{word}局二处"]
    for link, _ in offered:
        assert count(reader.get(link.replace("&amp;", "&")).text) == 1
    page = log(reader, f"tender={word}")
    assert page.count(f"白藤{word}桥") == 2 and "Which one?" in page


def test_pages_of_the_log_follow_each_other(house: OpeningHouse, custodians: tuple[Who, ...]) -> None:
    for _ in range(12):
        house.tender(house.enrol("agency"), custodians)
    reader, seen = Reader(house, "en"), []
    day = f"{house.now() + timedelta(hours=8):%Y-%m-%d}"
    address = f"/log?since={day}"
    while address:
        page = reader.get(address).text
        seen += re.findall(r'<span class="num quiet">(\d+)', page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        address = found[1].replace("&amp;", "&") if found else ""
        assert f'value="{day}"' in page
    numbers = [int(each) for each in seen]
    assert numbers == sorted(set(numbers), reverse=True) and len(numbers) > 50


def test_acts_before_the_deadline_are_silent_about_bids(
    house: OpeningHouse, custodians: tuple[Who, ...]
) -> None:
    word, tender = named(house, custodians)
    supervisor = Supervisor(house)
    supplier = house.enrol("supplier", name=f"供应{word}公司")
    addresses = [
        "", f"tender={word}", "act=bid.received", "act=refused", "act=document.fetched",
        f"organisation={supplier.name}", f"person=person of {supplier.name}",
        f"tender={tender.id}&organisation={supplier.name}",
    ]  # fmt: skip
    before = [acts(supervisor, each) for each in addresses]
    assert "起草标段" in before[1] and f"斗门{word}局" in before[1] and count(before[1]) >= 4
    house.bid(supplier, tender)
    house.refused("DELETE", f"/tenders/{tender.id}/amendment", supplier, None, "forbidden")
    assert [acts(supervisor, each) for each in addresses] == before
    house.past_deadline()
    house.work()
    late = Supervisor(house)
    for address in addresses[1:4] + addresses[5:]:
        page = acts(late, address)
        assert f"白藤{word}桥" in page, address
    page = acts(late, f"tender={tender.id}&act=bid.received&person=person of {supplier.name}")
    assert count(page) == 1 and supplier.name in page and "收到投标" in page
    assert "没有符合条件的记录" in acts(late, f"tender={tender.id}&until=2000-01-01")
    assert "被拒绝" in acts(late, f"tender={tender.id}&act=refused")


def test_nothing_tells_who_evaluates_before_the_award(
    house: OpeningHouse, custodians: tuple[Who, ...]
) -> None:
    word, tender = named(house, custodians)
    name, place, address = f"陈专家{word}", f"专家库{word}", f"203.0.113.{house.now().microsecond % 200}"
    chen, dismissed = expert(house, name), expert(house, f"林专家{word}")
    with house.platform.database.transaction() as session:
        where = session.get_one(Organisation, session.get_one(Person, chen.person).organisation_id)
        where.name = place
    appoint(house, tender, chen, dismissed)
    at = f"/tenders/{tender.id}"
    agency_of(tender, house).post(f"{at}/evaluators/dismiss", {"person": dismissed.person})
    bids = opened(house, tender, "1", "2")
    body = handed(make_key(house, chen), *bids)
    house.call("PUT", f"{at}/handover/{chen.person}", tender.agency, body)
    said = {"bid": bids[0].bid, "verdict": "yes", "reason": ""}
    environ = {"REMOTE_ADDR": address}
    house.app.post(f"{at}/evaluation/opinions", said, chen.headers(), environ, status=303)
    supervisor = Supervisor(house)
    addresses = (f"/supervision/acts?tender={tender.id}", f"/supervision/tenders/{tender.id}")
    told = (place, address, "&#34;responsive&#34;", chen.person, dismissed.person, "&#34;bids&#34;: 2")
    for page in map(supervisor.get, addresses):
        assert "评标专家发表意见" in page and "评标专家（定标后公布）" in page
        assert page.count("指定评标专家") >= 2 and "向评标专家移交附件" in page
        assert [each for each in (name, *told) if each in page] == []
    asked = (f"person={name}", f"person={chen.person}", f"organisation={place}", f"organisation={where.id}")
    for each in asked:
        assert "没有相符的" in acts(supervisor, f"tender={tender.id}&{each}")
    house.award(tender, house.evaluate(tender)["winner"])
    house.work()
    for page in map(supervisor.get, addresses):
        assert [each for each in told if each not in page] == []
    assert name in supervisor.get(addresses[0])
    for each in asked:
        assert count(acts(supervisor, f"tender={tender.id}&{each}")) == 1


def test_namesakes_are_told_apart(house: OpeningHouse, custodians: tuple[Who, ...]) -> None:
    word, _ = named(house, custodians)
    twin = house.enrol("agency", name=f"斗门{word}局")
    house.tender(twin, custodians, title=f"白藤{word}桥二期")
    house.tender(house.enrol("agency", name=f"斗门{word}局二处"), custodians)
    reader, supervisor = Reader(house, "en"), Supervisor(house, "en")
    pages = {
        f"/log?act=tender.published&organisation={word}": reader.get,
        f"/supervision/acts?act=tender.drafted&organisation={word}": supervisor.get,
        f"/supervision/acts?act=tender.drafted&person={word}": supervisor.get,
    }
    for address, get in pages.items():
        answer = get(quote(address, safe="/?=&"))
        page = answer if isinstance(answer, str) else answer.text
        links = re.findall(rf'href="(/[^"]+)">([^<]*{word}[^<]*)</a>', page)
        assert len({called for _, called in links}) == 3, links
        who = f"person of {twin.name} · {twin.name}" if "person" in address else f"{twin.name} · "
        assert sum(called.startswith(who) for _, called in links) == 2
        assert any(twin.reference in called for _, called in links)
        for link, _ in links:
            answer = get(link.replace("&amp;", "&"))
            assert count(answer if isinstance(answer, str) else answer.text) == 1


def test_all_private_acts_about_tenders_have_words() -> None:
    """Found where they are recorded; the place of the tender among the arguments by the function's name."""
    found = set()
    root = Path(trading.__file__).parent
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            target = node.func.value
            if not isinstance(target, ast.Name) or target.id != "private":
                continue
            act, tender = {"record": (1, 3), "keep": (3, 5), "columns": (2, 4)}.get(node.func.attr, (0, 0))
            given = node.args[tender] if 0 < tender < len(node.args) else ast.Constant(None)
            if isinstance(given, ast.Constant) and given.value is None:
                assert not {"act", "tender"} & {each.arg for each in node.keywords}, path
                continue
            named = node.args[act]
            assert isinstance(named, ast.Constant), f"{path}:{node.lineno}: say the act itself"
            found.add(named.value)
    assert {"bid.received", "bid.withdrawn", "files.handed-over"} <= found
    assert found - set(PRIVATE_ACTS) == set()


def test_filters_take_what_people_type(house: OpeningHouse, custodians: tuple[Who, ...]) -> None:
    supervisor, reader = Supervisor(house), Reader(house)
    for query in (
        "since=yesterday&until=9999-12-31&before=x", "before=99999999999999-" + "f" * 32, "act=nonsense",
        "organisation=%25", "tender=" + "0" * 32, "tender=%27%22%28", "since=0001-01-01", "before=-1",
    ):  # fmt: skip
        acts(supervisor, query)
        log(reader, query)
    house.clock.ahead(HOUR)
    assert "没有" in acts(supervisor, "since=2099-01-01")
