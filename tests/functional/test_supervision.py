"""Supervisors see whose turn it is, what is on record at its time, and check a tender with one click."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from bids.entries import Entry
from tests.functional.house import Tendering, Who
from tests.functional.opening_house import AFTER, OpeningHouse
from tests.functional.test_sign_in import Reader
from trading.audit.models import LogEntry
from trading.evidence.models import PublishedFile
from trading.storage import Storage
from trading.web.pages import STATIC

pytestmark = pytest.mark.one_database


@pytest.fixture
def house(home: OpeningHouse) -> OpeningHouse:
    return home.start_over()


@pytest.fixture(scope="module")
def custodians(home: OpeningHouse) -> tuple[Who, ...]:
    return tuple(home.enrol("custodian", name=f"第{n}公证处") for n in (1, 2, 3))


@pytest.fixture
def tender(house: OpeningHouse, custodians: tuple[Who, ...]) -> Tendering:
    return house.tender(house.enrol("agency", name="斗门交通局"), custodians)


class Supervisor:
    """Reads pages with a supervisor's token; the clock of these tests leaps, which ends sessions."""

    def __init__(self, house: OpeningHouse, lang: str = "zh") -> None:
        self._app = house.app
        answer = house.call(
            "POST",
            "/organisations",
            house.operator,
            {
                "scheme": "XSUP",
                "identifier": f"s{house.now():%H%M%S%f}",
                "name": "监督办",
                "roles": ["supervisor"],
            },
        )
        token = house.call(
            "POST",
            f"/organisations/{answer.json['id']}/tokens",
            house.operator,
            {"person": "王监督", "role": "supervisor", "days": 30},
        ).json["token"]
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "text/html", "Accept-Language": lang}

    def get(self, path: str, status: int = 200) -> str:
        page = self._app.get(path, headers=self._headers, status=status).text
        return re.sub(r'data-now="\d+"', "", page)  # the server's clock, for the page's

    def post(self, path: str, status: int = 200) -> str:
        return str(self._app.post(path, {}, headers=self._headers, status=status).text)


def test_whose_turn_it_is(house: OpeningHouse, tender: Tendering) -> None:
    for _ in range(2):
        house.bid(house.enrol("supplier"), tender)
    supervisor = Supervisor(house)
    assert tender.id in supervisor.get("/supervision")  # it opens next
    house.past_deadline()
    house.work()
    page = supervisor.get("/supervision")
    assert "第1公证处、第2公证处、第3公证处" in page and "交出解密份额" in page
    for custodian in tender.custodians:
        house.release(tender, custodian)
    house.work()
    page = supervisor.get("/supervision")
    assert "斗门交通局" in page and "评审" in page
    house.evaluate(tender)
    assert "定标" in supervisor.get("/supervision")
    assert "已等" not in row_of(supervisor.get("/supervision"), tender.id)
    house.clock.ahead(AFTER + timedelta(days=4))
    page = supervisor.get("/supervision")
    assert "已等 4 天" in row_of(page, tender.id)
    desk = supervisor.get("/desk")
    assert tender.id in desk and "等待斗门交通局：定标" in desk


def row_of(page: str, tender: str) -> str:
    """The last mention's row: that of whose turn it is."""
    return page.rpartition(tender)[2].partition("</tr>")[0]


def test_who_keeps_a_draft_waiting(house: OpeningHouse, custodians: tuple[Who, ...]) -> None:
    agency = house.enrol("agency", name="起草的单位")
    title = f"待发布的标段 {house.now():%H%M%S%f}"
    id = house.draft(agency, custodians, title=title)["id"]
    supervisor = Supervisor(house)
    row = row_of(supervisor.get("/supervision"), title)
    assert "第1公证处、第2公证处、第3公证处" in row and "交来密封密钥" in row
    house.hand_in_key(custodians[0], id)
    row = row_of(supervisor.get("/supervision"), title)
    assert "第1公证处" not in row and "第2公证处、第3公证处" in row
    for custodian in custodians[1:]:
        house.hand_in_key(custodian, id)
    row = row_of(supervisor.get("/supervision"), title)
    assert "起草的单位" in row and "签名发布" in row
    assert id not in supervisor.get("/supervision")  # a draft is its agency's and its custodians' alone


def test_tenders_that_are_over(house: OpeningHouse, tender: Tendering) -> None:
    supervisor = Supervisor(house)
    assert tender.id not in supervisor.get("/supervision/over")
    house.cancel(tender, "资金未落实")
    page = supervisor.get("/supervision/over")
    assert tender.id in page and "资金未落实" in page
    assert tender.id not in supervisor.get("/supervision")
    last = page.rpartition("/supervision/tenders/")[2][:32]
    assert "没有已结束的标段" in supervisor.get(f"/supervision/over?after={last}")


