"""A custodian by hand: key, release after every check, erasure, all in the browser; and what it refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bids.notice import Notice
from tests.browser.chromium import Language
from tests.browser.conftest import Enter
from tests.browser.journeys import keep_anchors, set_clock
from tests.browser.signed_in import sign_in
from tests.functional.house import Tendering
from tests.functional.opening_house import AFTER, OpeningHouse
from trading.audit.models import LogEntry
from trading.custody.models import Release


@pytest.mark.slow
def test_key_release_and_erasure(enter: Enter, house: OpeningHouse, desk: str, lang: Language) -> None:
    zh = lang == "zh"
    agency = house.enrol("agency")
    custodians = tuple(house.enrol("custodian") for _ in range(3))
    by_hand, others = custodians[0], custodians[1:]
    tender_id = house.draft(agency, custodians, minimum_bidders=3)["id"]
    reader = enter(desk, lang)
    sign_in(reader, house, by_hand, "值班员")
    page = reader.open("/desk")
    page.get_by_role("link", name="道路改造第一标段").click()
    make = page.get_by_role("button", name="生成并交出公钥" if zh else "Make it and hand in")
    make.click()
    page.get_by_role("button", name="在本浏览器生成密钥" if zh else "Make a key in this browser").click()
    page.get_by_text("请先核对平台根证书" if zh else "First compare the fingerprints").wait_for()
    reader.look()
    reader.pictures("custodian-anchors")
    keep_anchors(page)
    make.click()
    page.get_by_text("您的密封密钥指纹" if zh else "Fingerprint of your sealing key").wait_for()
    page.get_by_text("等待招标人发布" if zh else "has yet to publish").wait_for()
    reader.look()
    reader.pictures("custodian-key")
    for other in others:
        house.hand_in_key(other, tender_id)
    raw, signature = house.notice(agency, tender_id)
    house.publish(agency, tender_id, raw, signature)
    tender = Tendering(tender_id, agency, custodians, Notice.parse(raw), signature, {})
    page = reader.open(f"/custody/{tender_id}", weigh=False)
    page.get_by_text("记住密封政策" if zh else "its policy remembered").wait_for()

    for _ in range(3):
        house.bid(house.enrol("supplier"), tender)
    leaver = house.enrol("supplier")
    house.withdraw(leaver, tender, house.bid(leaver, tender))
    house.past_deadline()
    house.work()
    house.release(tender, others[0])
    page = reader.open(f"/custody/{tender_id}", weigh=False)
    page.get_by_role("button", name="核对并交出份额" if zh else "Check and release").click()
    page.get_by_role("alert").wait_for()  # by its own clock it is too early, whatever the platform says
    with house.platform.database.reading() as session:
        assert session.get(Release, (tender_id, "bid", by_hand.id)) is None
    set_clock(reader, house)
    page = reader.open(f"/custody/{tender_id}", weigh=False)
    reader.pictures("custodian-release")
    page.get_by_role("button", name="核对并交出份额" if zh else "Check and release").click()
    page.get_by_text("份额已交出" if zh else "Released:").wait_for()
    with house.platform.database.reading() as session:
        assert session.get(Release, (tender_id, "bid", by_hand.id)) is not None
    house.clock.ahead(AFTER + timedelta(seconds=30))  # past the grace for the third custodian
    house.work()
    assert house.state(tender) == "opened"
    assert [row["opened"] for row in house.record(tender)["bids"]] == [True] * 3

    page = reader.open(f"/custody/{tender_id}", weigh=False)
    page.get_by_role("button", name="销毁密钥并签名" if zh else "Erase the key and sign").click()
    page.get_by_text("密钥已销毁" if zh else "The key was erased").wait_for()
    reader.look()
    reader.pictures("custodian-erased")
    assert house.acts(tender).count("custody.erased") == 1


@pytest.mark.slow
def test_what_does_not_hold_is_not_released(enter: Enter, own_house: OpeningHouse, own_desk: str) -> None:
    house = own_house
    agency = house.enrol("agency")
    custodians = tuple(house.enrol("custodian") for _ in range(3))
    tender_id = house.draft(agency, custodians)["id"]
    reader = enter(own_desk, "zh")
    sign_in(reader, house, custodians[0], "值班员")
    page = reader.open(f"/custody/{tender_id}", weigh=False, look=False)
    keep_anchors(page)
    page.get_by_role("button", name="生成并交出公钥").click()
    page.get_by_role("button", name="在本浏览器生成密钥").click()
    page.get_by_text("您的密封密钥指纹").wait_for()
    for other in custodians[1:]:
        house.hand_in_key(other, tender_id)
    raw, signature = house.notice(agency, tender_id)
    house.publish(agency, tender_id, raw, signature)
    tender = Tendering(tender_id, agency, custodians, Notice.parse(raw), signature, {})
    for _ in range(3):
        house.bid(house.enrol("supplier"), tender)
    house.past_deadline()
    house.work()
    # The platform's log loses a digit: the closing is not in the log that the checkpoint signs.
    with house.platform.database.transaction() as session:
        entry = session.scalars(select(LogEntry).where(LogEntry.act == "tender.closed")).one()
        entry.raw = entry.raw.replace(b'"act":"tender.closed"', b'"act":"tender.closer"')
    set_clock(reader, house)
    page = reader.open(f"/custody/{tender_id}", weigh=False, look=False)
    page.get_by_role("button", name="核对并交出份额").click()
    page.get_by_role("alert").get_by_text("日志").wait_for()
    with house.platform.database.reading() as session:
        assert session.get(Release, (tender_id, "bid", custodians[0].id)) is None