def test_nothing_about_bids_or_downloads_before_the_deadline(house: OpeningHouse, tender: Tendering) -> None:
    supervisor = Supervisor(house)
    before = supervisor.get(f"/supervision/tenders/{tender.id}")
    house.bid(house.enrol("supplier"), tender)
    house.call("GET", f"/tenders/{tender.id}/notice.json")
    assert supervisor.get(f"/supervision/tenders/{tender.id}") == before
    house.past_deadline()
    house.work()
    assert "收到投标" in supervisor.get(f"/supervision/tenders/{tender.id}")


def test_one_click_checks_a_tender(working_house: OpeningHouse) -> None:
    """A house of its own: in one whose clock was set back, later acts look dated back, and they are."""
    house = working_house
    tender = house.tender(house.enrol("agency"), tuple(house.enrol("custodian") for _ in range(3)))
    for _ in range(2):
        house.bid(house.enrol("supplier"), tender)
    supervisor = Supervisor(house)
    place = f"/supervision/tenders/{tender.id}"
    supervisor.post(place + "/check", status=404)
    house.open(tender)
    winner = house.evaluate(tender)["winner"]
    house.award(tender, winner)
    house.work()
    page = supervisor.post(place + "/check")
    assert "核对通过" in page and "不符" not in page
    assert "核验完整性 · 监督办" in supervisor.get(place)
    _spoil(house, tender)
    page = supervisor.post(place + "/check")
    assert "核对未通过" in page and page.index("不符") < page.index("符合</strong>")


def _spoil(house: OpeningHouse, tender: Tendering) -> None:
    """Change the stored package's bytes, as a hand in the storage would."""
    with house.platform.database.reading() as session:
        row = session.get_one(PublishedFile, (tender.id, "evidence"))
    path = next(house.storage_folder.glob(f"{row.storage_key}/*"))
    path.chmod(0o600)
    data = path.read_bytes()
    assert data.count(b'"total":"') and isinstance(house.platform.storage, Storage)
    path.write_bytes(data.replace(b'"total":"', b'"totaL":"', 1))


def test_the_public_log_is_read_and_filtered(house: OpeningHouse, tender: Tendering) -> None:
    reader = Reader(house, "zh")
    page = reader.get("/log").text
    assert "招标公告发布" in page and "原文" in page
    only = reader.get(f"/log?tender={tender.id}").text
    assert only.count("<li>") == 1 and "斗门交通局" in only
    assert "没有符合条件的记录" in reader.get(f"/log?tender={tender.id}&act=tender.awarded").text
    assert "没有相符的" in reader.get("/log?tender=abc").text
    day = f"{house.now() + timedelta(hours=8):%Y-%m-%d}"
    assert "斗门交通局" in reader.get(f"/log?tender={tender.id}&since={day}&until={day}").text
    assert "没有符合条件的记录" in reader.get(f"/log?tender={tender.id}&since=2099-01-01").text
    assert "没有符合条件的记录" in reader.get(f"/log?tender={tender.id}&until=2000-01-01").text
    assert reader.get(f"/log?tender={tender.id}&since=yesterday").text.count("<li>") == 1
    reader.get("/log?before=0&act=nonsense&tender=%00x", status=400)
    assert "没有记录" in reader.get("/log?before=0").text


def test_supervision_is_for_supervisors(house: OpeningHouse, tender: Tendering) -> None:
    agency = {"Authorization": f"Bearer {tender.agency.token}", "Accept": "text/html"}
    for path in ("/supervision", f"/supervision/tenders/{tender.id}"):
        house.app.get(path, headers=agency, status=403)
        Reader(house).get(path, status=303)


def test_the_code_that_seals_bids_is_in_the_log_once(house: OpeningHouse) -> None:
    for _ in range(2):
        house.work()
    with house.platform.database.reading() as session:
        raws = session.scalars(select(LogEntry.raw).where(LogEntry.act == "sealing-code.served")).all()
    [entry] = [Entry.parse(raw) for raw in raws]
    built = json.loads((STATIC / "built" / "manifest.json").read_text())["bid.js"]
    served = Reader(house).app.get(f"/static/built/{built}").body
    assert entry.digests == {"sealing_code": hashlib.sha256(served).hexdigest()}
    assert entry.digests["sealing_code"] in Reader(house).get("/log?act=sealing-code.served").text
